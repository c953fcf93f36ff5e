"""One file a network; nothing but torch modules."""
