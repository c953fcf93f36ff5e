"""What is read off a lesion's enhancement for each sign: a number, what it is held against, and whether it is there.

`livercad.measure.signs` says which sign comes from where; the references are there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from livercad.core.lesion import PhaseMeasurement
from livercad.core.phases import Phase
from livercad.measure.patterns import ArterialPattern

ARTERIAL_CONTRAST_HU = 10.0
"""From this contrast to the liver on a lesion is brighter, or darker, in the arterial phase. Our choice: about the
noise of an abdominal CT (Yasaka 2018, "CT Imaging": 11 to 13), so that a reader sees it."""
WASHOUT_PERCENT = 107.0
"""Liu 2013: liver over lesion in the delayed phase, in lesions that are bright in the arterial phase."""
BLOOD_SHARE = 0.45
"""Share of the aorta's HU from which a lesion counts as close to it. Our choice: nodules of hemangiomas stay well below
the aorta in the arterial phase (AJR Am J Roentgenol 2010;195:381-386), other bright lesions mostly below this."""
NODULES_LEAST, NODULES_MOST = 0.05, 0.8
"""Share of the rim that is bright where enhancement is peripheral and nodular; a rim that is bright all around is a
ring (Nino-Murcia 2000 tells puddles from rings). The shares are our choice."""
RIM_HU, LIVER_IN_RIM = 10.0, 1 / 3
"""A rim counts when it is this much brighter than the core, and brighter than this share of liver in its voxels would
make it. Our choice."""
FILLING_HU = 10.0
"""What the core must gain, in HU and on the rim. Our choice."""
WATER_HU = 20.0
"""Gore 2017: up to 20 HU. The same distance below 0 HU leaves fat out, our choice."""
ENHANCEMENT_HU = 20.0
"""Gore 2017: more than 20 HU is enhancement."""


@dataclass(frozen=True)
class Evidence:
    """What is known of one lesion.

    Parameters
    ----------
    at : mapping of Phase to PhaseMeasurement
        The phases that show it.
    aorta_hu : float or None
        The aorta's mean HU in the arterial phase.
    arterial : ArterialPattern or None
        None where the arterial phase does not show the lesion.
    """

    at: Mapping[Phase, PhaseMeasurement]
    aorta_hu: float | None
    arterial: ArterialPattern | None


@dataclass(frozen=True)
class Reading:
    """What was read off for one sign.

    Parameters
    ----------
    value, threshold : float
        The number and what it is held against.
    present : bool
        Whether the sign is there.
    phases : tuple of Phase
        What it was read from; empty where that is what the sign asks for.
    """

    value: float
    threshold: float
    present: bool
    phases: tuple[Phase, ...] = ()


def _at_least(value: float, threshold: float, *conditions: bool) -> Reading:
    return Reading(value, threshold, value >= threshold and all(conditions))


def _at_most(value: float, threshold: float, *conditions: bool) -> Reading:
    return Reading(value, threshold, value <= threshold and all(conditions))


def _percent(one_hu: float, other_hu: float) -> float:
    """One density over another; below 1 HU, as in cysts, ratios lose their meaning and 1 HU is taken."""
    return 100 * max(one_hu, 1.0) / max(other_hu, 1.0)


def arterial_hyperenhancement(evidence: Evidence) -> Reading | None:
    """How much brighter than liver a quarter of the lesion is at least."""
    if evidence.arterial is None:
        return None
    return _at_least(evidence.arterial.bright_hu - evidence.at[Phase.ARTERIAL].liver_hu, ARTERIAL_CONTRAST_HU)


def arterial_hypoattenuation(evidence: Evidence) -> Reading:
    """How much darker than liver the lesion is."""
    return _at_most(evidence.at[Phase.ARTERIAL].contrast_hu, -ARTERIAL_CONTRAST_HU)


def aorta_like_enhancement(evidence: Evidence) -> Reading | None:
    """The lesion's HU over the aorta's, or its core's where that is less: it must be bright throughout."""
    if not evidence.aorta_hu:
        return None
    point = evidence.at[Phase.ARTERIAL]
    return _at_least(min(point.lesion_hu, point.core_hu) / evidence.aorta_hu, BLOOD_SHARE)


