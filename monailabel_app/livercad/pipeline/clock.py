"""How long the steps of a study took."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from livercad.studies.study import Series


class Clock:
    """Adds up the seconds of each step; together they are the time that the study took."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[str, Series | None], float] = defaultdict(float)

    @contextmanager
    def step(self, step: str, series: Series | None = None) -> Iterator[None]:
        """Time a block; steps must not lie within each other.

        Parameters
        ----------
        step : str
            What it does.
        series : Series, optional
            Whose it is, where every series has its own.
        """
        start = time.perf_counter()
        yield
        self._seconds[step, series] += time.perf_counter() - start

    def timings(self, names: Mapping[Series, str]) -> dict[str, float]:
        """Sum up.

        Parameters
        ----------
        names : mapping of Series to str
            What to call the series. A single one needs no name.

        Returns
        -------
        dict of str to float
            Seconds by step, in the order in which the steps began: ``read``, ``liver portal``, …
        """
        sums: dict[str, float] = defaultdict(float)
        for (step, series), seconds in self._seconds.items():
            sums[f"{step} {names[series]}" if series and len(names) > 1 else step] += seconds
        return {step: round(seconds, 3) for step, seconds in sums.items()}
