"""A task of milliseconds in which uncertainty must win: many cases all alike, few that lie near a border."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from livercad.learning.strategies import Known, Strategy, clusters_of
from livercad.simulation.looks import entropy
from livercad.simulation.task import Description, Score, Split

BORDER = 0.37
DESCRIPTION = Description(
    name="toy",
    title="Toy",
    metric="accuracy",
    data="Numbers.",
    learner="A border halfway between the nearest labelled numbers.",
    looks={Strategy.UNCERTAINTY: "entropy", Strategy.DIVERSITY: "distance", Strategy.HYBRID: "both"},
    is_phantom=True,
    budget=2,
)


@dataclass
class ToyTask:
    """Learn on which side of a border numbers lie, by asking for the sides of some: bisection is best.

    Parameters
    ----------
    lies : dict of str to int
        Truth of cases that is not what it should be.
    asked : list of str
        Whose truth has been told.
    """

    lies: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    description: Description = DESCRIPTION

    def identity(self) -> str:
        return "toy"

    def split(self, seed: int) -> Split:
        return Split(tuple(f"p{n:03d}" for n in range(200)), tuple(f"t{n:03d}" for n in range(400)))

    def number(self, case: str) -> float:
        return int(case[1:]) / (200 if case[0] == "p" else 400)

    def side(self, case: str) -> int:
        return self.lies.get(case, int(self.number(case) > BORDER))

    def kinds(self) -> Mapping[str, str]:
        split = self.split(0)
        return {
            case: "near" if abs(self.number(case) - BORDER) < 0.04 else "far" for case in (*split.pool, *split.test)
        }

    def truth(self, cases: Collection[str]) -> dict[str, int]:
        self.asked += list(cases)
        return {case: self.side(case) for case in cases}

    def learn(self, labels: Mapping[str, int], seed: int) -> ToyModel:
        below = max((self.number(case) for case, side in labels.items() if side == 0), default=0.0)
        above = min((self.number(case) for case, side in labels.items() if side == 1), default=1.0)
        return ToyModel(self, (below + above) / 2, max(above - below, 1e-3))


@dataclass
class ToyModel:
    task: ToyTask
    border: float
    width: float

    def _probability(self, cases: Sequence[str]) -> np.ndarray:
        numbers = np.array([self.task.number(case) for case in cases])
        return 1 / (1 + np.exp(-(numbers - self.border) / self.width))

    def look(self, cases: Sequence[str], seed: int) -> Known:
        p = self._probability(cases)
        embeddings = np.array([[self.task.number(case)] for case in cases], np.float32)
        unsure = entropy(np.stack([p, 1 - p], axis=-1)).astype(np.float32)
        nothing = np.full(len(cases), np.nan, np.float32)
        return Known(tuple(cases), unsure, nothing, embeddings, clusters_of(embeddings, seed))

    def score(self, cases: Sequence[str]) -> Score:
        true = np.array([self.task.number(case) > BORDER for case in cases])
        said = self._probability(cases) > 0.5
        value = float((said == true).mean())
        return Score(value, {"all": value})
