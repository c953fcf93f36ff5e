"""Rows of a table that a user wrote, by column, each with its line."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from livercad.errors import InputError


@dataclass(frozen=True)
class CsvTable:
    """A table that was read.

    Parameters
    ----------
    columns : tuple of str
        Names in the header, in small letters.
    rows : tuple of (int, dict of str to str)
        Line in the file, from 1, and the cells by column, without blanks around them; rows without any cell are left
        out.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]


def read_csv(path: Path, todo: str = "Mend the table.") -> CsvTable:
    """Read a table.

    Parameters
    ----------
    path : Path
        CSV in UTF-8, separated by commas or, as spreadsheets in many countries do, semicolons.
    todo : str
        What to do about a wrong table.

    Returns
    -------
    CsvTable
        All columns that there are.

    Raises
    ------
    InputError
        If it cannot be read, has a quotation mark that is never closed, names a column twice, or a row has more cells
        than the header.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            path, found=f"a table that cannot be read ({error})", expected="a CSV file in UTF-8", todo=todo
        ) from error
    header = text.split("\n", 1)[0]
    delimiter = ";" if ";" in header and "," not in header else ","
    # Strict: an open quotation mark would swallow all lines after it.
    lines = csv.reader(text.splitlines(), delimiter=delimiter, strict=True)
    try:
        first, *numbered = [(lines.line_num, cells) for cells in lines] or [(0, [])]
    except csv.Error as error:
        found = f"what is no CSV ({error}), in line {lines.line_num} or one that it goes on from"
        raise InputError(path, found=found, expected="quotation marks in pairs", todo=todo) from error
    columns = tuple(name.strip().lower() for name in first[1])
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise InputError(path, found=f"the column {twice[0]} twice", expected="each column once", todo=todo)
    rows = []
    for line, cells in numbered:
        values = [cell.strip() for cell in cells]
        if len(values) > len(columns) and any(values[len(columns) :]):
            found = f"{len(values)} cells in line {line}"
            raise InputError(path, found=found, expected=f"{len(columns)}, as in the header", todo=todo)
        if any(values):
            values += [""] * (len(columns) - len(values))
            rows.append((line, dict(zip(columns, values, strict=False))))
    return CsvTable(columns, tuple(rows))
