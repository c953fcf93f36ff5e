"""The shipped classifier from beginning to end: examples, training, calibration, record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from livercad.classification.calibration import Calibration, all_sets, calibrate
from livercad.classification.classifier import CALIBRATION_PREFIX, NAME, NETWORK_PREFIX
from livercad.classification.examples import LesionExamples, load_examples
from livercad.classification.recipe import CLASS_OF_TYPE, Recipe, fingerprint, predict, train
from livercad.core.crops import PHASES
from livercad.models.shipping import Trained
from livercad.networks.phase_fusion import PhaseFusionNet
from livercad.progress import Progress, part, silent

TRAINING_SEED, HELD_OUT_SEED, TEST_SEED = 101, 102, 103
"""Three lots of patients who share nothing: to learn from, to calibrate with, to test on."""
TRAINING_PATIENTS, HELD_OUT_PATIENTS, TEST_PATIENTS = 300, 240, 240


def train_lesions(work: Path, recipe: Recipe | None = None, progress: Progress = silent) -> Trained:
    """Train the classifier that comes with LiverCAD, or go on where an interrupted run stopped.

    Parameters
    ----------
    work : Path
        Keeps phantom lesions and checkpoint.
    recipe : Recipe, optional
        The default one where not given.
    progress : Progress
        Told of every patient and every step; may raise Cancelled.

    Returns
    -------
    Trained
        Network and calibration, with the record of how they were made.
    """
    recipe = recipe or Recipe()
    folder = work / "examples"
    examples = load_examples(folder, TRAINING_SEED, TRAINING_PATIENTS, progress=part(progress, 0, 0.45))
    held_out = load_examples(folder, HELD_OUT_SEED, HELD_OUT_PATIENTS, progress=part(progress, 0.45, 0.5))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = train(examples, recipe, work / "checkpoint.pt", device, part(progress, 0.5, 1)).cpu()
    fitted = fit_calibration(network, examples, held_out)
    record = {
        "seeds": {"training": TRAINING_SEED, "held_out": HELD_OUT_SEED, "recipe": recipe.seed},
        "lesions": {"training": len(examples.types), "held_out": len(held_out.types)},
        "data_sha256": fingerprint(examples, recipe),
        "steps": recipe.steps,
        "batch": recipe.batch,
        "temperatures": fitted.temperatures.tolist(),
    }
    return Trained(NAME, tensors_of(network, fitted), record)


def fit_calibration(network: PhaseFusionNet, examples: LesionExamples, held_out: LesionExamples) -> Calibration:
    """Calibrate a network over all sets of phases, since any may come.

    Parameters
    ----------
    network : PhaseFusionNet
        Trained, in evaluation mode.
    examples : LesionExamples
        What it learnt from.
    held_out : LesionExamples
        Other patients.

    Returns
    -------
    Calibration
        A temperature for each set of phases, one limit for all.
    """
    learnt = [features for _, features in predict(network, examples.squares, _SOME_SETS)]
    outputs = predict(network, held_out.squares, all_sets(len(PHASES)))
    seen = (np.concatenate(learnt), np.tile(CLASS_OF_TYPE[examples.types], len(learnt)))
    return calibrate(seen, outputs, CLASS_OF_TYPE[held_out.types])


_SOME_SETS = [shown for shown in all_sets(len(PHASES)) if shown.sum() in (1, 3, 4)]
"""For the features' means: sets of two lie between these."""


def tensors_of(network: PhaseFusionNet, calibration: Calibration) -> dict[str, npt.NDArray[np.generic]]:
    """Everything that the classifier loads, by name."""
    weights = {NETWORK_PREFIX + name: tensor.numpy() for name, tensor in network.state_dict().items()}
    fitted: dict[str, Any] = {
        "temperatures": calibration.temperatures,
        "means": calibration.means,
        "precision": calibration.precision,
        "far": calibration.far,
    }
    return weights | {CALIBRATION_PREFIX + name: np.asarray(value, np.float32) for name, value in fitted.items()}
