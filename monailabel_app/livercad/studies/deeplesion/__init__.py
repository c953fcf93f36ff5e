"""DeepLesion (Yan et al. 2018): its table of lesions and its slices, as the data set is laid out."""
