"""Whether ultrasound images were made: what is said of them must not pass for patients'."""

from __future__ import annotations

from pathlib import Path

RECORD, VARIED_RECORD = "phantom.json", "varied.json"
"""What makers of phantoms leave beside their images, from the beginning on: all that was drawn."""


def is_phantom(folder: Path) -> bool:
    """Whether a folder's images are phantoms, as the record beside them tells; it may still be that of half a set."""
    return any((folder / name).is_file() for name in (RECORD, VARIED_RECORD))
