"""CT studies of one's own looked at with the trained MDL-CNN, without a truth."""

from __future__ import annotations

from collections.abc import Sequence

from PIL.Image import Image as Picture

from livercad.errors import InputError
from livercad.papers import cases
from livercad.papers.cases import LiverFinder
from livercad.papers.shah2021.predictor import FoundLesion, ShahDetector
from livercad.papers.shah2021.results import CaseLesion, CaseResult
from livercad.papers.shah2021.settings import PHASES
from livercad.papers.sheets import Color
from livercad.progress import Progress, silent
from livercad.studies.study import Series, Study

ORDER = (PHASES[1], PHASES[0], None)
"""Portal, arterial, or an image whose phase nobody has told."""


def look_at(
    studies: Sequence[Study], detector: ShahDetector, find_liver: LiverFinder, progress: Progress = silent
) -> tuple[list[CaseResult], dict[str, Picture], list[str]]:
    """Find lesions in studies.

    Parameters
    ----------
    studies : sequence of Study
        Of which the portal phase is looked at, else the arterial one, else an image whose phase nobody has told.
    detector : ShahDetector
        The trained network.
    find_liver : callable
        ``find_liver(ct, progress) -> mask``: the product's.
    progress : Progress
        Told of every study.

    Returns
    -------
    results : list of CaseResult
        What was found, by case.
    pictures : dict of str to Image
        By case.
    left_out : list of str
        Studies that could not be looked at, and why.
    """
    looked_at, left_out = cases.look_at(studies, _series_of, detector, find_liver, _name, progress)
    results = [
        CaseResult(
            case=each.case,
            phase=each.phase,
            seconds=each.seconds,
            lesions=[_lesion(number, lesion) for number, lesion in enumerate(each.lesions, start=1)],
        )
        for each in looked_at
    ]
    return results, {each.case: each.picture for each in looked_at}, left_out


def _series_of(study: Study) -> Series:
    for phase in ORDER:
        for series in study.series:
            if series.phase is phase:
                return series
    raise InputError(
        "the study",
        found="no portal and no arterial phase",
        expected="one of them",
        todo="Add or name such a phase (docs/data.md).",
    )


def _name(lesion: FoundLesion) -> tuple[str, Color]:
    return f"{lesion.kind} {lesion.probabilities[lesion.kind]:.2f}", lesion.kind.color


def _lesion(number: int, lesion: FoundLesion) -> CaseLesion:
    return CaseLesion(
        number=number,
        kind=lesion.kind,
        probability=round(lesion.probabilities[lesion.kind], 3),
        score=round(lesion.score, 3),
        center_mm=tuple(round(x, 1) for x in lesion.box.center),
        size_mm=tuple(round(x, 1) for x in lesion.box.size),
    )
