"""The classifier in use: lesions in, classes with probabilities out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file

from livercad.classification.calibration import Calibration
from livercad.classification.doubts import ClassDoubt, doubt_of
from livercad.classification.recipe import CLASSES, new_network
from livercad.classification.saliency import classify_and_explain
from livercad.classification.scaling import to_network
from livercad.classification.views import LesionView
from livercad.core.crops import PHASES, crops_of, side_mm
from livercad.core.diameters import SMALLEST_MEASURABLE_MM
from livercad.core.lesion import Classification, Lesion
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.models.champions import champion
from livercad.models.version import ModelVersion
from livercad.progress import Progress, silent
from livercad.settings import Settings

NAME = "lesion-classes-phantom"
SURE_PROBABILITY = 0.6
"""Below this the label is unsure: calibrated, it would be wrong in two of five lesions. Our choice."""
CALIBRATION_PREFIX, NETWORK_PREFIX = "calibration.", "network."


@dataclass(frozen=True)
class Classified:
    """One lesion's class and what led to it.

    Parameters
    ----------
    classification : Classification
        For the Findings.
    view : LesionView
        For the report.
    """

    classification: Classification
    view: LesionView


class LesionClassifier:
    """Tells what lesions are, with the network `lesion-classes-phantom`.

    It is small enough for a CPU: 20 lesions take a second, so `Settings.device` does not matter.

    Parameters
    ----------
    settings : Settings
        As the other predictors take them.
    weights : ModelVersion, optional
        The version; the champion where not given.

    Raises
    ------
    ModelError
        If the model is missing or its weights are damaged.
    """

    def __init__(self, settings: Settings, weights: ModelVersion | None = None) -> None:
        weights = weights or champion(NAME)
        tensors = load_file(weights.path)
        self.network = new_network()
        self.network.load_state_dict(_part(tensors, NETWORK_PREFIX))
        self.network.eval().requires_grad_(False)
        fitted = {name: tensor.double().numpy() for name, tensor in _part(tensors, CALIBRATION_PREFIX).items()}
        self.calibration = Calibration(
            fitted["temperatures"], fitted["means"], fitted["precision"], float(fitted["far"])
        )
        self.model = weights.used("torch cpu fp32")

    def __call__(
        self, images: Mapping[Phase, Volume], lesions: Sequence[Lesion], progress: Progress = silent
    ) -> dict[int, Classified]:
        """Classify the lesions of a study.

        Parameters
        ----------
        images : mapping of Phase to Volume
            HU, laid over each other.
        lesions : sequence of Lesion
            Their centres, diameters and numbers are used.
        progress : Progress
            Told of every lesion; may raise Cancelled.

        Returns
        -------
        dict of int to Classified
            By `Lesion.number`; without lesions that no phase shows.
        """
        classified = {}
        for done, lesion in enumerate(lesions):
            progress(done, len(lesions), "classes")
            crops, present = crops_of(images, lesion.center, lesion.diameter_mm)
            if present.any():
                classified[lesion.number] = self._classify(crops, present, lesion)
        return classified

    def doubts(self, images: Mapping[Phase, Volume], lesions: Sequence[Lesion]) -> dict[int, ClassDoubt]:
        """Tell how unsure the network is of the lesions' classes.

        Parameters
        ----------
        images : mapping of Phase to Volume
            HU, laid over each other.
        lesions : sequence of Lesion
            Their centres, diameters and numbers are used.

        Returns
        -------
        dict of int to ClassDoubt
            By `Lesion.number`; without lesions that no phase shows.
        """
        doubts = {}
        for lesion in lesions:
            crops, present = crops_of(images, lesion.center, lesion.diameter_mm)
            if present.any():
                doubts[lesion.number] = doubt_of(self.network, self.calibration, to_network(crops), present)
        return doubts

    def _classify(self, crops: npt.NDArray[np.float32], present: npt.NDArray[np.bool_], lesion: Lesion) -> Classified:
        shown = torch.from_numpy(present)[None]
        output, saliency = classify_and_explain(self.network, torch.from_numpy(to_network(crops))[None], shown)
        (probabilities,) = self.calibration.probabilities(output.logits.numpy(), present)
        (distance,) = self.calibration.distances(output.features.numpy())
        best = int(np.argmax(probabilities))
        seen = [n for n, _ in enumerate(PHASES) if present[n]]
        reason = self._why_unsure(float(probabilities[best]), float(distance), lesion.diameter_mm)
        classification = Classification(
            label=CLASSES[best],
            probabilities={str(kind): float(p) for kind, p in zip(CLASSES, probabilities, strict=True)},
            malignancy=float(sum(p for kind, p in zip(CLASSES, probabilities, strict=True) if kind.is_malignant)),
            is_unsure=bool(reason),
            reason=reason,
            phases=tuple(PHASES[n] for n in seen),
            attention={str(PHASES[n]): float(output.attention[0, n]) for n in seen},
        )
        view = LesionView(
            crops={PHASES[n]: crops[n] for n in seen},
            saliency={PHASES[n]: saliency[0, n] for n in seen},
            center=lesion.center,
            side_mm=side_mm(lesion.diameter_mm),
        )
        return Classified(classification, view)

    def _why_unsure(self, probability: float, distance: float, diameter_mm: float) -> str:
        reasons = []
        if probability < SURE_PROBABILITY:
            reasons.append(f"the most probable class has a probability of {probability:.2f} only")
        if diameter_mm < SMALLEST_MEASURABLE_MM:
            reasons.append(f"it is smaller than {SMALLEST_MEASURABLE_MM:g} mm")
        if distance > self.calibration.far:
            reasons.append(f"it is unlike what was learnt (distance {distance:.1f}, limit {self.calibration.far:.1f})")
        return "; ".join(reasons)


def _part(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
