"""Digital phantoms: made patients with a known truth, deterministic from a seed."""
