"""The module's panels: Qt only, each given its logic."""
