"""Rows of a table of ultrasound images: what each says of an image or of a lesion on it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from livercad.core.circle import Circle, PixelBox
from livercad.errors import InputError
from livercad.studies.atomic import write_text
from livercad.studies.csv_table import CsvTable, read_csv

TABLE = "annotations.csv"
CIRCLE = ("center_x", "center_y", "diameter")
BOX = ("x0", "y0", "x1", "y1")
COLUMNS = ("case", "image", "frame", "patient", *CIRCLE, "class", *BOX, "mask")
"""Of ``annotations.csv``; all but case and image may be missing or empty.

case, patient : whose the image is; image : path below the table's folder; frame : of several, from 1; center_x (along
columns), center_y (along rows), diameter : the circle that touches the lesion, in pixels, 0 at the middle of the first
pixel; class : of the lesion, or of an image without one; x0, y0, x1, y1 : a box around it, to the outer edges of its
pixels; mask : file of its mask (not 0). Of these the first that is there tells the circle.
"""
NEEDED = ("case", "image")
DECIMAL_COMMA = re.compile(r"^([-+]?\d+),(\d+)$")
"""As spreadsheets write numbers in many countries."""


@dataclass(frozen=True)
class Row:
    """What a line of a table says.

    Parameters
    ----------
    case : str
        Of the image.
    image : str
        Path below the table's folder.
    frame : int or None
        From 1; None where the table does not tell.
    kind : str
        Class, in small letters; may be empty.
    patient : str
        May be empty.
    circle : Circle or None
        That touches the lesion.
    box : PixelBox or None
        Around it.
    masks : str
        Pattern of the files of its mask, below the table's folder; may be empty.
    mask_values : tuple of int
        Which values of a mask are lesion; empty for all but 0.
    line : int
        Of the table, from 1; 0 where a row comes from none.
    """

    case: str
    image: str
    frame: int | None = None
    kind: str = ""
    patient: str = ""
    circle: Circle | None = None
    box: PixelBox | None = None
    masks: str = ""
    mask_values: tuple[int, ...] = ()
    line: int = 0


def read_annotations(path: Path) -> list[Row]:
    """Read a table of one's own.

    Parameters
    ----------
    path : Path
        With `COLUMNS`, in any order; others are ignored. A row a lesion, or a row with an image alone.

    Returns
    -------
    list of Row
        In its order.

    Raises
    ------
    InputError
        If a column of `NEEDED` is missing or something in a row is not what its column says; the message names the
        line.
    """
    told = read_csv(path)
    if told.columns and not set(NEEDED) <= set(told.columns):
        raise InputError(
            path,
            found=f"the columns {', '.join(told.columns)}",
            expected=f"at least {' and '.join(NEEDED)}, of {', '.join(COLUMNS)}",
            todo="Mend the table.",
        )
    return rows_of_lines(path, told, _row)


def rows_of_lines(path: Path, told: CsvTable, row_of: Callable[[Mapping[str, str], int], Row]) -> list[Row]:
    """Make rows of a table's lines.

    Parameters
    ----------
    path : Path
        Of the table.
    told : CsvTable
        What it holds, its columns known to be right.
    row_of : callable
        Takes the cells of a line and its number; a ValueError tells what is wrong with them.

    Returns
    -------
    list of Row
        At least one.

    Raises
    ------
    InputError
        If there is no line, or one is wrong; the message names it.
    """
    if not told.rows:
        raise InputError(path, found="no rows", expected="a row a lesion or an image", todo="Fill in the table.")
    rows = []
    for line, cells in told.rows:
        try:
            rows.append(row_of(cells, line))
        except ValueError as error:
            raise InputError(
                f"{path}, line {line}",
                found=str(error),
                expected=f"what {', '.join(COLUMNS)} say",
                todo="Mend the row.",
            ) from error
    return rows


def path_below(text: str, column: str) -> str:
    """Check a path that a table tells.

    Parameters
    ----------
    text : str
        With slashes, or backslashes as Windows writes them; may be empty.
    column : str
        Where it stands.

    Returns
    -------
    str
        With slashes.

    Raises
    ------
    ValueError
        If it leads out of the table's folder.
    """
    path = PureWindowsPath(text)
    if path.root or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"the {column} {text}, which is no path below the table's folder")
    return text.replace("\\", "/")


def write_annotations(path: Path, rows: Iterable[Row]) -> None:
    """Write a table that `read_annotations` reads.

    Parameters
    ----------
    path : Path
        The file.
    rows : iterable of Row
        In this order.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        circle = ("", "", "") if row.circle is None else (*row.circle.center, row.circle.diameter)
        marked = [value if value == "" else f"{value:.2f}" for value in circle]
        box = [f"{value:.2f}" for value in row.box] if row.box else [""] * len(BOX)
        frame = "" if row.frame is None else row.frame
        writer.writerow([row.case, row.image, frame, row.patient, *marked, row.kind, *box, row.masks])
    write_text(path, text.getvalue())


def _row(cells: Mapping[str, str], line: int) -> Row:
    case, image = cells["case"], cells["image"]
    if not case or not image:
        raise ValueError(f"case {case!r} and image {image!r}, of which none may be empty")
    frame = _numbers(cells, ("frame",))
    if frame and (frame[0] < 1 or not frame[0].is_integer()):
        raise ValueError(f"the frame {cells['frame']}, where frames count from 1")
    place, box = _numbers(cells, CIRCLE), _numbers(cells, BOX)
    if box and not (box[0] < box[2] and box[1] < box[3]):
        raise ValueError(f"a box from {box[:2]} to {box[2:]}")
    return Row(
        case=case,
        image=PurePosixPath(path_below(image, "image")).as_posix(),  # ./a.png is a.png
        frame=int(frame[0]) if frame else None,
        kind=cells.get("class", "").lower(),
        patient=cells.get("patient", ""),
        circle=Circle((place[0], place[1]), place[2]) if place else None,
        box=(box[0], box[1], box[2], box[3]) if box else None,
        masks=path_below(cells.get("mask", ""), "mask"),
        line=line,
    )


def _numbers(cells: Mapping[str, str], columns: tuple[str, ...]) -> tuple[float, ...] | None:
    texts = [cells.get(name, "") for name in columns]
    if not any(texts):
        return None
    try:
        return tuple(float(DECIMAL_COMMA.sub(r"\1.\2", text)) for text in texts)
    except ValueError:
        told = ", ".join(f"{name} {text!r}" for name, text in zip(columns, texts, strict=True))
        raise ValueError(f"{told}, not {'a number' if len(columns) == 1 else 'numbers'}") from None
