"""What people look at after an analysis: a page a case, an index over a batch, tables."""
