"""How the liver's and the lesions' networks are trained on."""
