"""What a model needs to be trainable, whatever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
from torch import nn

from livercad.core.volume import Volume
from livercad.learning.cases import LabelledCase
from livercad.learning.job import Job, Validation
from livercad.learning.plan import Plan
from livercad.learning.pool import Side
from livercad.models.version import ModelVersion
from livercad.progress import Progress
from livercad.settings import Settings

Start = Literal["champion", "base", "scratch"]


class RecipeJob(Job, Protocol):
    """A training that knows its files."""

    def prepare(self, progress: Progress) -> None:
        """Bring all cases to the model's grid, unless they are in the cache: what cannot be used is told at once."""

    def measure(self, weights: ModelVersion, progress: Progress) -> Validation:
        """Score any version of the model on the pool, as it is served."""

    def tensors(self, network: nn.Module) -> dict[str, npt.NDArray[np.generic]]:
        """Name a trained network's weights as files have them."""

    def found(
        self, weights: ModelVersion, cases: Sequence[LabelledCase], progress: Progress
    ) -> Iterable[tuple[LabelledCase, Volume, Volume]]:
        """What a version finds in some cases, for pictures: case, true mask, predicted mask; empty without masks."""


@dataclass(frozen=True)
class Sides:
    """The cases of a training.

    Parameters
    ----------
    training, pool : tuple of LabelledCase
        To learn from, and to validate on.
    """

    training: tuple[LabelledCase, ...]
    pool: tuple[LabelledCase, ...]


@dataclass(frozen=True)
class Trainable:
    """A model that can be trained.

    Parameters
    ----------
    task : str
        What commands and the server call it.
    name : str
        As in the registry.
    usable : callable
        Whether a case has the labels that it learns from.
    needs : str
        What these are, for people.
    job : callable
        Makes the training: cases, start, folder of the training, folder of the cache, settings, seed.
    plan : Plan
        Its settings; the steps are chosen by time where nobody gives them.
    validations : int
        How often a training validates.
    steps : int or None
        How many there are at most, however much time there is.
    """

    task: str
    name: str
    usable: Callable[[LabelledCase], bool]
    needs: str
    job: Callable[[Sides, ModelVersion | None, Path, Path, Settings, int], RecipeJob]
    plan: Plan
    validations: int = 4
    steps: int | None = None

    def sides(self, cases: Sequence[LabelledCase], sides: Mapping[str, Side]) -> Sides:
        """Part usable cases by side.

        Parameters
        ----------
        cases : sequence of LabelledCase
            All that have labels.
        sides : mapping of str to Side
            By case; those that may not be learnt from have none (`livercad.learning.pool.Pool.usable`).

        Returns
        -------
        Sides
            Without cases of the test set.
        """
        on = {
            side: tuple(case for case in cases if self.usable(case) and sides.get(case.case) == side)
            for side in (Side.TRAINING, Side.VALIDATION)
        }
        return Sides(on[Side.TRAINING], on[Side.VALIDATION])
