"""Labelling replayed with known truth: which strategy makes a model good with the fewest cases."""
