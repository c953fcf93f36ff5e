"""The recipe of `livercad train ultrasound` for malignancy, beside the paper's ways: it is told where the lesion is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from livercad.core.ultrasound import BENIGN, MALIGNANT, Question
from livercad.papers.qi2019.frozen.asked import Asked, Index, Truth
from livercad.progress import Progress, silent
from livercad.studies.ultrasound.collection import Collection
from livercad.ultrasound.backbone import Backbone, Extractor
from livercad.ultrasound.training.examples import Examples
from livercad.ultrasound.training.features import features_of
from livercad.ultrasound.training.fitting import fit
from livercad.ultrasound.training.run import views_of


def region_answers(
    collection: Collection,
    used: Index,
    truth: Truth,
    kind: Backbone,
    extractor: Extractor,
    weights: str,
    cache: Path,
    seed: int,
    progress: Progress = silent,
) -> npt.NDArray[np.float64]:
    """Learn and answer, in the folds of the other ways.

    Parameters
    ----------
    collection : Collection
        With the lesions.
    used : ndarray of int, shape (n,)
        Which of its images are compared.
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
    progress : Progress
        Told of every batch.

    Returns
    -------
    ndarray of float64, shape (n,)
        Probability of malignant, of the largest lesion of each image with one; NaN of the others.
    """
    asked = truth.rows(Asked.AMONG)
    marked = np.array([row for row in asked.tolist() if collection.listed[int(used[row])].lesions], np.int64)
    told = np.full(len(used), np.nan)
    if not len(marked):
        return told
    lesions = (collection.listed[int(row)].lesions for row in used[marked])
    circles = tuple(max((each.circle for each in own), key=lambda circle: circle.diameter) for own in lesions)
    classes, views = (BENIGN, MALIGNANT), views_of(kind, Question.MALIGNANT)
    labels, groups, folds = truth.malignant[marked], truth.groups[marked], truth.fold[marked]
    examples = Examples(Question.MALIGNANT, classes, used[marked], circles, labels, groups)
    features = features_of(collection, examples, views, extractor, weights, cache, progress)
    for fold in np.unique(folds):
        learnt, tested = folds != fold, folds == fold
        head = fit([each[learnt] for each in features], labels[learnt], groups[learnt], classes, views, seed).head
        told[marked[tested]] = head.probabilities([each[tested] for each in features])[:, 1]
    return told
