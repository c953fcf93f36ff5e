"""Former versions of labels: every save and every removal keeps what was there before.

On disk, beside the label ``labels/TAG/CASE.nii.gz``: ``labels/TAG/history/CASE/0001.label.nii.gz`` with
``0001.json`` (the label's info at that time), ``0002.label.nii.gz`` …, oldest first.
"""

from __future__ import annotations

import filecmp
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livercad.studies.atomic import replacing, write_text

FOLDER = "history"


@dataclass(frozen=True)
class Version:
    """One version of a label.

    Parameters
    ----------
    number : int
        From 1, the oldest first.
    file : Path
        The label.
    info : dict
        What was saved with it.
    is_current : bool
        Whether it is the label that clients see.
    """

    number: int
    file: Path
    info: dict[str, Any]
    is_current: bool


def former_versions(tag_folder: Path, case: str) -> list[Version]:
    """List what was kept of a label.

    Parameters
    ----------
    tag_folder : Path
        ``labels/TAG``.
    case : str
        The label's case.

    Returns
    -------
    list of Version
        Oldest first.
    """
    versions = []
    for record in sorted((tag_folder / FOLDER / case).glob("[0-9]*.json")):
        entry = json.loads(record.read_text(encoding="utf-8"))
        versions.append(Version(int(record.stem), record.with_name(entry["file"]), entry["info"], False))
    return versions


def keep(label: Path, number: int, info: dict[str, Any], tag_folder: Path, case: str) -> Path:
    """Put a copy of a label and its info into the history.

    Parameters
    ----------
    label : Path
        The label as it is now.
    number : int
        Of this version. Keeping the same version once more changes nothing.
    info : dict
        What was saved with it.
    tag_folder : Path
        ``labels/TAG``.
    case : str
        The label's case.

    Returns
    -------
    Path
        The copy.
    """
    folder = tag_folder / FOLDER / case
    file = folder / f"{number:04d}.label{label.name.removeprefix(case)}"
    if not file.exists() or not filecmp.cmp(file, label, shallow=False):
        with replacing(file) as temporary:
            shutil.copyfile(label, temporary)
    # The record comes last: without it the copy does not count.
    write_text(folder / f"{number:04d}.json", json.dumps({"file": file.name, "info": info}, default=str))
    return file


def next_number(tag_folder: Path, case: str) -> int:
    """Number of the first version that is not yet in the history."""
    former = former_versions(tag_folder, case)
    return former[-1].number + 1 if former else 1
