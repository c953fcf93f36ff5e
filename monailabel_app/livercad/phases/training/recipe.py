"""The recipe of the shipped model `phases-phantom`: from seeds to weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler

from livercad.classification.calibration import likeliest_temperature
from livercad.evaluation.classes import expected_calibration_error
from livercad.models.convert import content_sha256
from livercad.models.shipping import Trained
from livercad.phantom.code import phantom_code_hash
from livercad.phases.classifier import PhaseClassifier
from livercad.phases.finder import OrganFinder
from livercad.phases.organs import Organ
from livercad.phases.recognize import NAME, ORGANS_PREFIX
from livercad.phases.training.anatomies import TissueMap, hash_of, make_anatomies
from livercad.phases.training.boosting import export_trees, grow_trees
from livercad.phases.training.examples import Label, make_examples
from livercad.phases.training.organs import BATCH, draw_example, train_organs
from livercad.phases.training.views import draw_size
from livercad.progress import Progress, part, silent

TRAINING_SEED, HELD_OUT_SEED = 1, 2
"""Of the anatomies, and of what is drawn with them."""
VIEWS_FOR_DICE = 60
RANGE_PERCENTILES = (0.2, 99.8)
Array = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sizes:
    """How much of everything.

    Parameters
    ----------
    anatomies, held_out_anatomies : int
        Patients to train on, and to calibrate and test on.
    steps : int
        Of the organ network.
    patients, held_out_patients : int
        Examinations in four phases that the classifier is grown on; as many of the second kind calibrate as test.
    """

    anatomies: int = 240
    held_out_anatomies: int = 60
    steps: int = 2000
    patients: int = 600
    held_out_patients: int = 100


def train_phases(work: Path, sizes: Sizes | None = None, progress: Progress = silent) -> Trained:
    """Make the weights, or go on with what lies in the work folder.

    Parameters
    ----------
    work : Path
        Keeps anatomies, checkpoints and measurements, so that a stopped run goes on.
    sizes : Sizes, optional
        The shipped weights' own when not given.
    progress : Progress
        How far it is.

    Returns
    -------
    Trained
        Weights, and a record with what they score on held-out phantoms.
    """
    sizes = sizes or Sizes()
    maps = make_anatomies(work / "anatomies", TRAINING_SEED, sizes.anatomies, part(progress, 0, 0.1))
    held_out = make_anatomies(work / "anatomies", HELD_OUT_SEED, sizes.held_out_anatomies, part(progress, 0.1, 0.12))
    network = train_organs(maps, work / "organs.pt", TRAINING_SEED, sizes.steps, part(progress, 0.12, 0.7))
    organs = {name: tensor.half().numpy() for name, tensor in network.state_dict().items()}
    return finish(organs, maps, held_out, work, sizes, part(progress, 0.7, 1))


def finish(
    organs: dict[str, npt.NDArray[np.float16]],
    maps: list[TissueMap],
    held_out: list[TissueMap],
    work: Path,
    sizes: Sizes,
    progress: Progress = silent,
) -> Trained:
    """Grow the classifier on what a trained organ network sees, and score both.

    Parameters
    ----------
    organs : dict of str to ndarray
        State of the `OrganUNet` as it is shipped.
    maps, held_out : list of ndarray
        Anatomies.
    work : Path
        Keeps the measurements.
    sizes : Sizes
        How many.
    progress : Progress
        How far it is.

    Returns
    -------
    Trained
        The model.
    """
    label = finder_of(organs).label
    code = phantom_code_hash("livercad.phases.features", "livercad.phases.training")
    folder = work / f"examples-{content_sha256(organs)[:12]}-{code}"
    features, phases = make_examples(maps, label, folder, TRAINING_SEED, sizes.patients, part(progress, 0, 0.6))
    check, truth = make_examples(
        held_out, label, folder, HELD_OUT_SEED, 2 * sizes.held_out_patients, part(progress, 0.6, 0.95)
    )
    half = 4 * sizes.held_out_patients
    classifier, scores = fit_classifier((features, phases), (check[:half], truth[:half]), (check[half:], truth[half:]))
    record = {
        "recipe": "scripts/train_models.py phases",
        "sizes": asdict(sizes),
        "seeds": {"training": TRAINING_SEED, "held out": HELD_OUT_SEED},
        "organ network": {"batch": BATCH, "dice on held-out phantoms": organ_dice(label, held_out)},
        "sha256 of the anatomies": {"training": hash_of(maps), "held out": hash_of(held_out)},
        "classifier on held-out phantoms": scores,
    }
    progress(1, 1, "phase classifier")
    tensors = {f"{ORGANS_PREFIX}{name}": tensor for name, tensor in organs.items()} | classifier.to_tensors()
    return Trained(NAME, tensors, record)


def finder_of(organs: dict[str, npt.NDArray[np.float16]]) -> OrganFinder:
    """The organ network on whatever runs it best here."""
    import torch

    return OrganFinder({name: torch.from_numpy(tensor) for name, tensor in organs.items()}, "auto")


def fit_classifier(
    training: tuple[Array, Classes], calibration: tuple[Array, Classes], test: tuple[Array, Classes]
) -> tuple[PhaseClassifier, dict[str, Any]]:
    """Grow the trees, calibrate them, and set them beside a small neural network.

    Parameters
    ----------
    training, calibration, test : tuple of ndarray
        Features, shape (n, features), and phases, shape (n,), of different patients.

    Returns
    -------
    PhaseClassifier
        Ready to use.
    dict
        Scores on the test patients, of the trees and of the neural network.
    """
    features, phases = training
    # What was never seen, as an organ network hardly trained has it, is a constant: scikit-learn takes no empty column.
    features = np.where(np.isfinite(features).any(axis=0), features, 0.0)
    trees = export_trees(grow_trees(features, phases, TRAINING_SEED))
    lowest, highest = np.nanpercentile(features, RANGE_PERCENTILES, axis=0)
    temperature = likeliest_temperature(trees.scores(calibration[0]), calibration[1])
    classifier = PhaseClassifier(trees, temperature, lowest, highest)
    network = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        RobustScaler(quantile_range=(10, 90)),
        MLPClassifier((64, 32), alpha=1e-2, max_iter=120, early_stopping=True, random_state=TRAINING_SEED),
    ).fit(features, phases)
    found = classifier.probabilities(test[0])
    confident = found.max(axis=1)
    right = found.argmax(axis=1) == test[1]
    return classifier, {
        "examples": len(test[1]),
        "accuracy": float(right.mean()),
        "accuracy of a neural network (64, 32) instead": float(network.score(*test)),
        "expected calibration error": expected_calibration_error(found, test[1]),
        "before calibration": expected_calibration_error(
            PhaseClassifier(trees, 1.0, lowest, highest).probabilities(test[0]), test[1]
        ),
        "temperature": temperature,
        "by confidence": {
            f"{low:.1f} to {low + 0.1:.1f}": [int(inside.sum()), float(right[inside].mean())]
            for low in np.arange(0.3, 1.0, 0.1)
            if (inside := (confident >= low) & (confident < low + 0.1 + 1e-9 * (low > 0.85))).any()
        },
    }


def organ_dice(label: Label, maps: list[TissueMap]) -> dict[str, float]:
    """Dice of every organ over views of held-out patients, with contrasts as in training."""
    overlap, total = np.zeros(len(Organ)), np.zeros(len(Organ))
    for number in range(VIEWS_FOR_DICE):
        rng = np.random.default_rng((HELD_OUT_SEED, number))
        image, truth = draw_example(maps[number % len(maps)], draw_size(rng), rng)
        found = label(image)
        for organ in Organ:
            overlap[organ] += ((found == organ) & (truth == organ)).sum()
            total[organ] += (found == organ).sum() + (truth == organ).sum()
    return {organ.name.lower(): float(2 * overlap[organ] / total[organ]) for organ in Organ if organ and total[organ]}
