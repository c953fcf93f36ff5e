"""What one analysis says about the ultrasound images of one case: the modality's own kind of Findings.

Places on an image are (column, row) in pixels, see `livercad.core.circle`: a picture has no place in a patient.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from livercad.core.circle import Circle
from livercad.core.findings import DISCLAIMER, ModelUsed
from livercad.core.plain import from_versioned, to_plain
from livercad.core.taxonomy import CLASS_OF, LesionType

SCHEMA_VERSION = "1.0"
"""Changes in its first number when an older reader would misread a newer file."""

NORMAL = frozenset(("normal", "no mass", "none"))
"""Words of tables for an image without any lesion."""
PLACES = "column, row in pixels; 0 is the middle of the first pixel, top left"
"""The frame of circles, see `livercad.core.circle`."""
MODALITY = "US"
"""As DICOM calls it (PS3.3, C.7.3.1.1.1)."""

PHANTOM_CAUTION = (
    "This model has learnt from phantoms alone and knows nothing of patients. On images of patients its answers and "
    "their probabilities, however sure they look, tell little or nothing."
)
"""Shown above answers of such a model."""

Probabilities = dict[str, dict[str, float]]
"""By question, then by class; those of a question add up to 1."""
MASSES = ("no mass", "mass")
BENIGN, MALIGNANT = "benign", "malignant"
IS_MALIGNANT: Mapping[str, bool] = {
    BENIGN: False,
    MALIGNANT: True,
    **{kind.value: CLASS_OF[kind].is_malignant for kind in LesionType},
}
"""Whether a class of lesions is cancer, by the words of tables: those of BUSI and AUL, and the types of liver lesions.
Of others nobody knows."""


class Question(StrEnum):
    """What a model can be asked about an image, or about a lesion on it."""

    MASS = "mass"
    SOLID = "solid"
    """A solid nodule: a mass that is no cyst (Qi 2019, section 4.2)."""
    MALIGNANT = "malignant"
    TYPE = "type"


SQUARE_TO = 0.02
"""Our choice: a diameter of 50 mm is told within one, as readers measure it."""
OF_ANY_VIEW = (Question.MASS, Question.SOLID)
"""Questions that one view answers for the whole case: who has a mass has it also where other views miss it."""


class Doubt(StrEnum):
    """Why an answer may be less reliable than it looks."""

    NO_CIRCLE = "no_circle"
    EMPTY = "empty"
    """There is hardly anything to see."""
    COLOURED = "coloured"
    STRETCHED = "stretched"
    """Pixels are longer along one side, so that a disc is seen as an ellipse."""
    SMALL_LESION = "small_lesion"
    OUTSIDE = "outside"
    CONTRADICTION = "contradiction"
    """A lesion is marked where the model sees no mass."""
    DISAGREEMENT = "disagreement"
    UNREADABLE = "unreadable"
    """An image of the case, or a circle on it, could not be used; the others were."""


def has_square_pixels(spacing_mm: tuple[float, float]) -> bool:
    """Whether an image's pixels are alike along both of their sides.

    Parameters
    ----------
    spacing_mm : tuple of float
        From row to row and from column to column.

    Returns
    -------
    bool
        To within `SQUARE_TO`.
    """
    return abs(spacing_mm[0] - spacing_mm[1]) <= SQUARE_TO * max(spacing_mm)


@dataclass(frozen=True)
class UltrasoundWarning:
    """One reason for caution.

    Parameters
    ----------
    code : Doubt
        For programs.
    message : str
        For people, with the numbers and the image's name.
    """

    code: Doubt
    message: str


@dataclass(frozen=True)
class ImageRead:
    """One image that was read.

    Parameters
    ----------
    name : str
        Unlike that of any other image of the case.
    source : str
        The file.
    frame : int
        Of a clip, from 1.
    shape : tuple of int
        Rows, columns.
    spacing_mm : tuple of float or None
        From row to row and from column to column, where the file tells.
    sha256 : str
        Of the file.
    learnt_from : bool or None
        Whether the model has learnt from this very file; None where its record does not tell.
    """

    name: str
    source: str
    frame: int
    shape: tuple[int, int]
    spacing_mm: tuple[float, float] | None
    sha256: str
    learnt_from: bool | None = None


@dataclass(frozen=True)
class Opinion:
    """What a model says about one lesion on one image, or about the image as a whole.

    Parameters
    ----------
    image : str
        Name of the image.
    circle : Circle or None
        Around the lesion, in pixels of that image; None where the whole image was looked at.
    probabilities : dict of str to dict of str to float
        By question (`Question`) and class.
    """

    image: str
    circle: Circle | None
    probabilities: Probabilities


@dataclass(frozen=True)
class UltrasoundFindings:
    """Everything one analysis says about the images of one case.

    Parameters
    ----------
    case : str
        One patient's examination; the server's image id.
    images : tuple of ImageRead
        The images read, in their order.
    opinions : tuple of Opinion
        In the order of the images.
    probabilities : dict of str to dict of str to float
        Of the case, by question and class, as `mean_probabilities` has them.
    warnings : tuple of UltrasoundWarning
        Reasons for caution.
    models : tuple of ModelUsed
        What was asked.
    livercad_version : str
        Version of this software.
    timings_s : dict of str to float
        Seconds that each step took.
    learnt_from_phantoms : bool
        Whether the model has learnt from phantoms alone: `PHANTOM_CAUTION` belongs to all that it says.
    modality : str
        `MODALITY`.
    places : str
        `PLACES`: what the centres of circles mean; diameters are in pixels.
    schema_version : str
        `SCHEMA_VERSION` at the time of writing.
    disclaimer : str
        Shown wherever a result is shown.
    """

    case: str
    images: tuple[ImageRead, ...]
    opinions: tuple[Opinion, ...]
    probabilities: Probabilities
    warnings: tuple[UltrasoundWarning, ...]
    models: tuple[ModelUsed, ...]
    livercad_version: str
    timings_s: dict[str, float] = field(default_factory=dict)
    learnt_from_phantoms: bool = False
    modality: str = MODALITY
    places: str = PLACES
    schema_version: str = SCHEMA_VERSION
    disclaimer: str = DISCLAIMER

    def to_dict(self) -> dict[str, Any]:
        """Everything as dicts, lists, strings and numbers, ready for JSON."""
        return typing.cast(dict[str, Any], to_plain(self))

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> UltrasoundFindings:
        """Read what `to_dict` wrote.

        Parameters
        ----------
        data : dict
            Parsed JSON.

        Returns
        -------
        UltrasoundFindings
            Equal to what was written.

        Raises
        ------
        ValueError
            If the schema's first number is another, or a field is missing or of the wrong type, or unknown and not
            of a newer schema.
        """
        return typing.cast(UltrasoundFindings, from_versioned(cls, data, SCHEMA_VERSION, "ultrasound findings"))


def mean_probabilities(opinions: Iterable[Opinion]) -> Probabilities:
    """A case's probabilities: the mean over its opinions (Yamakawa 2020, section 2.6), but of a mass the surest one.

    The paper averages what networks say of one lesion's images. Whether there is a mass (`OF_ANY_VIEW`) is asked about
    views of which most need not show it: the mean would follow from how many are taken beside it.

    Parameters
    ----------
    opinions : iterable of Opinion
        Of one case. A question counts those that answer it.

    Returns
    -------
    dict of str to dict of str to float
        By question and class, in the order in which they first occur; empty without opinions. Of `OF_ANY_VIEW` those of
        the opinion with the highest probability of yes, the last class.

    Raises
    ------
    ValueError
        If a question is answered in different classes.
    """
    answers: dict[str, list[dict[str, float]]] = {}
    for opinion in opinions:
        for question, classes in opinion.probabilities.items():
            answers.setdefault(question, []).append(classes)
    for question, told in answers.items():
        if any(each.keys() != told[0].keys() for each in told):
            raise ValueError(f"Opinions of one case answer “{question}” in different classes.")
    return {question: (_surest if question in OF_ANY_VIEW else _mean)(told) for question, told in answers.items()}


def _surest(told: list[dict[str, float]]) -> dict[str, float]:
    yes = list(told[0])[-1]
    return dict(max(told, key=lambda classes: classes[yes]))


def _mean(told: list[dict[str, float]]) -> dict[str, float]:
    return {name: sum(each[name] for each in told) / len(told) for name in told[0]}
