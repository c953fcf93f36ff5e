"""Detectors of lesions to choose from by name, and the scorer that looks at a candidate in all phases at once."""
