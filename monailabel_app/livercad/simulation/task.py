"""What a replay asks of whatever is learnt in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from livercad.learning.strategies import Known, Strategy

ALL_STRATEGIES = tuple(Strategy)


@dataclass(frozen=True)
class Split:
    """Which cases may be labelled, and on which a model is measured.

    Parameters
    ----------
    pool, test : tuple of str
        Sorted; no patient is in both.
    """

    pool: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """What a model reaches on the test cases.

    Parameters
    ----------
    value : float
        The task's metric, in [0, 1]; higher is better.
    parts : mapping of str to float
        What it is the mean of, such as the sensitivity of each class.
    """

    value: float
    parts: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def balanced(cls, said: npt.NDArray[np.integer], true: npt.NDArray[np.integer], names: Sequence[str]) -> Score:
        """Balanced accuracy, with the sensitivity for each class that there is.

        Parameters
        ----------
        said, true : ndarray of int, shape (n,)
            Places in `names`.
        names : sequence of str
            Of all classes.
        """
        parts = {names[kind]: float((said[true == kind] == kind).mean()) for kind in np.unique(true)}
        return cls(float(np.mean(list(parts.values()))), parts)


@dataclass(frozen=True)
class Description:
    """What is said of a task.

    Parameters
    ----------
    name : str
        Of its folder.
    title : str
        Of its section on the page.
    metric : str
        What is measured.
    data : str
        What the cases are, and in what they are like real collections, or not; a few sentences.
    learner : str
        What is trained in each round.
    looks : mapping of Strategy to str
        What each strategy that can be used goes by; `random` and `first` go by nothing.
    is_phantom : bool
        Whether the cases are digital phantoms.
    budget : int
        Cases labelled in a round, unless the user says otherwise.
    rounds : int, default 6
        Trainings of a replay, likewise.
    """

    name: str
    title: str
    metric: str
    data: str
    learner: str
    looks: Mapping[Strategy, str]
    is_phantom: bool
    budget: int
    rounds: int = 6

    @property
    def strategies(self) -> tuple[Strategy, ...]:
        """Those that can be used."""
        return tuple(each for each in Strategy if each in (Strategy.RANDOM, Strategy.FIRST, *self.looks))


class Model(Protocol):
    """A trained model."""

    def look(self, cases: Sequence[str], seed: int) -> Known:
        """Tell what a strategy may know of cases; from their images alone."""

    def score(self, cases: Sequence[str]) -> Score:
        """Measure on cases with their truth."""


class Task(Protocol):
    """Something to learn from labelled cases. Made once, then sent to processes."""

    @property
    def description(self) -> Description:
        """What is said of it."""

    def identity(self) -> str:
        """All that its numbers depend on, hashed."""

    def split(self, seed: int) -> Split:
        """Draw pool and test."""

    def kinds(self) -> Mapping[str, str]:
        """Kind of each case, for the report: no strategy sees it."""

    def truth(self, cases: Collection[str]) -> Mapping[str, Any]:
        """What an annotator says of these cases."""

    def learn(self, labels: Mapping[str, Any], seed: int) -> Model:
        """Train on labelled cases; the same labels and seed give the same model."""
