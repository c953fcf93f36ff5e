"""Which model took part in an analysis."""

from __future__ import annotations

from livercad.core.findings import ModelUsed
from livercad.models.registry import find


def model_used(name: str, runtime: str) -> ModelUsed:
    """Say which model took part, and what ran it, for the Findings.

    Parameters
    ----------
    name : str
        As in the registry of models.
    runtime : str
        Runtime and precision, for example ``openvino bf16``.

    Returns
    -------
    ModelUsed
        With the registry's version and hash.
    """
    entry = find(name)
    return ModelUsed(name=name, version=entry.version, sha256=entry.weights.sha256, runtime=runtime)
