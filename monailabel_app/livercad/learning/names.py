"""What models that learn are called: by the server's tasks, and in the registry of models."""

from __future__ import annotations

from livercad.models.registry import find

TASKS = {"liver": "liver-leuven", "lesions": "lesions-leuven", "lesion_classification": "lesion-classes-phantom"}
"""The model that each task of the server trains."""


def registry_name(name: str) -> str:
    """A model's name in the registry.

    Parameters
    ----------
    name : str
        That name, or a task's, for example ``lesions``.

    Returns
    -------
    str
        The name in the registry.

    Raises
    ------
    ModelError
        If the registry has no such model.
    """
    return find(TASKS.get(name, name)).name
