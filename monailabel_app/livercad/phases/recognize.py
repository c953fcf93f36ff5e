"""The contrast phase of a CT volume, told from its image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from safetensors import safe_open

from livercad.core.findings import ModelUsed
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.models.champions import champion
from livercad.phases.classifier import PHASES, PhaseClassifier
from livercad.phases.features import MEASURES, features_of, measure_organs
from livercad.phases.finder import OrganFinder
from livercad.progress import Progress, silent
from livercad.settings import Settings

NAME = "phases-phantom"
ORGANS_PREFIX = "organs."
"""Of the organ network's tensors in the file of weights; the classifier's have none."""
SURE_PROBABILITY = 0.7
"""Below it a guess is unsure. Of held-out phantoms seen in part, guesses below were right in about half of the cases,
guesses above in 97 of 100 (`by confidence` in the record beside the weights)."""
LEAST_ORGANS = 3
"""Fewer organs than this, muscle not counted, are a view too narrow to tell a phase by, or no abdomen at all."""
REPORTED = tuple(organ for organ in MEASURES if organ != "whole_kidney")
"""Organs whose median HU is given."""
STRANGE_SHARE = 0.1
"""More features outside the range of all phantoms than this: not an image like those the classifier knows."""
LARGEST_LIVER_SPREAD_HU = 80.0
"""From the liver's first to its third quartile, at 4 mm: twice what much noise and many lesions make of it. More is no
liver, or no image."""


@dataclass(frozen=True)
class PhaseGuess:
    """What the image says about its phase.

    Parameters
    ----------
    probabilities : dict of Phase to float
        Calibrated on phantoms; they add up to 1.
    is_unsure : bool
        Whether the image does not tell the phase: too little is seen, it is unlike what the classifier knows, or no
        phase is probable enough.
    organ_hu : dict of str to float
        Median HU of the organs found.
    """

    probabilities: dict[Phase, float]
    is_unsure: bool
    organ_hu: dict[str, float]

    @property
    def phase(self) -> Phase:
        """The most probable phase."""
        return max(self.probabilities, key=lambda phase: self.probabilities[phase])


class PhaseRecognizer:
    """Recognises phases with the shipped model `phases-phantom`.

    Parameters
    ----------
    settings : Settings
        `device` says where the organ network runs.

    Raises
    ------
    ModelError
        If the shipped weights are missing or damaged.
    """

    def __init__(self, settings: Settings) -> None:
        weights = champion(NAME)
        with safe_open(weights.path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, it is no dict
        organs = {n.removeprefix(ORGANS_PREFIX): t for n, t in tensors.items() if n.startswith(ORGANS_PREFIX)}
        rest = {name: tensor.numpy() for name, tensor in tensors.items() if not name.startswith(ORGANS_PREFIX)}
        self._find_organs = OrganFinder(organs, settings.device)
        self._classifier = PhaseClassifier.from_tensors(rest)
        self.model: ModelUsed = weights.used(self._find_organs.runtime)

    def liver_features(self, ct: Volume, liver: Volume) -> npt.NDArray[np.float32]:
        """Tell where the organ network places a liver among others, see `livercad.phases.embedding`.

        Parameters
        ----------
        ct : Volume
            CT in HU, on any grid.
        liver : Volume
            Mask on the same grid, not empty.

        Returns
        -------
        ndarray of float32, shape (channels,)
            The same for the same image; two livers that look alike have similar ones.
        """
        return self._find_organs.liver_features(ct, liver)

    def __call__(self, ct: Volume, liver: Volume | None = None, progress: Progress = silent) -> PhaseGuess:
        """Recognise the phase.

        Parameters
        ----------
        ct : Volume
            CT in HU, on any grid.
        liver : Volume, optional
            Mask of the liver on the same grid; without it the liver is what the organ network takes for it.
        progress : Progress
            How far it is.

        Returns
        -------
        PhaseGuess
            Probabilities, whether they are to be relied on, and the organs' HU.
        """
        progress(0, 1, "recognising the phase")
        seen = self._find_organs(ct, liver)
        measured = measure_organs(seen.image, seen.labels, seen.liver)
        features = features_of(measured)[None]
        probabilities = self._classifier.probabilities(features)[0]
        organ_hu = {organ: measured[f"{organ}_50"] for organ in REPORTED if f"{organ}_50" in measured}
        unsure = (
            len(organ_hu.keys() - {"muscle", "kidney"}) < LEAST_ORGANS
            or bool(self._classifier.strange(features)[0] > STRANGE_SHARE)
            or measured.get("liver_75", 0.0) - measured.get("liver_25", 0.0) > LARGEST_LIVER_SPREAD_HU
            or bool(np.max(probabilities) < SURE_PROBABILITY)
        )
        progress(1, 1, "recognising the phase")
        return PhaseGuess(dict(zip(PHASES, map(float, probabilities), strict=True)), unsure, organ_hu)
