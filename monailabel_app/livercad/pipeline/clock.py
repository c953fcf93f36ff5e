"""How long the steps of a study took."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from livercad.core.findings import TOTAL
from livercad.studies.study import Series


class Clock:
    """Adds up the seconds that each step worked, in whichever thread, and those of the whole study since it was made.

    Steps that run beside each other add up to more than the whole study, waiting counts for none of them.
    """

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._seconds: dict[tuple[str, Series | None], float] = defaultdict(float)
        self._adding = threading.Lock()

    @contextmanager
    def step(self, step: str, series: Series | None = None) -> Iterator[None]:
        """Time a block; steps must not lie within each other in one thread.

        Parameters
        ----------
        step : str
            What it does.
        series : Series, optional
            Whose it is, where every series has its own.
        """
        self._add(step, series, 0.0)  # keeps its place in the order
        start = time.perf_counter()
        yield
        self._add(step, series, time.perf_counter() - start)

    def timings(self, names: Mapping[Series, str]) -> dict[str, float]:
        """Sum up.

        Parameters
        ----------
        names : mapping of Series to str
            What to call the series. A single one needs no name.

        Returns
        -------
        dict of str to float
            Seconds by step, in the order in which the steps began: ``read``, ``liver portal``, …; last `TOTAL`.
        """
        sums: dict[str, float] = defaultdict(float)
        for (step, series), seconds in self._seconds.items():
            sums[f"{step} {names[series]}" if series and len(names) > 1 else step] += seconds
        sums[TOTAL] = time.perf_counter() - self._start
        return {step: round(seconds, 3) for step, seconds in sums.items()}

    def _add(self, step: str, series: Series | None, seconds: float) -> None:
        with self._adding:
            self._seconds[step, series] += seconds
