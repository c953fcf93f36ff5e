"""The study of Qi et al. 2019 (Medical Image Analysis 52): two networks that show each other where they look.

X. Qi, L. Zhang, Y. Chen, Y. Pi, Y. Chen, Q. Lv, Z. Yi, "Automated diagnosis of breast ultrasonography images using deep
neural networks".
"""
