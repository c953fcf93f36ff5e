"""CT studies of one's own looked at with the trained Faster R-CNN, without a truth."""

from __future__ import annotations

from collections.abc import Sequence

from PIL.Image import Image as Picture

from livercad.core.volume import Volume
from livercad.detection.linking import DetectedLesion
from livercad.papers import cases
from livercad.papers.aluko2018.predictor import AlukoDetector
from livercad.papers.aluko2018.results import CaseLesion, CaseResult
from livercad.papers.aluko2018.sheet import FOUND
from livercad.papers.cases import LiverFinder
from livercad.papers.sheets import Color
from livercad.progress import Progress, silent
from livercad.studies.study import Study


def look_at(
    studies: Sequence[Study], detector: AlukoDetector, find_liver: LiverFinder, progress: Progress = silent
) -> tuple[list[CaseResult], dict[str, Picture], list[str]]:
    """Find lesions in the reference phase of studies.

    Parameters
    ----------
    studies : sequence of Study
        Where.
    detector : AlukoDetector
        The trained network, whose own threshold says what it lists.
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

    def detect(ct: Volume, liver: Volume, progress: Progress) -> list[DetectedLesion]:
        return [each for each in detector(ct, liver, progress) if each.score >= detector.description.threshold]

    looked_at, left_out = cases.look_at(studies, lambda study: study.reference, detect, find_liver, _name, progress)
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


def _name(lesion: DetectedLesion) -> tuple[str, Color]:
    return f"{lesion.score:.2f}", FOUND


def _lesion(number: int, lesion: DetectedLesion) -> CaseLesion:
    return CaseLesion(
        number=number,
        score=round(lesion.score, 3),
        center_mm=tuple(round(x, 1) for x in lesion.box.center),
        size_mm=tuple(round(x, 1) for x in lesion.box.size),
    )
