"""Tables of public collections, each told as where its columns go.

References
----------
Xu Y, Zheng B, Liu X, et al. Annotated Ultrasound Liver images (AUL), 2023: polygons of liver and mass, drawn as labels
1 and 2.

Al-Dhabyani W, Gomaa M, Khaled H, Fahmy A. Dataset of breast ultrasound images (BUSI). Data Brief 2020;28:104863: one
mask or several an image, beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from livercad.errors import InputError
from livercad.studies.csv_table import read_csv
from livercad.studies.ultrasound.rows import COLUMNS, TABLE, Row, path_below, read_annotations, rows_of_lines

INDEX = "index.csv"


@dataclass(frozen=True)
class Layout:
    """How a collection is laid out: templates that a row's cells are put into.

    Parameters
    ----------
    name : str
        Of the collection.
    file : str
        Column that names image or case; ``{stem}`` and ``{folder}`` in the templates are those of its path.
    kind : str
        Column of the class.
    case, image : str
        Templates.
    masks : str
        Template of a pattern.
    mask_values : tuple of int
        Values of a mask that are lesion; empty for all but 0.
    """

    name: str
    file: str
    kind: str
    case: str
    image: str
    masks: str
    mask_values: tuple[int, ...] = ()

    def row_of(self, cells: Mapping[str, str], line: int) -> Row:
        """Put a row's cells where they belong; a ValueError tells of a path that leads out of the folder."""
        path = PurePosixPath(path_below(cells[self.file], self.file))
        told = {**cells, self.file: path.as_posix(), "stem": path.stem, "folder": path.parent.as_posix()}
        case, image, masks = (template.format(**told) for template in (self.case, self.image, self.masks))
        return Row(case, image, None, cells[self.kind].lower(), masks=masks, mask_values=self.mask_values, line=line)


LAYOUTS = (
    Layout("AUL", "case", "category", "{case}", "images/{case}.png", "labels/{case}.png", (2,)),
    Layout("BUSI", "file", "label", "{stem}", "{file}", "{folder}/{stem}_mask*.png"),
)


def has_table(folder: Path) -> bool:
    """Whether a folder has a table of images, right or wrong."""
    return any((folder / name).is_file() for name in (TABLE, INDEX))


def named_files(folder: Path) -> list[Path]:
    """List the files that a folder's table takes for ultrasound, whatever they say of themselves.

    Parameters
    ----------
    folder : Path
        As for `read_table`.

    Returns
    -------
    list of Path
        Whether they are there or not; empty without a table, or where it is wrong, as who reads it says.
    """
    try:
        return [folder / row.image for row in read_table(folder) or ()]
    except InputError:
        return []


def unknown_columns(folder: Path) -> tuple[str, ...]:
    """Name the columns of a folder's ``annotations.csv`` that nothing is read from, in its order; often misspelt.

    Parameters
    ----------
    folder : Path
        As for `read_table`. An ``index.csv`` has columns of its collection, which are no matter here.

    Returns
    -------
    tuple of str
        In small letters.

    Raises
    ------
    InputError
        If the table cannot be read.
    """
    if not (folder / TABLE).is_file():
        return ()
    return tuple(name for name in read_csv(folder / TABLE).columns if name and name not in COLUMNS)


def read_table(folder: Path) -> list[Row] | None:
    """Read the table of a folder, of whatever format.

    Parameters
    ----------
    folder : Path
        With ``annotations.csv``, or the ``index.csv`` of a collection of `LAYOUTS`, or neither.

    Returns
    -------
    list of Row or None
        None without a table.

    Raises
    ------
    InputError
        If the table is wrong, or of no format that is known.
    """
    if (folder / TABLE).is_file():
        return read_annotations(folder / TABLE)
    if not (folder / INDEX).is_file():
        return None
    lines = read_csv(folder / INDEX)
    for layout in LAYOUTS:
        if {layout.file, layout.kind} <= set(lines.columns):
            return rows_of_lines(folder / INDEX, lines, layout.row_of)
    formats = "; ".join(f"{layout.file} and {layout.kind} ({layout.name})" for layout in LAYOUTS)
    raise InputError(
        folder / INDEX,
        found=f"the columns {', '.join(lines.columns)}" if lines.columns else "no rows",
        expected=f"columns of a collection that is known: {formats}",
        todo=f"Write {TABLE} with the columns {', '.join(COLUMNS)}.",
    )
