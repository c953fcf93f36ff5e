"""What a server that was killed has left half-written.

Files and folders have other names until they are whole. Nobody reads these, and nobody would ever remove them.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from livercad.studies.files import SERVER_LABELS

FILE = re.compile(r"\.[0-9a-f]{12}\..+")
"""As `livercad.studies.atomic.replacing` names them."""
FOLDER = re.compile(r"\.[0-9a-f]{32}")
"""As `livercad.server.folders.appearing` names them."""
OURS = (SERVER_LABELS, ".livercad")
"""Folders of a studies folder that the server writes into."""


def remove_leftovers(studies: Path) -> None:
    """Remove them, before anything is written: one server at a time has the folder.

    Parameters
    ----------
    studies : Path
        The studies folder.
    """
    for entry in studies.iterdir():
        if FILE.fullmatch(entry.name) and entry.is_file():
            entry.unlink(missing_ok=True)
    for name in OURS:
        for place, folders, files in os.walk(studies / name):
            for file in filter(FILE.fullmatch, files):
                Path(place, file).unlink(missing_ok=True)
            for folder in filter(FOLDER.fullmatch, folders):
                shutil.rmtree(Path(place, folder), ignore_errors=True)
            folders[:] = [folder for folder in folders if not FOLDER.fullmatch(folder)]
