"""What a cell of a table may hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Cell: TypeAlias = str | int | float | None


def joined(values: Iterable[str]) -> str | None:
    """Several values as one cell; None where there are none."""
    return "; ".join(values) or None


def rounded(value: float, digits: int) -> float:
    """Round; adding 0.0 turns -0.0 into 0.0."""
    return round(float(value), digits) + 0.0
