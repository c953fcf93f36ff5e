"""Rows of a table of ultrasound images: what each says of an image or of a lesion on it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from livercad.core.circle import Circle, PixelBox
from livercad.errors import InputError
from livercad.studies.atomic import write_text

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


def read_lines(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV table's cells.

    Parameters
    ----------
    path : Path
        UTF-8, with commas or, as spreadsheets in many countries do, semicolons between cells.

    Returns
    -------
    list of (int, dict of str to str)
        Number of each line that is not empty, and its cells without blanks around them, by column in small letters.

    Raises
    ------
    InputError
        If it cannot be read, or has a column twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            path, found=f"a table that cannot be read ({error})", expected="a CSV file in UTF-8", todo="Save it so."
        ) from error
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(text.splitlines(), delimiter=";" if ";" in header and "," not in header else ",")
    reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
    if twice := sorted(name for name, count in Counter(reader.fieldnames).items() if name and count > 1):
        raise InputError(
            path,
            found=f"the column {' and '.join(twice)} more than once",
            expected="each column once",
            todo="Take out or rename the others.",
        )
    lines = []
    for cells in reader:
        told = {name: (cells[name] or "").strip() for name in reader.fieldnames}
        if any(told.values()):
            lines.append((reader.line_num, told))
    return lines


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
    lines = read_lines(path)
    columns = list(lines[0][1]) if lines else []
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise InputError(
            path,
            found=f"the columns {', '.join(columns) or '(no rows)'}",
            expected=f"at least {' and '.join(NEEDED)}, of {', '.join(COLUMNS)}",
            todo="Mend the table.",
        )
    rows = []
    for line, cells in lines:
        try:
            rows.append(_row(cells, line))
        except ValueError as error:
            raise InputError(
                f"{path}, line {line}",
                found=str(error),
                expected=f"what {', '.join(COLUMNS)} say",
                todo="Mend the row.",
            ) from error
    return rows


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
    if frame and (frame[0] < 1 or frame[0] != int(frame[0])):
        raise ValueError(f"the frame {cells['frame']}, where frames count from 1")
    place, box = _numbers(cells, CIRCLE), _numbers(cells, BOX)
    if box and not (box[0] < box[2] and box[1] < box[3]):
        raise ValueError(f"a box from {box[:2]} to {box[2:]}")
    return Row(
        case=case,
        image=image.replace("\\", "/"),
        frame=int(frame[0]) if frame else None,
        kind=cells.get("class", "").lower(),
        patient=cells.get("patient", ""),
        circle=Circle((place[0], place[1]), place[2]) if place else None,
        box=(box[0], box[1], box[2], box[3]) if box else None,
        masks=cells.get("mask", ""),
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
