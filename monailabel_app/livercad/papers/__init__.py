"""Published studies, repeated as they were done: protocol, tables and figures."""
