"""How long work tells how far it is, and hears that it should stop."""

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[float, float, str], None]
"""Called as ``progress(done, total, what)``. It may raise `livercad.errors.Cancelled`, which ends the work."""


def silent(done: float, total: float, what: str) -> None:
    """Ignore progress: the default where nobody watches."""


def part(progress: Progress, start: float, stop: float) -> Progress:
    """Map a sub-task's whole range onto a part of its parent's.

    Parameters
    ----------
    progress : Progress
        The parent's callback, whose total is taken as 1.
    start, stop : float
        The part of [0, 1] that the sub-task fills.

    Returns
    -------
    Progress
        The callback to hand to the sub-task.
    """

    def scaled(done: float, total: float, what: str) -> None:
        progress(start + (stop - start) * (done / total if total else 1.0), 1.0, what)

    return scaled
