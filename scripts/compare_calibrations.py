"""Compare ways to choose the lesion classifier's temperatures, by cross-validation over the patients who calibrate it.

    python scripts/compare_calibrations.py --work work/training/lesions

Prints the calibration error and the log loss of each way, averaged over all sets of phases. The test patients take no
part: they are for the way that was chosen.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from scipy.special import softmax
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold

from livercad.classification.calibration import all_sets, consistent_temperature, likeliest_temperature
from livercad.classification.classifier import NAME, LesionClassifier
from livercad.classification.examples import load_examples
from livercad.classification.recipe import CLASS_OF_TYPE, CLASSES, predict
from livercad.classification.training import HELD_OUT_PATIENTS, HELD_OUT_SEED
from livercad.cli.bar import progress_bar
from livercad.core.crops import PHASES
from livercad.evaluation.classes import expected_calibration_error
from livercad.models.version import base
from livercad.settings import Settings

FOLDS = 6
WAYS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "none": lambda logits, classes: 1.0,
    "likeliest": likeliest_temperature,
    "consistent": consistent_temperature,
}


def cross_fitted(
    way: Callable[[np.ndarray, np.ndarray], float], logits: np.ndarray, classes: np.ndarray, patients: np.ndarray
) -> np.ndarray:
    """Probabilities of lesions, shape (n, classes), by temperatures of the other folds' patients."""
    probabilities = np.empty(logits.shape)
    for others, own in GroupKFold(FOLDS).split(logits, classes, patients):
        probabilities[own] = softmax(logits[own] / way(logits[others], classes[others]), axis=1)
    return probabilities


def main() -> None:
    """Score every way on every set of phases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="work folder of the training; its lesions are reused")
    arguments = parser.parse_args()
    with progress_bar(Console(stderr=True)) as progress:
        examples = load_examples(arguments.work / "examples", HELD_OUT_SEED, HELD_OUT_PATIENTS, progress=progress)
    network = LesionClassifier(Settings(), base(NAME)).network
    outputs = [logits for logits, _ in predict(network, examples.squares, all_sets(len(PHASES)))]
    classes = CLASS_OF_TYPE[examples.types]
    print("| temperatures | ECE, mean over the sets | largest | log loss |\n|---|---|---|---|")
    for name, way in WAYS.items():
        found = [cross_fitted(way, logits, classes, examples.patients) for logits in outputs]
        errors = [expected_calibration_error(probabilities, classes) for probabilities in found]
        losses = [log_loss(classes, probabilities, labels=range(len(CLASSES))) for probabilities in found]
        print(f"| {name} | {np.mean(errors):.3f} | {max(errors):.3f} | {np.mean(losses):.3f} |")


if __name__ == "__main__":
    main()
