"""How good a result is: segmentation scores, lesions found and missed, their intervals, tables and a page."""
