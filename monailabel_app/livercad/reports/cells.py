"""What a cell of a table may hold, and how a table is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

Cell: TypeAlias = str | int | float | None


def joined(values: Iterable[str]) -> str | None:
    """Several values as one cell; None where there are none."""
    return "; ".join(values) or None


def rounded(value: float, digits: int) -> float:
    """Round; adding 0.0 turns -0.0 into 0.0."""
    return round(float(value), digits) + 0.0


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> str:
    """A table as CSV with a header line; what a row does not have stays empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
