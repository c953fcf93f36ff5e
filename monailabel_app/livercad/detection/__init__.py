"""From a lesion probability to a list of lesions."""
