"""What the results of papers have in common: a number with its interval, kept and printed."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

DASH = "–"
"""Printed where there is no number."""


class Numbers(BaseModel):
    """Results that are written as JSON, and read again only whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Interval(Numbers):
    """A number with its 95 % bootstrap interval over patients, where they tell one."""

    value: float
    low: float | None
    high: float | None
    n: int
    """Images, cases or lesions."""


@dataclass(frozen=True)
class Cell:
    """A number over its interval.

    Parameters
    ----------
    value, below : str
        As printed; `below` may be empty.
    """

    value: str
    below: str = ""


def with_interval(value: Interval | None, digits: int) -> tuple[str, str]:
    """A number to so many digits, and its interval where there is one."""
    if value is None:
        return DASH, ""
    told = "" if value.low is None or value.high is None else f"{value.low:.{digits}f}–{value.high:.{digits}f}"
    return f"{value.value:.{digits}f}", told
