"""The models that can be trained, by name, for the command and the server alike."""
