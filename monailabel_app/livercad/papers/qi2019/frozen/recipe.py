"""The recipe of `livercad train ultrasound` beside the paper's ways, in their folds."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from livercad.core.circle import Circle
from livercad.core.ultrasound import BENIGN, MALIGNANT, MASSES, Question
from livercad.papers.qi2019.asked import Asked, Index, Truth
from livercad.progress import Progress, silent
from livercad.studies.ultrasound.collection import Collection
from livercad.ultrasound.backbone import Backbone, Extractor
from livercad.ultrasound.training.examples import Examples
from livercad.ultrasound.training.features import features_of
from livercad.ultrasound.training.fitting import fit_likeliest
from livercad.ultrasound.training.run import views_of


class Recipe(NamedTuple):
    """What it needs for every question.

    Parameters
    ----------
    collection : Collection
        Images, with their lesions.
    used : ndarray of int, shape (n,)
        Which of them are compared.
    truth : Truth
        Of those.
    kind : Backbone
        Which network.
    extractor : Extractor
        Runs it.
    weights : str
        Hash of its weights.
    cache : Path
        Folder for features.
    seed : int
        As of `Learning`.
    """

    collection: Collection
    used: Index
    truth: Truth
    kind: Backbone
    extractor: Extractor
    weights: str
    cache: Path
    seed: int

    def malignant(self, progress: Progress = silent) -> npt.NDArray[np.float64]:
        """Tell malignant lesions from benign ones by squares around them.

        Parameters
        ----------
        progress : Progress
            Told of every batch.

        Returns
        -------
        ndarray of float64, shape (n,)
            Probability of malignant, of the largest marked lesion of each image with one; NaN of the others.
        """
        asked = self.truth.rows(Asked.AMONG)
        marked = np.array([row for row in asked.tolist() if self._lesions(row)], np.int64)
        circles = tuple(max(self._lesions(row), key=lambda circle: circle.diameter) for row in marked.tolist())
        return self._answers(Question.MALIGNANT, (BENIGN, MALIGNANT), marked, circles, self.truth.malignant, progress)

    def mass(self, progress: Progress = silent) -> npt.NDArray[np.float64]:
        """Tell images with a mass from those without by what lies within the probe's sector.

        Parameters
        ----------
        progress : Progress
            Told of every batch.

        Returns
        -------
        ndarray of float64, shape (n,)
            Probability of a mass. The truth has to be that of `SecondQuestion.MASS`.
        """
        rows = np.arange(len(self.used))
        return self._answers(Question.MASS, MASSES, rows, (None,) * len(rows), self.truth.second, progress)

    def _lesions(self, row: int) -> list[Circle]:
        return [lesion.circle for lesion in self.collection.listed[int(self.used[row])].lesions]

    def _answers(
        self,
        question: Question,
        classes: tuple[str, ...],
        rows: Index,
        circles: tuple[Circle | None, ...],
        truth: Index,
        progress: Progress,
    ) -> npt.NDArray[np.float64]:
        told = np.full(len(self.used), np.nan)
        if not len(rows):
            return told
        labels, groups, folds = truth[rows], self.truth.groups[rows], self.truth.fold[rows]
        examples = Examples(question, classes, self.used[rows], circles, labels, groups)
        views = views_of(self.kind, question)
        features = features_of(self.collection, examples, views, self.extractor, self.weights, self.cache, progress)
        for fold in np.unique(folds):
            learnt, tested = folds != fold, folds == fold
            own = [each[learnt] for each in features]
            head = fit_likeliest(own, labels[learnt], groups[learnt], classes, views, self.seed).head
            seen = [features[views.index(view)][tested] for view in head.views]
            told[rows[tested]] = head.probabilities(seen)[:, 1]
        return told
