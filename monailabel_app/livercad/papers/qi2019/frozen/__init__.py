"""The paper's ways to see an image, with ImageNet's features and linear answers instead of trained networks."""
