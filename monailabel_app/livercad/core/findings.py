"""Findings: what one analysis says about one study. The one result type of batch, server, report and Slicer."""

from __future__ import annotations

import typing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from livercad.core.geometry import Box, Point
from livercad.core.lesion import Lesion
from livercad.core.phases import Phase
from livercad.core.plain import from_versioned, to_plain

SCHEMA_VERSION = "1.1"
"""Changes in its first number when an older reader would misread a newer file."""

TOTAL = "total"
"""Key in `Findings.timings_s` of the whole analysis."""

DISCLAIMER = "Research software, not a medical device. Not for diagnosis or treatment."


class Caution(StrEnum):
    """Why a result may be less reliable than it looks."""

    THICK_SLICES = "thick_slices"
    UNENHANCED = "unenhanced"
    LIVER_CUT = "liver_cut"
    TINY_LESION = "tiny_lesion"
    PHASE_ASSUMED = "phase_assumed"
    PHASE_UNSURE = "phase_unsure"
    PHASE_CONTRADICTED = "phase_contradicted"
    PHASE_LEFT_OUT = "phase_left_out"
    POOR_REGISTRATION = "poor_registration"
    CLASS_CONTRADICTED = "class_contradicted"
    FAINT_LESION = "faint_lesion"


@dataclass(frozen=True)
class FindingsWarning:
    """One reason for caution.

    Parameters
    ----------
    code : Caution
        For programs.
    message : str
        For people, with the numbers.
    """

    code: Caution
    message: str


@dataclass(frozen=True)
class Registration:
    """How well a phase was laid over the reference phase.

    Parameters
    ----------
    method : str
        ``none`` where both agreed already, ``rigid``, or ``rigid + B-spline``.
    liver_overlap_before, liver_overlap_after : float
        Dice of this phase's liver and the reference phase's, in [0, 1].
    similarity_before, similarity_after : float
        Mutual information of both images around the liver, in nats; higher is better.
    median_shift_mm, largest_shift_mm : float
        How far points of the liver were moved.
    is_poor : bool
        Whether a warning is due.
    """

    method: str
    liver_overlap_before: float
    liver_overlap_after: float
    similarity_before: float
    similarity_after: float
    median_shift_mm: float
    largest_shift_mm: float
    is_poor: bool


@dataclass(frozen=True)
class PhaseRead:
    """One volume that was read.

    Parameters
    ----------
    phase : Phase or None
        None when neither name, table nor annotator tells it and it was not recognised.
    told_by : str
        ``name``, ``table``, ``annotator``, ``image`` (recognised) or ``unknown``: how the phase is known.
    source : str
        The file, or the DICOM series' folder and series UID.
    shape : tuple of int
        Voxels along I, J, K.
    spacing_mm : tuple of float
        Voxel size along I, J, K in mm.
    is_reference : bool
        Whether this is the volume on whose grid the results are.
    probabilities : dict of str to float
        Of every phase by its name, as recognised from the image; empty where that was not done.
    is_unsure : bool
        Whether the image alone does not tell the phase.
    organ_hu : dict of str to float
        Mean HU of the organs that tell the phase, such as ``aorta``; only those that were found.
    registration : Registration or None
        None for the reference phase, and in a study of one phase.
    """

    phase: Phase | None
    told_by: str
    source: str
    shape: tuple[int, int, int]
    spacing_mm: Point
    is_reference: bool
    probabilities: dict[str, float] = field(default_factory=dict)
    is_unsure: bool = False
    organ_hu: dict[str, float] = field(default_factory=dict)
    registration: Registration | None = None


@dataclass(frozen=True)
class LiverFinding:
    """The liver.

    Parameters
    ----------
    volume_ml : float
        Volume with its lesions, in ml.
    mean_hu, sd_hu : float
        Mean and standard deviation of the liver without its lesions, in HU.
    box : Box
        Around the liver, RAS mm.
    is_cut : bool
        Whether the liver touches the first or last slice, or the side of the image.
    """

    volume_ml: float
    mean_hu: float
    sd_hu: float
    box: Box
    is_cut: bool


@dataclass(frozen=True)
class ModelUsed:
    """A model that took part.

    Parameters
    ----------
    name, version : str
        As in the registry of models.
    sha256 : str
        Of the weights that were loaded.
    runtime : str
        What ran it, for example ``openvino bf16`` or ``torch fp32``.
    """

    name: str
    version: str
    sha256: str
    runtime: str


@dataclass(frozen=True)
class Findings:
    """Everything one analysis says about one study.

    Parameters
    ----------
    case : str
        One patient's examination; the server's image id.
    phases : tuple of PhaseRead
        The volumes read.
    liver : LiverFinding
        The liver in the reference phase.
    lesions : tuple of Lesion
        Largest first; empty when none was found.
    warnings : tuple of FindingsWarning
        Reasons for caution.
    models : tuple of ModelUsed
        What found liver and lesions, recognised phases and classified.
    livercad_version : str
        Version of this software.
    timings_s : dict of str to float
        Seconds that each step of the pipeline worked, and `TOTAL`, the seconds from the first to the last. Files are
        read and phases registered beside the networks, so that steps add up to more than the total.
    schema_version : str
        `SCHEMA_VERSION` at the time of writing.
    disclaimer : str
        Shown wherever a result is shown.
    """

    case: str
    phases: tuple[PhaseRead, ...]
    liver: LiverFinding
    lesions: tuple[Lesion, ...]
    warnings: tuple[FindingsWarning, ...]
    models: tuple[ModelUsed, ...]
    livercad_version: str
    timings_s: dict[str, float] = field(default_factory=dict)
    schema_version: str = SCHEMA_VERSION
    disclaimer: str = DISCLAIMER

    @property
    def reference(self) -> PhaseRead:
        """The volume that liver and lesions were found in."""
        return next(phase for phase in self.phases if phase.is_reference)

    def to_dict(self) -> dict[str, Any]:
        """Everything as dicts, lists, strings and numbers, ready for JSON."""
        return typing.cast(dict[str, Any], to_plain(self))

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Findings:
        """Read what `to_dict` wrote.

        Parameters
        ----------
        data : dict
            Parsed JSON.

        Returns
        -------
        Findings
            Equal to what was written.

        Raises
        ------
        ValueError
            If the schema's first number is another, or a field is missing or of the wrong type, or unknown and not
            of a newer schema. Fields that an older schema did not have take their defaults.
        """
        return typing.cast(Findings, from_versioned(cls, data, SCHEMA_VERSION, "findings"))
