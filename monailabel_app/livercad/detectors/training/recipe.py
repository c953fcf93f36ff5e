"""The training of `lesion-detector-phantom`: voxels first, then candidates; what was done before is kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from livercad.detectors.features import FEATURES, features_of
from livercad.detectors.rescored import NAME
from livercad.detectors.scene import Mask
from livercad.detectors.scorer import CandidateScorer
from livercad.detectors.training.studies import Example, examples_of, phantom_arrays
from livercad.detectors.training.voxels import EPOCHS, draw_voxels, train_voxels
from livercad.detectors.voxels import VoxelNetwork, cut_out
from livercad.models.shipping import Trained
from livercad.phases.training.boosting import export_trees, grow_trees
from livercad.progress import Progress, part, silent
from livercad.studies.atomic import replacing

SEED = 88001
"""Of the training's patients; those of evaluations have others."""
PATIENTS, TREE_PATIENTS = 48, 48
"""For the voxel network, and of these for the trees."""
LESION_DICE, NO_LESION_DICE = 0.3, 0.1
"""A candidate that shares this much (Dice) with a true lesion is one; one that shares no more than the lower is none.
What lies between teaches nothing."""
FOLDS = 5

Arrays = dict[str, npt.NDArray[Any]]


def train_detector(
    work: Path,
    patients: int = PATIENTS,
    tree_patients: int = TREE_PATIENTS,
    *,
    epochs: int = EPOCHS,
    progress: Progress = silent,
) -> Trained:
    """Train the detector from phantoms.

    The voxel network is trained once on each half of the patients, and the candidates of the other half are cut out of
    what it says, so that the trees learn from patients whom no part of the detector has seen. The network that is kept
    is trained on all.

    Parameters
    ----------
    work : Path
        For phantoms and samples; a run that was stopped goes on where it was.
    patients : int
        How many phantoms.
    tree_patients : int
        How many of them the trees learn from.
    epochs : int
        Passes of the voxel network over its voxels.
    progress : Progress
        Told of every patient.

    Returns
    -------
    Trained
        Weights, and what cross-validation over patients says.
    """
    numbers = list(range(1, patients + 1))
    voxels = [
        _voxels_of(work, n, part(progress, 0.5 * i / patients, 0.5 * (i + 1) / patients)) for i, n in enumerate(numbers)
    ]
    judged = numbers[:tree_patients]
    halves: list[VoxelNetwork] = []
    if not all(_candidates_path(work, n).is_file() for n in judged):
        halves = [
            _network([one for n, one in zip(numbers, voxels, strict=True) if n % 2 != half], epochs) for half in (0, 1)
        ]
    rows = []
    for i, n in enumerate(judged):
        progress(0.5 + 0.4 * i / len(judged), 1.0, f"candidates of phantom {n}")
        rows.append(_candidates_of(work, n, halves))
    progress(0.9, 1.0, "trees")
    features = np.concatenate([row["features"] for row in rows])
    labels = np.concatenate([row["labels"] for row in rows])
    groups = np.repeat(judged, [len(row["labels"]) for row in rows])
    scorer, record = fit_scorer(features, labels, groups)
    network = _network(voxels, epochs)
    record = {
        "seed": SEED,
        "patients": patients,
        "tree_patients": len(judged),
        "voxels": int(sum(len(one["labels"]) for one in voxels)),
        "features": list(FEATURES),
        **record,
    }
    progress(1.0, 1.0, "done")
    return Trained(NAME, {**network.to_tensors(), **scorer.to_tensors()}, record)


def fit_scorer(
    features: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]
) -> tuple[CandidateScorer, dict[str, Any]]:
    """Grow trees, and calibrate them on patients that each fold leaves out.

    Parameters
    ----------
    features : ndarray, shape (n, len(FEATURES))
        Of all candidates.
    labels : ndarray of int, shape (n,)
        1 where a candidate is a lesion.
    groups : ndarray of int, shape (n,)
        Whose it is.

    Returns
    -------
    CandidateScorer
        Grown on all.
    dict
        Counts, and the area under the ROC curve over the folds.
    """
    from sklearn.metrics import roc_auc_score

    odds = np.zeros(len(labels))
    folds = min(FOLDS, len(np.unique(groups)))
    for number, (train, test) in enumerate(GroupKFold(folds).split(features, labels, groups)):
        odds[test] = _grow(features[train], labels[train], number).decision_function(features[test])
    platt = LogisticRegression(C=1e3).fit(odds[:, None], labels)
    trees = export_trees(_grow(features, labels, 0))
    record = {
        "candidates": len(labels),
        "lesions": int(labels.sum()),
        "auc": float(roc_auc_score(labels, odds)),
    }
    return CandidateScorer(trees, float(platt.coef_[0, 0]), float(platt.intercept_[0])), record


def _grow(
    features: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], seed: int
) -> HistGradientBoostingClassifier:
    """Grow trees; a feature that is nowhere known, which scikit-learn refuses, is one that never differs."""
    return grow_trees(np.where(np.isnan(features).all(axis=0), 0.0, features), labels, seed)


def label_of(region: Mask, truth: npt.NDArray[np.uint16]) -> int:
    """Tell whether a candidate is a lesion: 1, 0, or -1 where neither is sure."""
    numbers, shared = np.unique(truth[region & (truth > 0)], return_counts=True)
    dice = max(
        (2 * n / (region.sum() + (truth == number).sum()) for number, n in zip(numbers, shared, strict=True)),
        default=0.0,
    )
    return 1 if dice >= LESION_DICE else 0 if dice <= NO_LESION_DICE else -1


def training_examples(work: Path, number: int) -> tuple[list[Example], np.random.Generator]:
    """A phantom of the training as `examples_of` has it, and the generator that has drawn it."""
    rng = np.random.default_rng((SEED, number, 1))
    return examples_of(phantom_arrays(work / "studies" / f"{number:04}.npz", SEED, number), rng), rng


def _voxels_of(work: Path, number: int, progress: Progress) -> Arrays:
    path = work / "voxels" / f"{number:04}.npz"
    if not path.is_file():
        progress(0, 1, f"voxels of phantom {number}")
        examples, rng = training_examples(work, number)
        drawn = [draw_voxels(example, rng) for example in examples]
        seen, labels = (np.concatenate(each) for each in zip(*drawn, strict=True))
        _keep(path, {"seen": seen, "labels": labels})
    with np.load(path) as file:
        return dict(file)


def _network(voxels: Sequence[Arrays], epochs: int) -> VoxelNetwork:
    seen, labels = (np.concatenate([one[name] for one in voxels]) for name in ("seen", "labels"))
    return train_voxels(seen, labels, SEED, epochs)


def _candidates_path(work: Path, number: int) -> Path:
    return work / "candidates" / f"{number:04}.npz"


def _candidates_of(work: Path, number: int, halves: Sequence[VoxelNetwork]) -> Arrays:
    path = _candidates_path(work, number)
    if not path.is_file():
        network = halves[number % 2]
        rows, labels = [np.zeros((0, len(FEATURES)))], []
        for example in training_examples(work, number)[0]:
            probability = network.probability(example.scene)
            for region in cut_out(probability):
                label = label_of(region, example.truth)
                if label >= 0:
                    rows.append(features_of(example.scene, probability, region)[None])
                    labels.append(label)
        _keep(path, {"features": np.concatenate(rows), "labels": np.array(labels, np.int64)})
    with np.load(path) as file:
        return dict(file)


def _keep(path: Path, arrays: Arrays) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)
