"""What the tables of evaluations need to have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from livercad.errors import InputError
from livercad.studies.csv_table import CsvTable

DOCUMENTED = "docs/evaluation.md has its columns"
CORRECT = f"Correct the table ({DOCUMENTED})."


def need_columns(table: CsvTable, path: Path, columns: Sequence[str], todo: str = CORRECT) -> None:
    """Make sure that a table has its columns.

    Parameters
    ----------
    table : CsvTable
        The table.
    path : Path
        Its file.
    columns : sequence of str
        What it must have.
    todo : str
        What to do about a wrong table.

    Raises
    ------
    InputError
        If one is missing.
    """
    missing = [column for column in columns if column not in table.columns]
    if missing:
        found = f"no column {' and no column '.join(missing)}"
        raise InputError(path, found=found, expected=f"the columns {', '.join(columns)}", todo=todo)
