"""How often phases were recognised, over all cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from livercad.core.phases import Phase
from livercad.evaluation.image_phases import ImagePhase, Teller
from livercad.evaluation.intervals import Share, share_over_patients
from livercad.evaluation.settings import EvaluationSettings


@dataclass(frozen=True)
class PhaseCounts:
    """The images of one true phase, or all.

    Parameters
    ----------
    images : int
        How many the truth tells of.
    taken_for : dict of str to int
        Of those whose phase was recognised, how many as each phase.
    recognised : Share or None
        Share of these that were taken for what they are; None where there are none.
    sure, unsure : Share or None
        The same of those that the pipeline was sure of, and of the others.
    left_out : int
        Images that were left out, never read, or read without a phase.
    told : int
        Images whose phase a name, a table or an annotator told: nothing was recognised.
    told_right : int
        How many of these are what they were called.
    told_looks : Share or None
        Share of these whose image looks most like the true phase, had nobody told it; None where none was looked at.
    """

    images: int
    taken_for: dict[str, int]
    recognised: Share | None
    sure: Share | None
    unsure: Share | None
    left_out: int
    told: int
    told_right: int
    told_looks: Share | None


@dataclass(frozen=True)
class PhaseSummary:
    """Phases over all cases.

    Parameters
    ----------
    cases : int
        How many were compared.
    total : PhaseCounts
        All images.
    by_phase : dict of str to PhaseCounts
        By true phase; those that occur.
    untold : int
        Images that were read and that the truth does not tell of.
    """

    cases: int
    total: PhaseCounts
    by_phase: dict[str, PhaseCounts]
    untold: int


def summarise_phases(
    cases: Iterable[tuple[ImagePhase, ...] | None], settings: EvaluationSettings
) -> PhaseSummary | None:
    """Count over all cases.

    Parameters
    ----------
    cases : iterable of (tuple of ImagePhase or None)
        None where a case's phases were not compared.
    settings : EvaluationSettings
        Confidence and seed of the intervals.

    Returns
    -------
    PhaseSummary or None
        None where the truth tells no phases.
    """
    compared = [images for images in cases if images is not None]
    if not compared:
        return None
    images = [image for case in compared for image in case]
    told = [image for image in images if image.true]
    groups = {phase: [image for image in told if image.true is phase] for phase in Phase}
    return PhaseSummary(
        cases=len(compared),
        total=_counts(told, settings),
        by_phase={phase.value: _counts(group, settings) for phase, group in groups.items() if group},
        untold=len(images) - len(told),
    )


def _counts(images: Sequence[ImagePhase], settings: EvaluationSettings) -> PhaseCounts:
    recognised = [image for image in images if image.teller is Teller.IMAGE]
    told = [image for image in images if image.teller is Teller.USER]

    def share(group: Sequence[ImagePhase], right: Iterable[bool]) -> Share | None:
        cases = [image.case for image in group]
        return share_over_patients(list(right), cases, settings.confidence, settings.seed)

    def accuracy(group: Sequence[ImagePhase]) -> Share | None:
        return share(group, (image.is_right for image in group))

    looked_at = [image for image in told if image.looks_like]
    return PhaseCounts(
        images=len(images),
        taken_for={phase.value: sum(image.taken_for is phase for image in recognised) for phase in Phase},
        recognised=accuracy(recognised),
        sure=accuracy([image for image in recognised if not image.is_unsure]),
        unsure=accuracy([image for image in recognised if image.is_unsure]),
        left_out=sum(image.teller is Teller.NOBODY for image in images),
        told=len(told),
        told_right=sum(image.is_right for image in told),
        told_looks=share(looked_at, (image.looks_like is image.true for image in looked_at)),
    )
