"""What of a folder of ultrasound images is passed over, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from livercad.core.names import looks_like_mask, names_only_masks
from livercad.studies.candidates import Problem
from livercad.studies.dicom_headers import is_dicom
from livercad.studies.files import UNREAD_SUFFIXES
from livercad.studies.ultrasound.reading import is_image
from livercad.studies.ultrasound.rows import Row


def not_named(folder: Path, files: Iterable[Path], rows: Iterable[Row]) -> list[Problem]:
    """Tell the images that a table does not name.

    Parameters
    ----------
    folder : Path
        Of the table.
    files : iterable of Path
        In or below it.
    rows : iterable of Row
        Of the table.

    Returns
    -------
    list of Problem
        Without masks.
    """
    named = {folder / row.image for row in rows}
    extra = [path for path in files if path not in named and is_image(path)]
    return [
        Problem(path.stem, f"{path.relative_to(folder).as_posix()}: the table does not name it", path=path)
        for path in extra
        if not looks_like_mask(path.stem) and not any(names_only_masks(p) for p in path.relative_to(folder).parts[:-1])
    ]


def has_unread_kind(path: Path) -> bool:
    """Whether a file is a picture of a kind that is not read: TIFF or GIF, by its ending."""
    return path.suffix.lower() in UNREAD_SUFFIXES and not is_dicom(path)


def unread_kinds(folder: Path, files: Iterable[Path], rows: Iterable[Row]) -> list[Problem]:
    """Tell the pictures of kinds that are not read; those that a table names are problems of their own.

    Parameters
    ----------
    folder, files, rows
        As of `not_named`; without a table no rows.

    Returns
    -------
    list of Problem
        Masks among them.
    """
    named = {folder / row.image for row in rows}
    return [
        Problem(path.stem, f"{path.relative_to(folder).as_posix()}: TIFF or GIF is not read; convert to PNG", path=path)
        for path in files
        if path not in named and has_unread_kind(path)
    ]


def without_repeats(rows: Iterable[Row]) -> tuple[list[Row], list[Problem]]:
    """Take rows that say the same once, lest a lesion count twice.

    Parameters
    ----------
    rows : iterable of Row
        Of a table.

    Returns
    -------
    once : list of Row
        The first of each that are alike but for their lines.
    repeated : list of Problem
        The others.
    """
    first: dict[Row, int] = {}
    repeated: list[Problem] = []
    for row in rows:
        said = replace(row, line=0)
        if said in first:
            reason = f"{row.image}: line {row.line} of the table says again what line {first[said]} says; taken once"
            repeated.append(Problem(row.case, reason))
        else:
            first[said] = row.line
    return [replace(row, line=line) for row, line in first.items()], repeated
