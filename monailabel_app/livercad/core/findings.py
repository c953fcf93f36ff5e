"""Findings: what one analysis says about one study. The one result type of batch, server, report and Slicer."""

from __future__ import annotations

import typing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from livercad.core.geometry import Box, Line, Point
from livercad.core.phases import Phase
from livercad.core.plain import from_versioned, to_plain
from livercad.core.taxonomy import LesionClass

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


class Sign(StrEnum):
    """What a lesion shows: the ingredients of reading rules, each with a number, never a verdict."""

    ARTERIAL_HYPERENHANCEMENT = "arterial_hyperenhancement"
    ARTERIAL_HYPOATTENUATION = "arterial_hypoattenuation"
    AORTA_LIKE_ENHANCEMENT = "aorta_like_enhancement"
    PORTAL_WASHOUT = "portal_washout"
    DELAYED_WASHOUT = "delayed_washout"
    DELAYED_HYPOATTENUATION = "delayed_hypoattenuation"
    DELAYED_ISOATTENUATION = "delayed_isoattenuation"
    DELAYED_HYPERATTENUATION = "delayed_hyperattenuation"
    RIM_ENHANCEMENT = "rim_enhancement"
    PERIPHERAL_NODULAR_ENHANCEMENT = "peripheral_nodular_enhancement"
    CENTRIPETAL_FILLING = "centripetal_filling"
    WATER_DENSITY = "water_density"
    NO_ENHANCEMENT = "no_enhancement"


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
class PhaseMeasurement:
    """One lesion in one phase: a point of its enhancement curve.

    Parameters
    ----------
    phase : Phase
        Which.
    lesion_hu, lesion_sd_hu : float
        Mean and standard deviation inside the lesion, without its border.
    liver_hu : float
        Median of the liver around the lesion.
    contrast_hu : float
        `lesion_hu` less `liver_hu`.
    rim_hu, core_hu : float
        Mean of the lesion's outer and inner parts; both `lesion_hu` where it is too small to have them.
    """

    phase: Phase
    lesion_hu: float
    lesion_sd_hu: float
    liver_hu: float
    contrast_hu: float
    rim_hu: float
    core_hu: float


@dataclass(frozen=True)
class SignFound:
    """What was measured for one sign.

    Parameters
    ----------
    sign : Sign
        Which.
    present : bool or None
        Whether the number reaches the threshold and what else `source` asks for holds; None where a phase that it needs
        is missing, or the lesion is too small to tell.
    value, threshold : float or None
        The number and what it is held against, in `unit`; None likewise. `livercad.core.signs` has the words.
    unit : str
        ``HU``, ``%``, or empty for a share.
    phases : tuple of Phase
        What it was read from, or what it needs where that is missing.
    source : str
        Where the sign and its threshold come from, and what else it asks for.
    """

    sign: Sign
    present: bool | None
    value: float | None
    threshold: float | None
    unit: str
    phases: tuple[Phase, ...]
    source: str


@dataclass(frozen=True)
class Classification:
    """What a lesion looks like to the classifier.

    Parameters
    ----------
    label : LesionClass
        The most probable class.
    probabilities : dict of str to float
        Calibrated, of every class by its name; they add up to 1.
    malignancy : float
        Sum of the probabilities of the malignant classes.
    is_unsure : bool
        Whether the label should not be relied on.
    reason : str
        Why not; empty when sure.
    phases : tuple of Phase
        What the classifier saw.
    attention : dict of str to float
        How much each of these phases weighed, by its name; they add up to 1.
    """

    label: LesionClass
    probabilities: dict[str, float]
    malignancy: float
    is_unsure: bool
    reason: str
    phases: tuple[Phase, ...]
    attention: dict[str, float] = field(default_factory=dict)

    @property
    def is_malignant(self) -> bool:
        """Whether malignant classes together are more probable than benign ones."""
        return self.malignancy >= 0.5

    @property
    def confidence(self) -> float:
        """Probability of the label."""
        return self.probabilities[self.label]


@dataclass(frozen=True)
class Lesion:
    """One lesion: a 26-connected component of the lesion mask of one phase, or several that another phase shows as one.

    Parameters
    ----------
    number : int
        From 1, largest first; its value in the map of instances.
    score : float
        How sure the detection is, in [0, 1].
    volume_ml : float
        Volume in ml.
    box : Box
        Around the lesion, RAS mm.
    center : tuple of float
        Centre of mass, RAS mm.
    diameter : Line
        The longest axial diameter (RECIST 1.1), RAS mm.
    short_diameter : Line
        The longest diameter perpendicular to it in the same slice, RAS mm.
    diameter_mm, short_diameter_mm : float
        Their lengths in mm.
    mean_hu, sd_hu : float
        Mean and standard deviation inside the lesion in the reference phase, in HU.
    liver_fraction : float
        Lesion volume over liver volume, in [0, 1].
    surface_distance_mm : float
        Smallest distance from the lesion to the liver's surface in mm; 0 when it reaches it.
    visible_in : tuple of Phase
        The phases that the lesion was found in.
    enhancement : tuple of PhaseMeasurement
        In the order in which phases are taken.
    signs : tuple of SignFound
        What the enhancement shows.
    classification : Classification or None
        None where no classifier was asked.
    """

    number: int
    score: float
    volume_ml: float
    box: Box
    center: Point
    diameter: Line
    short_diameter: Line
    diameter_mm: float
    short_diameter_mm: float
    mean_hu: float
    sd_hu: float
    liver_fraction: float
    surface_distance_mm: float
    visible_in: tuple[Phase, ...] = ()
    enhancement: tuple[PhaseMeasurement, ...] = ()
    signs: tuple[SignFound, ...] = ()
    classification: Classification | None = None


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
