"""A stand-in for the Qt side of 3D Slicer, on PySide6 and slicer-core. What it is and is not: README.md beside this."""
