"""Many studies: what is done and what is not, one result folder a case, one process or many."""
