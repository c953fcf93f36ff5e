"""What is known of each case before anybody labels it: computed in the background, asked by strategies."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from livercad.learning.knowledge import Knowledge
from livercad.learning.score_table import Row, Score, ScoreTable
from livercad.learning.strategies import Known


class Scores:
    """The scores of a studies folder. One process at a time has them open: the server.

    A score holds for the images that it was made of (their stamp) and for the models that have made it. Those of a
    former champion are used until there are new ones.

    Parameters
    ----------
    folder : Path
        Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._table = ScoreTable(folder)
        self._lock = threading.RLock()
        self._rows: dict[str, dict[str, Row]] = {}
        for row in self._table.read():
            self._rows.setdefault(row.case, {})[row.models] = row
        self._knowledge: Knowledge | None = None
        self._latest: tuple[Knowledge, Known] | None = None

    def keep(self, case: str, stamp: str, models: str, score: Score) -> None:
        """Keep a score. What was made of other images of the case goes.

        Parameters
        ----------
        case : str
            The case.
        stamp : str
            Of its images.
        models : str
            What has made the score: names, versions and hashes.
        score : Score
            What they say.
        """
        self._put(Row(case, models, stamp, time.time(), score))

    def fail(self, case: str, stamp: str, models: str, problem: str, *, is_passing: bool = False) -> None:
        """Keep that a case cannot be scored; it is not missing until its images change.

        Where it `is_passing`, as a lack of memory, it is missing for other models, and after a restart.
        """
        self._put(Row(case, models, stamp, time.time(), None, problem, is_passing))

    def missing(self, stamps: Mapping[str, str], models: str) -> list[str]:
        """List the cases that these models have not looked at.

        Parameters
        ----------
        stamps : mapping of str to str
            Of the images of all cases that are of interest.
        models : str
            As of `keep`.

        Returns
        -------
        list of str
            In the order of `stamps`, those first of which nothing is known. Without cases that failed.
        """
        with self._lock:
            found: dict[bool, list[str]] = {False: [], True: []}
            for case, stamp in stamps.items():
                rows = [row for row in self._rows.get(case, {}).values() if row.stamp == stamp]
                if not any(row.models == models or row.has_failed(models) for row in rows):
                    found[bool(rows)].append(case)
        return found[False] + found[True]

    def problems(self) -> list[Row]:
        """Cases that cannot be scored, the latest first."""
        with self._lock:
            failed = [row for rows in self._rows.values() for row in rows.values() if row.problem]
        return sorted(failed, key=lambda row: (-row.at, row.case))

    def tidy(self, cases: Collection[str], models: str) -> None:
        """Forget cases that are gone, and all models but these and those before them, which a rollback brings back."""
        there = set(cases)
        with self._lock:
            last: dict[str, float] = {}
            for rows in self._rows.values():
                for row in rows.values():
                    last[row.models] = max(last.get(row.models, 0.0), row.at)
            last.pop(models, None)
            kept = {models, *sorted(last, key=lambda name: -last[name])[:1]}
            gone = [
                (case, name)
                for case, rows in self._rows.items()
                for name in rows
                if case not in there or name not in kept
            ]
            if gone:
                self._table.remove(gone)
                self._forget(gone)

    def learn(self, models: str) -> None:
        """Bring what `known` tells up to date. It may take a second with ten thousand cases: not for requests.

        Parameters
        ----------
        models : str
            Those in use, whose scores go before others'.
        """
        with self._lock:
            by_case = {case: dict(rows) for case, rows in self._rows.items()}
        self._knowledge = Knowledge.of(by_case, models)

    def known(self, cases: tuple[str, ...]) -> Known:
        """What was known of cases when `learn` was called last.

        Parameters
        ----------
        cases : tuple of str
            Names, sorted.

        Returns
        -------
        Known
            Takes some milliseconds for ten thousand cases, and none where the same is asked again.
        """
        knowledge, latest = self._knowledge, self._latest
        if knowledge is None:
            return Known.nothing(cases)
        if latest is None or latest[0] is not knowledge or latest[1].cases != cases:
            latest = self._latest = knowledge, knowledge.about(cases)
        return latest[1]

    def about(self, case: str) -> tuple[Row, Known] | None:
        """The score of one case that `known` rests on, and what is known of it alone; None where there is none."""
        knowledge = self._knowledge
        row = knowledge.rows.get(case) if knowledge else None
        return (row, knowledge.about((case,))) if knowledge and row else None

    def counts(self, cases: Collection[str], models: str) -> dict[str, int]:
        """How many cases are `scored`, have scores of `former` models only, have `failed`, or are `open`."""
        counts = dict.fromkeys(("scored", "former", "failed", "open"), 0)
        with self._lock:
            for case in cases:
                counts[_state(self._rows.get(case, {}), models)] += 1
        return counts

    def _put(self, row: Row) -> None:
        with self._lock:
            rows = self._rows.get(row.case, {})
            others = [each for each in rows.values() if each.models != row.models]
            # A case that can be scored now has no problem any more, and what other images showed means nothing.
            gone = [
                (row.case, each.models) for each in others if each.stamp != row.stamp or (row.score and each.problem)
            ]
            if row.is_passing:
                self._table.remove([*gone, (row.case, row.models)])  # what it takes the place of, in memory alone
            else:
                self._table.write(row, gone)
            self._forget(gone)
            self._rows.setdefault(row.case, {})[row.models] = row

    def _forget(self, gone: Collection[tuple[str, str]]) -> None:
        for case, models in gone:
            self._rows[case].pop(models)
            if not self._rows[case]:
                del self._rows[case]


def _state(rows: Mapping[str, Row], models: str) -> str:
    if models in rows and rows[models].score:
        return "scored"
    if any(row.has_failed(models) for row in rows.values()):
        return "failed"
    return "former" if any(row.score for row in rows.values()) else "open"
