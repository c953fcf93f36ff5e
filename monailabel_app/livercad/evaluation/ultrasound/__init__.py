"""What `livercad analyze` says of ultrasound images against the classes of a table."""
