"""What an annotator says about a case: kept by the server with every version of its label, edited in Slicer."""

from __future__ import annotations

import typing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from livercad.core.findings import DISCLAIMER, Findings
from livercad.core.geometry import Point
from livercad.core.lesion import Lesion
from livercad.core.phases import Phase
from livercad.core.plain import from_versioned, to_plain
from livercad.core.taxonomy import CLASS_OF, LesionClass, LesionType

SCHEMA_VERSION = "1.1"
"""Changes in its first number when an older reader would misread a newer file."""


class CaseState(StrEnum):
    """How far a case is. A case without a submission has none."""

    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"
    NEEDS_REVIEW = "needs_review"
    """Somebody else should look at it."""


class Verdict(StrEnum):
    """What the annotator says of a lesion."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """No lesion: its voxels are not in the label map."""


class Origin(StrEnum):
    """Who found a lesion."""

    MODEL = "model"
    ANNOTATOR = "annotator"


@dataclass(frozen=True)
class AnnotatedLesion:
    """One lesion of an annotated case.

    Parameters
    ----------
    number : int
        From 1; its value in the map of instances. It never changes, and is not given again in the same case.
    origin : Origin
        Who found it.
    verdict : Verdict
        What the annotator says of it.
    center : tuple of float
        RAS mm: centre of mass, or what was marked.
    diameter_mm : float
        Longest axial diameter, or what was marked.
    is_outlined : bool
        False where only centre and diameter were marked (Yamakawa 2020, section 2.2); its voxels are then a ball.
    type : LesionType or None
        As told by the annotator; None where only the class is known, or nothing.
    label : LesionClass or None
        Likewise the class; that of `type` where there is one.
    found : Lesion or None
        What the analysis measured, when the lesion was as it found it or was analysed again; None for others.
    cautions : tuple of str
        What the analysis warns of in what it measured, each a sentence about this lesion without its subject.
    merged_from : tuple of int
        Numbers of the lesions that were merged into this one.
    comment : str
        In the annotator's words.
    is_deleted : bool
        Whether it was taken out of the list; told, as rejected, so that its number is not given again.
    """

    number: int
    origin: Origin
    verdict: Verdict
    center: Point
    diameter_mm: float
    is_outlined: bool = True
    type: LesionType | None = None
    label: LesionClass | None = None
    found: Lesion | None = None
    cautions: tuple[str, ...] = ()
    merged_from: tuple[int, ...] = ()
    comment: str = ""
    is_deleted: bool = False

    def __post_init__(self) -> None:
        """Hold number, size, type and class, and verdict and deletion, against each other."""
        if self.number < 1 or self.diameter_mm <= 0:
            raise ValueError(
                f"A lesion has a number from 1 and a diameter above 0 mm, found {self.number} and {self.diameter_mm}."
            )
        if self.type and self.label is not CLASS_OF[self.type]:
            raise ValueError(f"Lesion {self.number}: {self.type} is of class {CLASS_OF[self.type]}, not {self.label}.")
        if self.is_deleted and self.verdict is not Verdict.REJECTED:
            raise ValueError(f"Lesion {self.number} is deleted, so it is {Verdict.REJECTED}, not {self.verdict}.")


@dataclass(frozen=True)
class Annotation:
    """What an annotator submits about a case, beside the label map and the map of lesion instances.

    Parameters
    ----------
    case : str
        The server's name of it.
    annotator : str
        Who.
    state : CaseState
        How far the case is.
    lesions : tuple of AnnotatedLesion
        In order of their numbers; rejected ones as well.
    seconds : float
        Time spent on the case, those of earlier submissions included.
    phases : dict of str to Phase
        By image name: what the annotator says where it differs from what was recognised.
    findings : Findings or None
        The analysis that the annotator saw; None without one.
    comment : str
        In the annotator's words.
    client : str
        Software that made it, with its version.
    schema_version : str
        `SCHEMA_VERSION` at the time of writing.
    disclaimer : str
        Shown wherever a result is shown.
    """

    case: str
    annotator: str
    state: CaseState
    lesions: tuple[AnnotatedLesion, ...]
    seconds: float = 0.0
    phases: dict[str, Phase] = field(default_factory=dict)
    findings: Findings | None = None
    comment: str = ""
    client: str = ""
    schema_version: str = SCHEMA_VERSION
    disclaimer: str = DISCLAIMER

    def __post_init__(self) -> None:
        """See that every lesion has a number of its own."""
        numbers = [lesion.number for lesion in self.lesions]
        if len(set(numbers)) != len(numbers):
            raise ValueError(f"Every lesion has a number of its own, found {numbers}.")

    def to_dict(self) -> dict[str, Any]:
        """Everything as dicts, lists, strings and numbers, ready for JSON."""
        return typing.cast(dict[str, Any], to_plain(self))

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Annotation:
        """Read what `to_dict` wrote.

        Parameters
        ----------
        data : dict
            Parsed JSON.

        Returns
        -------
        Annotation
            Equal to what was written.

        Raises
        ------
        ValueError
            If the schema's first number is another, or something does not fit.
        """
        return typing.cast(Annotation, from_versioned(cls, data, SCHEMA_VERSION, "annotations"))
