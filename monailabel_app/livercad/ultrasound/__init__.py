"""Classification of ultrasound images: models that are asked about a lesion, or about a whole image."""
