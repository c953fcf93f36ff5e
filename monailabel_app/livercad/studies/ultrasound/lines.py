"""Lines of a CSV table, as they stand there."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from livercad.errors import InputError


@dataclass(frozen=True)
class Lines:
    """What a table holds.

    Parameters
    ----------
    columns : tuple of str
        Of the header, in small letters; those without a name are left out.
    cells : tuple of (int, dict of str to str)
        Number of each line that is not empty, and its cells without blanks around them, by column.
    """

    columns: tuple[str, ...]
    cells: tuple[tuple[int, dict[str, str]], ...]


def read_lines(path: Path) -> Lines:
    """Read a CSV table's cells.

    Parameters
    ----------
    path : Path
        UTF-8, with commas or, as spreadsheets in many countries do, semicolons between cells.

    Returns
    -------
    Lines
        Perhaps none.

    Raises
    ------
    InputError
        If it cannot be read, has a column twice, or a line with more cells than the header.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            path, found=f"a table that cannot be read ({error})", expected="a CSV file in UTF-8", todo="Save it so."
        ) from error
    header = text.split("\n", 1)[0]
    reader = csv.reader(text.splitlines(), delimiter=";" if ";" in header and "," not in header else ",")
    columns = [name.strip().lower() for name in next(reader, ())]
    if twice := sorted(name for name, count in Counter(columns).items() if name and count > 1):
        raise InputError(
            path,
            found=f"the column {' and '.join(twice)} more than once",
            expected="each column once",
            todo="Take out or rename the others.",
        )
    lines = []
    for row in reader:
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) > len(columns):
            raise InputError(
                f"{path}, line {reader.line_num}",
                found=f"{len(cells)} cells",
                expected=f"{len(columns)}, as the header has",
                todo="Mend the row; a comma within a cell needs quotes around the cell.",
            )
        cells += [""] * (len(columns) - len(cells))
        lines.append((reader.line_num, {name: cell for name, cell in zip(columns, cells, strict=True) if name}))
    return Lines(tuple(name for name in columns if name), tuple(lines))
