"""Yasaka et al. 2018: five categories of liver masses told apart at dynamic CT.

Yasaka K, Akai H, Abe O, Kiryu S. Deep learning with convolutional neural network for differentiation of liver masses at
dynamic contrast-enhanced CT: a preliminary study. Radiology 2018;286:887-896. doi 10.1148/radiol.2017170706.
Sections, tables and figures named in this package are the paper's.
"""
