"""Study in, Findings out: the steps in order, and nothing else."""
