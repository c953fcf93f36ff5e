"""Digital phantoms of liver ultrasound: B-mode images from a convex probe, with lesions of known class."""
