"""Aluko, Hari and Yakubenko, Liver lesion localization using deep convolutional neural networks (Stanford, 2018)."""
