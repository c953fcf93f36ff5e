"""Training of the default model of ultrasound images: linear answers on the features of a frozen network."""
