"""The code that makes phantoms, as a hash: what another version of it made is made again."""

from __future__ import annotations

from livercad.code import code_hash


def phantom_code_hash(*users: str) -> str:
    """Hash the code of phantoms, and of modules that make something of them.

    Parameters
    ----------
    *users : str
        Full names of those modules.

    Returns
    -------
    str
        As `code_hash`.
    """
    return code_hash("livercad.phantom", "livercad.core.taxonomy", *users)
