"""How the phase recogniser's weights are made, from phantoms alone."""
