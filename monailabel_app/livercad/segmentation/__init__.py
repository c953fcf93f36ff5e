"""Liver and lesions as masks: grids, windows, runtimes, and the two predictors."""
