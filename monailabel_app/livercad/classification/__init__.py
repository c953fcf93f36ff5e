"""What a lesion is, from its looks in whatever phases there are."""
