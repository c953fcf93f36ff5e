"""Measurements of the liver and its lesions, each with its unit: volumes, diameters, HU, distances."""
