"""Registration: every phase of a study laid over its reference phase, around the liver."""
