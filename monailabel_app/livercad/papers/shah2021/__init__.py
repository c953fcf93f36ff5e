"""Shah et al. 2021: liver segmented, lesions located and classified on single CT slices.

Shah S, Mishra R, Szczurowska A, Guziński M. Non-invasive multi-channel deep learning convolutional neural networks for
localization and classification of common hepatic lesions. Pol J Radiol 2021;86:e440-e448. Sections, equations and
figures named in this package are the paper's.
"""
