"""What everybody talks about: volumes, frames, phases, labels, findings. NumPy only, so that 3D Slicer can import it as it is."""
