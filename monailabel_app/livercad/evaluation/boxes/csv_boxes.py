"""Boxes in CSV tables."""

from __future__ import annotations

import math
from pathlib import Path

from livercad.evaluation.boxes.model import BoxFrame, Corners
from livercad.evaluation.boxes.told import Told, ToldFile, checked_corners, wrong
from livercad.evaluation.csv_rows import CORRECT, need_columns
from livercad.studies.csv_table import read_csv

COLUMNS = {
    BoxFrame.PIXELS: ("image", "x0", "y0", "x1", "y1"),
    BoxFrame.RAS: ("scan", "x0", "y0", "z0", "x1", "y1", "z1"),
}
"""What a table must have, the name first; predictions ``score`` as well."""


def read_predictions(path: Path) -> ToldFile:
    """Read detected boxes.

    Parameters
    ----------
    path : Path
        Columns ``image,x0,y0,x1,y1,score`` of 2-D images in pixels, or ``scan,x0,y0,z0,x1,y1,z1,score`` of scans in RAS
        mm, and if wanted ``label``; other columns are passed over. A row without corners tells that the image was
        looked at.

    Returns
    -------
    ToldFile
        All rows.

    Raises
    ------
    InputError
        If a column is missing or a cell wrong; the message names the line.
    """
    return _read(path, is_truth=False)


def read_truth(path: Path) -> ToldFile:
    """Read true boxes.

    Parameters
    ----------
    path : Path
        The same without ``score``; if wanted with ``patient``, ``diameter_mm``, ``label`` and, of 2-D images, ``scan``.
        A row without corners is an image without a lesion, which must not be left out.

    Returns
    -------
    ToldFile
        All rows.

    Raises
    ------
    InputError
        If a column is missing or a cell wrong, an image has a lesion and a row without one, or a box is told twice.
    """
    file = _read(path, is_truth=True)
    lesions: dict[tuple[str, Corners], str] = {}
    empty = {entry.image: entry.where for entry in file.entries if entry.corners is None}
    for entry in file.entries:
        if entry.corners is None:
            continue
        if entry.image in empty:
            found = f"a box of '{entry.image}' in {entry.where} and a row without one in {empty[entry.image]}"
            wrong(path, found, "a row without corners only of an image without a lesion")
        before = lesions.setdefault((entry.image, entry.corners), entry.where)
        if before != entry.where:
            wrong(path, f"the same box of '{entry.image}' in {before} and {entry.where}", "each lesion once")
    return file


def _read(path: Path, is_truth: bool) -> ToldFile:
    table = read_csv(path, CORRECT)
    frame = BoxFrame.RAS if {"z0", "z1"} & set(table.columns) else BoxFrame.PIXELS
    needed = COLUMNS[frame]
    need_columns(table, path, needed if is_truth else (*needed, "score"))
    name, sides = needed[0], needed[1:]
    entries = []
    for line, cells in table.rows:
        where = f"line {line}"
        if not cells[name]:
            wrong(path, f"no {name} in {where}", f"the name of the {name} that the box is in")
        corners = _corners(path, where, cells, sides)
        entries.append(
            Told(
                where,
                cells[name],
                corners,
                None if is_truth or corners is None else _number(path, where, cells, "score"),
                _diameter(path, where, cells) if is_truth else None,
                cells.get("label", ""),
                cells.get("scan", ""),
                cells.get("patient", ""),
            )
        )
    if not entries and is_truth:
        wrong(path, "no rows", "a row for each lesion, and for each image without one")
    return ToldFile(path, frame, tuple(entries))


def _corners(path: Path, where: str, cells: dict[str, str], sides: tuple[str, ...]) -> Corners | None:
    if not any(cells[side] for side in sides):
        return None
    return checked_corners(path, where, [_number(path, where, cells, side) for side in sides])


def _diameter(path: Path, where: str, cells: dict[str, str]) -> float | None:
    if not cells.get("diameter_mm"):
        return None
    diameter = _number(path, where, cells, "diameter_mm")
    if diameter <= 0:
        wrong(path, f"diameter_mm = {diameter:g} in {where}", "the longest diameter in mm, above 0, or an empty cell")
    return diameter


def _number(path: Path, where: str, cells: dict[str, str], column: str) -> float:
    try:
        value = float(cells[column])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        wrong(path, f"{column} = '{cells[column]}' in {where}", "a number, with a point for the decimals")
    return value
