"""How models get better with labels: cases, sides, the training loop, versions. It knows no particular network."""
