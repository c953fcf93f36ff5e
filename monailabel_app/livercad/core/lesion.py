"""A lesion in the findings: where it is, how large, what it shows in each phase, and what it looks like."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from livercad.core.geometry import Box, Line, Point
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass


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
