"""The table ``studies.csv``: the user's own word on cases and phases, above all names."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from livercad.core.names import phase_of
from livercad.core.phases import Phase
from livercad.errors import InputError

TABLE_NAME = "studies.csv"
COLUMNS = ("case", "phase", "path")
PATIENT = "patient"
"""A column that may be there as well."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Parameters
    ----------
    case : str
        Identifier of the case.
    phase : Phase or None
        None where the cell is empty: the file's name tells it then, if it can.
    path : Path
        An image, a folder with one DICOM series, or one slice of a series.
    line : int
        Line in the file, from 1.
    """

    case: str
    phase: Phase | None
    path: Path
    line: int


def read_table(path: Path) -> tuple[Row, ...]:
    """Read a table of studies.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 with columns case, phase, path (in any order, more are ignored), separated by commas or, as
        spreadsheets in many countries do, semicolons. Relative paths start at the table's folder.

    Returns
    -------
    tuple of Row
        In the file's order.

    Raises
    ------
    InputError
        If columns are missing, a phase word is unknown, a file does not exist, or a row repeats another; the message
        tells the line.
    """
    lines = _lines(path)
    rows = tuple(_row(path, lines.line_num, cells) for cells in lines if any((cell or "") for cell in cells.values()))
    if not rows:
        raise _error(path, "no rows", "a row for each volume")
    _check_repeats(path, rows)
    return rows


def read_patients(path: Path) -> dict[str, str]:
    """Read whose the cases of a table are.

    Parameters
    ----------
    path : Path
        As of `read_table`; a column ``patient`` tells it.

    Returns
    -------
    dict of str to str
        Patients by case, where the table tells them; empty without such a column.

    Raises
    ------
    InputError
        If the table cannot be read, or tells two patients for one case.
    """
    told: dict[str, str] = {}
    for cells in _lines(path):
        case, patient = ((cells.get(column) or "").strip() for column in ("case", PATIENT))
        if patient and told.setdefault(case, patient) != patient:
            raise _error(path, f"the patients {told[case]} and {patient} for case {case}", "one patient for a case")
    return told


def _lines(path: Path) -> csv.DictReader[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _error(path, f"a table that cannot be read ({error})", "a CSV file in UTF-8") from error
    header = text.split("\n", 1)[0]
    lines = csv.DictReader(text.splitlines(), delimiter=";" if ";" in header and "," not in header else ",")
    lines.fieldnames = [name.strip().lower() for name in lines.fieldnames or ()]
    missing = [column for column in COLUMNS if column not in lines.fieldnames]
    if missing:
        raise _error(path, f"no column {' and no column '.join(missing)}", f"the columns {', '.join(COLUMNS)}")
    return lines


def _row(table: Path, line: int, cells: dict[str, str]) -> Row:
    case, word, name = ((cells[column] or "").strip() for column in COLUMNS)
    if not case or case.startswith(".") or any(sign in case for sign in "/\\\0"):
        raise _error(table, f"the case '{case}' in line {line}", "a name fit for a folder (no slash, no dot first)")
    phase = phase_of(word)
    if word and phase is None:
        known = ", ".join(known.value for known in Phase)
        raise _error(table, f"the phase '{word}' in line {line}", f"{known} or a usual spelling of these")
    path = table.parent / name
    if not name or not path.exists():
        raise _error(table, f"the path '{name}' in line {line}, where nothing is", "a file or a folder of DICOM slices")
    return Row(case, phase, path, line)


def _check_repeats(table: Path, rows: tuple[Row, ...]) -> None:
    paths: dict[Path, int] = {}
    phases: dict[tuple[str, Phase], int] = {}
    for row in rows:
        before = paths.setdefault(row.path.resolve(), row.line)
        if before != row.line:
            raise _error(table, f"{row.path.name} in line {row.line} and again in line {before}", "each file once")
        if row.phase is None:
            continue
        before = phases.setdefault((row.case, row.phase), row.line)
        if before != row.line:
            raise _error(
                table,
                f"two files for the {row.phase.value} phase of case {row.case}, in lines {before} and {row.line}",
                "one file for each phase of a case",
            )


def _error(table: Path, found: str, expected: str) -> InputError:
    return InputError(table, found=found, expected=expected, todo="Correct the table and start again.")
