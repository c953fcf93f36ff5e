"""How the detector that comes with LiverCAD is trained, from phantoms alone."""
