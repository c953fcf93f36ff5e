"""The versions of the models that learn, as the page shows them."""

from __future__ import annotations

import logging
import threading
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
from livercad.server.errors import reason_of
from livercad.server.releases import champion_of

logger = logging.getLogger(__name__)

LASTS_S = 10.0
"""A registry is asked again after this time, and when a champion changes."""
PATIENCE_S = 3.0
"""So long the page waits for a registry that has answered so far. Our choice."""
WAITING = "The model registry has not answered yet: versions are shown as soon as it does."


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


@dataclass(frozen=True)
class _Told:
    """Versions of a model, and what each scored, by number."""

    versions: tuple[Version, ...]
    found: Mapping[int, Estimate]


@dataclass(frozen=True)
class _Known:
    """What the registry told last, what is wrong since, by model, and until when that will do."""

    told: Mapping[str, _Told]
    problems: Mapping[str, str]
    answers: bool
    until: float
    champions: object


class ModelHistories:
    """The histories of all models that learn.

    The registry may be slow or not answer at all. So it is asked in the background, by one thread for all who look, and
    what it told last is shown until then.

    Parameters
    ----------
    versions : ModelVersions
        The registry.
    """

    def __init__(self, versions: ModelVersions) -> None:
        self._versions = versions
        self._lock = threading.Lock()
        self._looking = threading.Thread()
        self._known = _Known({}, {}, True, 0.0, None)

    def __call__(self) -> tuple[ModelHistory, ...]:
        """Tell them, by task; what is in use is always that of now."""
        with self._lock:
            is_due = self._known.until < time.monotonic() or self._known.champions != stamps()
            if is_due and not self._looking.is_alive():
                self._looking = threading.Thread(target=self._look, name="look at versions", daemon=True)
                self._looking.start()
            looking = self._looking
        if looking.is_alive() and self._known.answers:
            looking.join(PATIENCE_S)
        return tuple(self._one(task, name, self._known) for task, name in TASKS.items())

    def _look(self) -> None:
        champions, told, problems, answers = stamps(), dict(self._known.told), {}, True
        try:
            for name in TASKS.values():
                versions = self._versions.of(name)
                try:
                    told[name] = self._told(name, versions)
                except ModelError as error:  # of this model alone
                    told[name], problems[name] = _Told(versions, {}), str(error)
        except Exception as error:
            if not isinstance(error, ModelError):
                logger.exception("The versions of models cannot be told")
            problems, answers = dict.fromkeys(TASKS.values(), reason_of(error)), False
        self._known = _Known(told, problems, answers, time.monotonic() + LASTS_S, champions)

    def _told(self, name: str, versions: tuple[Version, ...]) -> _Told:
        measure = MEASURES[RULES[name].primary]
        found = {one.number: one.measures[measure.name] for one in versions if measure.name in one.measures}
        if len(versions) > 1:  # the base has no training of its own, but was compared with
            pool = self._versions.measured(name, BASE).values()
            base = estimate(measure, pool, CONFIDENCE, RESAMPLES, SEED)
            return _Told(versions, {BASE: base, **found} if base else found)
        return _Told(versions, found)

    def _one(self, task: str, name: str, known: _Known) -> ModelHistory:
        measure = MEASURES[RULES[name].primary]
        champion, told, problem = None, known.told.get(name), known.problems.get(name, "")
        if told is None:
            told, problem = _Told((), {}), problem or WAITING
        try:
            champion = champion_of(name)
        except ModelError as error:
            problem = str(error)
        rows = tuple(
            (version, in_words(told.found[version.number]) if version.number in told.found else "")
            for version in reversed(told.versions)
        )
        curve = _curve(measure, told.versions, told.found)
        return ModelHistory(task, name, find(name).title, champion, measure.title, rows, curve, problem)


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
