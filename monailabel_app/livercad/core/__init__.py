"""What everybody talks about: volumes, frames, phases, labels, findings. NumPy only, for 3D Slicer imports it too."""
