"""The versions of the models that learn, as the page shows them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livercad.errors import ModelError
from livercad.evaluation.intervals import Estimate
from livercad.learning.metrics import MEASURES, Measure
from livercad.learning.names import TASKS
from livercad.learning.paired import estimate
from livercad.learning.promotion import RULES
from livercad.learning.version import State, Version, in_words
from livercad.learning.versions import CONFIDENCE, RESAMPLES, SEED, ModelVersions
from livercad.models.champions import stamps
from livercad.models.registry import find
from livercad.models.version import BASE
from livercad.reports.learning_curve import LearningCurve, Measured, learning_curve
from livercad.server.releases import champion_of

LASTS_S = 10.0
"""A registry is asked again after this time, and when a champion changes."""


@dataclass(frozen=True)
class ModelHistory:
    """One model.

    Parameters
    ----------
    task, name, title : str
        What the server's task, the registry and people call it.
    champion : dict or None
        See `champion_of`; None where it cannot be told.
    measure : str
        What versions are compared by.
    versions : tuple of tuple
        Of each the version, and what it scored in words; the newest first.
    curve : LearningCurve or None
        None where fewer than two versions have been measured.
    problem : str
        What is wrong.
    """

    task: str
    name: str
    title: str
    champion: dict[str, Any] | None
    measure: str
    versions: tuple[tuple[Version, str], ...]
    curve: LearningCurve | None
    problem: str = ""


class ModelHistories:
    """The histories of all models that learn; the registry is not asked for every look at the page.

    Parameters
    ----------
    versions : ModelVersions
        The registry.
    """

    def __init__(self, versions: ModelVersions) -> None:
        self._versions = versions
        self._known: tuple[float, object, tuple[ModelHistory, ...]] | None = None

    def __call__(self) -> tuple[ModelHistory, ...]:
        """Tell them, by task."""
        now, champions = time.monotonic(), stamps()
        if self._known is None or self._known[0] < now or self._known[1] != champions:
            found = tuple(self._one(task, name) for task, name in TASKS.items())
            self._known = time.monotonic() + LASTS_S, champions, found
        return self._known[2]

    def _one(self, task: str, name: str) -> ModelHistory:
        measure = MEASURES[RULES[name].primary]
        champion, problem = None, ""
        versions: tuple[Version, ...] = ()
        found: dict[int, Estimate] = {}
        try:
            champion = champion_of(name)
            versions = self._versions.of(name)
            found = self._measured(name, versions, measure)
        except ModelError as error:
            problem = str(error)
        told = tuple(
            (version, in_words(found[version.number]) if version.number in found else "")
            for version in reversed(versions)
        )
        return ModelHistory(
            task, name, find(name).title, champion, measure.title, told, _curve(measure, versions, found), problem
        )

    def _measured(self, name: str, versions: tuple[Version, ...], measure: Measure) -> dict[int, Estimate]:
        """What each version scored, by number."""
        found = {one.number: one.measures[measure.name] for one in versions if measure.name in one.measures}
        if len(versions) > 1:  # the base has no training of its own, but was compared with
            pool = self._versions.measured(name, BASE).values()
            base = estimate(measure, pool, CONFIDENCE, RESAMPLES, SEED)
            return {BASE: base, **found} if base else found
        return found


def _curve(measure: Measure, versions: tuple[Version, ...], found: Mapping[int, Estimate]) -> LearningCurve | None:
    measured = [
        Measured(
            name="base" if version.number == BASE else f"version {version.number}",
            cases=sum(version.cases.values()),
            value=found[version.number].value,
            low=found[version.number].low,
            high=found[version.number].high,
            was_champion=version.state in (State.BASE, State.PROMOTED, State.ROLLED_BACK),
        )
        for version in versions
        if version.number in found
    ]
    better = "higher is better" if measure.higher_is_better else "lower is better"
    return learning_curve(f"{measure.title}, {better}", measured)