def washout(phase: Phase) -> Callable[[Evidence], Reading | None]:
    """For one phase, the liver over what was bright in the arterial phase, if that was brighter than liver."""

    def read(evidence: Evidence) -> Reading | None:
        early, pattern = arterial_hyperenhancement(evidence), evidence.arterial
        if early is None or pattern is None or phase not in pattern.later_hu:
            return None
        ratio = _percent(evidence.at[phase].liver_hu, pattern.later_hu[phase])
        return _at_least(ratio, WASHOUT_PERCENT, early.present)

    return read


def delayed_hypoattenuation(evidence: Evidence) -> Reading:
    """The liver over the lesion."""
    point = evidence.at[Phase.DELAYED]
    return _at_least(_percent(point.liver_hu, point.lesion_hu), WASHOUT_PERCENT)


def delayed_hyperattenuation(evidence: Evidence) -> Reading:
    """The lesion over the liver."""
    point = evidence.at[Phase.DELAYED]
    return _at_least(_percent(point.lesion_hu, point.liver_hu), WASHOUT_PERCENT)


def delayed_isoattenuation(evidence: Evidence) -> Reading:
    """The brighter over the darker of lesion and liver, where they differ neither way."""
    darker, brighter = delayed_hypoattenuation(evidence), delayed_hyperattenuation(evidence)
    return _at_most(max(darker.value, brighter.value), WASHOUT_PERCENT, not darker.present, not brighter.present)


def rim_enhancement(evidence: Evidence) -> Reading | None:
    """How much brighter than the core the rim is, more than liver in its voxels would make it, and not in nodules."""
    point, nodules = evidence.at[Phase.ARTERIAL], peripheral_nodules(evidence)
    if evidence.arterial is None or evidence.arterial.is_small:
        return None
    threshold = max(RIM_HU, LIVER_IN_RIM * (point.liver_hu - point.core_hu))
    return _at_least(point.rim_hu - point.core_hu, threshold, nodules is None or not nodules.present)


def peripheral_nodules(evidence: Evidence) -> Reading | None:
    """The share of the rim that is as bright as blood; not all of it, and more than the core."""
    share = evidence.arterial.nodular_share if evidence.arterial else None
    point = evidence.at[Phase.ARTERIAL]
    if share is None:
        return None
    return _at_least(share, NODULES_LEAST, share <= NODULES_MOST, point.rim_hu > point.core_hu)


def centripetal_filling(evidence: Evidence) -> Reading | None:
    """What the core gains from the arterial to a later phase, and gains on a rim that was brighter before."""
    early = evidence.at.get(Phase.ARTERIAL)
    late = evidence.at.get(Phase.DELAYED) or evidence.at.get(Phase.PORTAL)
    if early is None or late is None or evidence.arterial is None or evidence.arterial.is_small:
        return None
    gap = early.rim_hu - early.core_hu
    value = min(late.core_hu - early.core_hu, gap - (late.rim_hu - late.core_hu))
    return Reading(value, FILLING_HU, value >= FILLING_HU and gap >= RIM_HU, (Phase.ARTERIAL, late.phase))


def water_density(evidence: Evidence) -> Reading | None:
    """The lesion's HU, unenhanced if there is that phase."""
    point = evidence.at.get(Phase.UNENHANCED) or evidence.at.get(Phase.PORTAL)
    if point is None:
        return None
    return Reading(point.lesion_hu, WATER_HU, abs(point.lesion_hu) <= WATER_HU, (point.phase,))


def no_enhancement(evidence: Evidence) -> Reading | None:
    """The largest rise of the lesion's HU over the unenhanced phase."""
    before = evidence.at.get(Phase.UNENHANCED)
    enhanced = [point for phase, point in evidence.at.items() if phase is not Phase.UNENHANCED]
    if before is None or not enhanced:
        return None
    rise = max(point.lesion_hu for point in enhanced) - before.lesion_hu
    phases = tuple(phase for phase in Phase if phase in evidence.at)
    return Reading(rise, ENHANCEMENT_HU, rise <= ENHANCEMENT_HU, phases)
