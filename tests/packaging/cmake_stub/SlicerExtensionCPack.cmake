# Slicer packs the extension here; there is nothing to check.
