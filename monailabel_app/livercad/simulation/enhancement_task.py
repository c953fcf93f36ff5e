"""Classes of phantom lesions, learnt by a regression on how their parts enhance."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch

from livercad.classification.augmentation import network_view
from livercad.classification.recipe import CLASSES
from livercad.code import code_hash
from livercad.core.roi import DEFAULT_RATIO
from livercad.learning.strategies import Known, Strategy, clusters_of
from livercad.simulation.lesion_task import LesionTask
from livercad.simulation.looks import entropy, margin
from livercad.simulation.regression import Regression
from livercad.simulation.task import Description, Score, Split

MODULES = ("classification.augmentation", "simulation.lesion_task", "simulation.looks", "simulation.regression")
"""Whose code makes the numbers."""
RINGS = ((0.0, 0.4), (0.4, 0.75), (0.75, 1.0))
"""Core, middle and rim, in lesion radii. Our choice."""
AROUND = (1.2, 1.6)
"""The liver around it; beyond its border, which is blurred."""
LOW_HU, HIGH_HU = -200.0, 300.0
"""Densities are cut there, for fat and bone beside a lesion."""
STRENGTH = 1.0
"""Of the regression: scikit-learn's default."""
NAMES = tuple(kind.value for kind in CLASSES)
DESCRIPTION = Description(
    name="lesion-enhancement",
    title="Classes of lesions by their enhancement",
    metric="balanced accuracy",
    data=(
        "Digital phantoms. A case is an examination of a patient in four phases; all its lesions are labelled "
        "together, and are taken as found. The pool is lopsided and redundant, as collections of real "
        "examinations are: cysts, metastases and hemangiomas are common, the other classes rare, and two of five "
        "patients were examined again, up to three times, with nothing changed. The test lesions are of other "
        "patients, each class alike."
    ),
    learner=(
        "A logistic regression on densities (HU) of a lesion's core, middle and rim and of the liver around it in each "
        "phase, their spread, and their contrast to the liver. It learns from a few cases what it can."
    ),
    looks={
        Strategy.UNCERTAINTY: "entropy of the class probabilities, of the case's most uncertain lesion",
        Strategy.CLASSIFICATION: "narrow margin between the two likeliest classes, of the case's most doubtful lesion; "
        "the regression answers from all phases only, so none disagree",
        Strategy.DIVERSITY: "distance in the features, averaged over the case's lesions, which no training changes",
        Strategy.HYBRID: "uncertainty within clusters of these features",
    },
    is_phantom=True,
    budget=6,
    rounds=12,
)


@dataclass(frozen=True)
class EnhancementTask:
    """Learn classes of lesions from what is measured of them.

    Parameters
    ----------
    cases : LesionTask
        Whose cases, pools and labels these are.
    """

    cases: LesionTask
    description: Description = DESCRIPTION

    def identity(self) -> str:
        """See `Task`."""
        code = code_hash(__name__, *(f"livercad.{name}" for name in MODULES))
        digest = hashlib.sha256(f"{code} {self.cases.identity()}".encode())
        digest.update(self.features.tobytes())
        return digest.hexdigest()

    def split(self, seed: int) -> Split:
        """See `Task`."""
        return self.cases.split(seed)

    def kinds(self) -> Mapping[str, str]:
        """See `Task`."""
        return self.cases.kinds()

    def truth(self, cases: Collection[str]) -> dict[str, list[int]]:
        """Classes of the cases' lesions, in their order."""
        return self.cases.truth(cases)

    def learn(self, labels: Mapping[str, list[int]], seed: int) -> EnhancementModel:
        """See `Task`."""
        cases = sorted(labels)
        places = self.places(seed)
        seen = [NAMES[kind] for case in cases for kind in labels[case]]
        return EnhancementModel(self, places, Regression.of(places[self.rows_of(cases)], seen, NAMES, STRENGTH))

    def places(self, seed: int) -> npt.NDArray[np.float64]:
        """Features of all lesions, of mean 0 and spread 1 in the pool."""
        own = self.features[self.rows_of(self.split(seed).pool)]
        return np.asarray((self.features - own.mean(axis=0)) / np.maximum(own.std(axis=0), 1e-6))

    def rows_of(self, cases: Sequence[str]) -> npt.NDArray[np.int64]:
        """Rows of the cases' lesions, case by case."""
        return np.concatenate(self.cases.rows_of(cases))

    @cached_property
    def features(self) -> npt.NDArray[np.float64]:
        """What is measured of each lesion, shape (n, features)."""
        squares = self.cases.lesions.squares
        return np.concatenate([measured(squares[first : first + 64]) for first in range(0, len(squares), 64)])


def measured(squares: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    """Measure lesions in their middle plane.

    Parameters
    ----------
    squares : ndarray, shape (n, phases, planes, rows, columns)
        HU, as `Lesions` has them.

    Returns
    -------
    ndarray, shape (n, phases * 10)
        HU: mean of `RINGS` and of the liver `AROUND`, contrast of the rings to the liver, spread in the rings; each in
        all phases.
    """
    crops = network_view(torch.from_numpy(np.array(squares))).numpy()
    middle = np.clip(crops[:, :, crops.shape[2] // 2], LOW_HU, HIGH_HU)
    size = middle.shape[-1]
    rows, columns = np.indices((size, size)) - (size - 1) / 2
    radii = np.hypot(rows, columns) / (DEFAULT_RATIO * size / 2)
    parts = [middle[..., (radii >= low) & (radii < high)] for low, high in (*RINGS, AROUND)]
    means = np.stack([part.mean(axis=-1) for part in parts], axis=-1)
    spreads = np.stack([part.std(axis=-1) for part in parts[:-1]], axis=-1)
    contrasts = means[..., :-1] - means[..., -1:]
    return np.asarray(np.concatenate([means, contrasts, spreads], axis=-1).reshape(len(squares), -1), np.float64)


class EnhancementModel:
    """A fitted regression.

    Parameters
    ----------
    task : EnhancementTask
        Whose lesions.
    places : ndarray, shape (n, features)
        Of all lesions.
    regression : Regression
        On these.
    """

    def __init__(self, task: EnhancementTask, places: npt.NDArray[np.float64], regression: Regression) -> None:
        self._task, self._places, self._regression = task, places, regression

    def look(self, cases: Sequence[str], seed: int) -> Known:
        """See `Model`."""
        own = self._task.cases.rows_of(cases)
        places = [self._places[rows] for rows in own]
        answers = [self._regression.probabilities(each) for each in places]
        embeddings = np.stack([each.mean(axis=0) for each in places]).astype(np.float32)
        return Known(
            cases=tuple(cases),
            uncertainty=np.array([entropy(each).max() for each in answers], np.float32),
            classification=np.array([1 - margin(each).min() for each in answers], np.float32),
            embeddings=embeddings,
            clusters=clusters_of(embeddings, seed),
        )

    def score(self, cases: Sequence[str]) -> Score:
        """Balanced accuracy, with the sensitivity for each class."""
        rows = self._task.rows_of(cases)
        said = self._regression.probabilities(self._places[rows]).argmax(axis=1)
        true = np.array(self._task.cases.lesions.classes)[rows]
        return Score.balanced(said, true, NAMES)
