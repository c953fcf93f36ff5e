"""Numbers as people read them: one rule for each quantity, used by every page."""

from __future__ import annotations

from collections.abc import Iterable

from livercad.core.geometry import Point
from livercad.core.phases import Phase

NBSP = "\u00a0"
MINUS = "\u2212"


def ml(value: float) -> str:
    """A volume in ml, without its unit, to about three figures: 0.06, 4.21, 38.6, 1404."""
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{digits}f}"


def mm(value: float) -> str:
    """A length in mm, without its unit, to 0.1 mm."""
    return f"{value:.1f}"


def hu(value: float) -> str:
    """A value in HU, without its unit, to 1 HU; with a true minus sign."""
    text = f"{value:.0f}"
    return "0" if text == "-0" else text.replace("-", MINUS)


def percent(fraction: float) -> str:
    """A share of a whole with its sign, to 0.1 %."""
    return f"<{NBSP}0.1{NBSP}%" if 0 < fraction < 0.0005 else f"{100 * fraction:.1f}{NBSP}%"


def whole_percent(fraction: float) -> str:
    """A probability with its sign, to 1 %; what is not certain is never shown as 0 or 100 %."""
    if 0 < fraction < 0.005:
        return f"<{NBSP}1{NBSP}%"
    if 0.995 <= fraction < 1:
        return f">{NBSP}99{NBSP}%"
    return f"{100 * fraction:.0f}{NBSP}%"


def signed_hu(value: float) -> str:
    """A difference in HU, without its unit, always with its sign."""
    text = hu(value)
    return text if text == "0" or text.startswith(MINUS) else f"+{text}"


def fixed(value: float, digits: int = 2) -> str:
    """A number to so many digits, with a true minus sign."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", MINUS)


def seconds(value: float) -> str:
    """A duration with its unit: 0.42 s, 12.3 s, 3 min 05 s."""
    if value < 59.95:
        return f"{value:.2f}{NBSP}s" if value < 9.995 else f"{value:.1f}{NBSP}s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes}{NBSP}min {rest:02d}{NBSP}s"


def offset(value: float, axis: int) -> str:
    """A coordinate in mm with the letter of its side instead of a sign.

    Parameters
    ----------
    value : float
        RAS mm.
    axis : int
        0, 1, 2 for R-L, A-P, S-I.

    Returns
    -------
    str
        For example ``R 54.2``.
    """
    letter = ("R", "A", "S")[axis] if value >= 0 else ("L", "P", "I")[axis]
    return f"{letter}{NBSP}{abs(value):.1f}"


def location(point: Point) -> str:
    """A point in the patient: ``R 54.2, A 12.0, S 410.3``."""
    return ", ".join(offset(value, axis) for axis, value in enumerate(point))


def shape(voxels: tuple[int, int, int]) -> str:
    """Voxels along I, J, K: ``512 × 512 × 119``."""
    return " × ".join(str(n) for n in voxels)


def spacing(spacing_mm: Point) -> str:
    """Voxel size along I, J, K in mm, without its unit: ``0.742 × 0.742 × 2.5``."""
    return " × ".join(f"{size:.4g}" for size in spacing_mm)


def phase(value: Phase | None) -> str:
    """A phase's name for people."""
    return value.capitalize() if value else "Unknown"


def phases(values: Iterable[Phase]) -> str:
    """Phases in the order in which they are taken: ``arterial, portal``."""
    found = set(values)
    return ", ".join(phase for phase in Phase if phase in found)
