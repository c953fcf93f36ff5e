"""What can be asked about an ultrasound image, whoever has trained it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from livercad.core.circle import Circle
from livercad.core.findings import ModelUsed
from livercad.core.ultrasound import Probabilities


class Answer(NamedTuple):
    """What a model says.

    Parameters
    ----------
    probabilities : dict of str to dict of str to float
        By question and class; those of a question add up to 1.
    saliency : ndarray of float32, shape (rows, columns)
        On the image's own grid: how much each pixel spoke for the more probable class of the first question, in
        [0, 1], the strongest 1; 0 where the model did not look.
    """

    probabilities: Probabilities
    saliency: npt.NDArray[np.float32]


class UltrasoundModel(Protocol):
    """A trained model of ultrasound images."""

    @property
    def used(self) -> ModelUsed:
        """Which model this is, for the findings."""

    @property
    def title(self) -> str:
        """For people, on a line of a report."""

    @property
    def trained_on(self) -> str:
        """Data, in words: shown beside every answer."""

    @property
    def learnt_from_phantoms(self) -> bool:
        """Whether it has learnt from phantoms alone, and so knows nothing of patients; False where nobody tells."""

    @property
    def learnt_images(self) -> frozenset[str] | None:
        """SHA-256 of the files that it has learnt from; None where its record does not name them."""

    @property
    def needs_circle(self) -> bool:
        """Whether it has nothing to say of an image as a whole."""

    @property
    def takes_circle(self) -> bool:
        """Whether it has something to say of a lesion inside a circle; one that needs circles has.

        A model may do both: without a circle it answers some of its questions, with one the others.
        """

    @property
    def questions(self) -> Mapping[str, tuple[str, ...]]:
        """Classes by question (`livercad.core.ultrasound.Question`), the main question first.

        All that it answers, with a circle or without.
        """

    def __call__(self, image: npt.NDArray[np.uint8], circle: Circle | None) -> Answer:
        """Ask.

        Parameters
        ----------
        image : ndarray of uint8, shape (rows, columns)
            Grey values as displayed.
        circle : Circle or None
            Around the lesion, in pixels of the image; None asks about the image as a whole. A model that does not take
            one does not look at it.

        Returns
        -------
        Answer
            Of the lesion or the image: the questions that have an answer there.

        Raises
        ------
        ValueError
            If it needs a circle and gets none.
        """


@runtime_checkable
class LooksAtSquare(Protocol):
    """A model that sees a square around the lesion and nothing else (`livercad.core.circle.Circle.square`)."""

    @property
    def ratio(self) -> float:
        """D / L."""

    @property
    def smallest(self) -> float:
        """Pixels of the image along the square's side, at least."""


@runtime_checkable
class LooksAtSquares(Protocol):
    """A model that sees several squares around the lesion, and perhaps the whole image too."""

    @property
    def ratios(self) -> tuple[float, ...]:
        """D / L of each square around a lesion; empty where it is asked about no lesion."""

    @property
    def smallest(self) -> float:
        """Pixels of the image along each square's side, at least."""
