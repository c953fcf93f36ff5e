"""Ultrasound images of users: which there are, their pixels, the lesions marked on them, and which show the same."""
