"""Contrast phases recognised from the image: organs, their HU, and a classifier."""
