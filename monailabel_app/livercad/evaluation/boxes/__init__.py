"""Detections as scored boxes against true lesions: FROC, average precision, precision and recall, what was missed.

As a library: make one `model.ImageBoxes` an image or scan (also of those without lesions), then
`free_response.froc(images)` and `average_precision.average_precision(images)`.
"""
