"""The exchangeable parts of the pipeline: predictors, or stand-ins for them in a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from livercad.core.findings import ModelUsed
from livercad.core.lesion import Lesion
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.detection.components import LesionsFound
from livercad.detection.matching import Matched
from livercad.progress import Progress, silent
from livercad.registration.align import Aligned

if TYPE_CHECKING:  # they load torch
    from livercad.classification.classifier import Classified
    from livercad.classification.doubts import ClassDoubt
    from livercad.phases.recognize import PhaseGuess


class LiverFinder(Protocol):
    """Finds the liver."""

    model: ModelUsed

    def __call__(self, ct: Volume, progress: Progress = silent) -> Volume:
        """Return a mask (uint8) on the grid of `ct`; raise ImageContentError where there is no liver."""


class LesionFinder(Protocol):
    """Finds the lesions of a liver that is known."""

    model: ModelUsed

    def __call__(self, ct: Volume, liver: Volume, progress: Progress = silent) -> LesionsFound:
        """Return lesions on the grid of `ct`."""

    def uncertainty(self, ct: Volume, liver: Volume, progress: Progress = silent) -> float:
        """Return how unsure it is of the lesions; 0 is sure."""


class LesionDetector(Protocol):
    """Decides which lesions a study has, looking at all phases at once."""

    model: ModelUsed

    def __call__(
        self, images: Mapping[Phase, Volume], liver: Volume, found: Matched, progress: Progress = silent
    ) -> Matched:
        """Return the lesions of a study, from images in HU that all lie on the grid of what was found so far."""


class PhaseFinder(Protocol):
    """Recognises the phase that a volume was taken in."""

    model: ModelUsed

    def __call__(self, ct: Volume, liver: Volume | None, progress: Progress = silent) -> PhaseGuess:
        """Return how probable each phase is."""

    def liver_features(self, ct: Volume, liver: Volume) -> npt.NDArray[np.float32]:
        """Return where the liver stands among others, shape (channels,)."""


class Aligner(Protocol):
    """Lays a phase over the reference phase."""

    def __call__(
        self, moving: Volume, moving_liver: Volume, fixed: Volume, fixed_liver: Volume, progress: Progress = silent
    ) -> Aligned:
        """Return the moving image on the grid of the fixed one, and how well both agree."""


class Classifier(Protocol):
    """Tells what kinds of lesions there are."""

    model: ModelUsed

    def __call__(
        self, images: Mapping[Phase, Volume], lesions: Sequence[Lesion], progress: Progress = silent
    ) -> Mapping[int, Classified]:
        """Classify lesions, by their number, from images in HU that all lie on one grid."""

    def doubts(self, images: Mapping[Phase, Volume], lesions: Sequence[Lesion]) -> Mapping[int, ClassDoubt]:
        """Return how unsure it is of the class of each lesion."""
