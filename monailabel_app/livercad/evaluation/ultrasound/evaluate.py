"""Answers held against the truth, question by question."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from livercad.core.circle import Circle
from livercad.core.findings import ModelUsed
from livercad.core.ultrasound import MODALITY, Probabilities, UltrasoundFindings
from livercad.errors import InputError
from livercad.evaluation.cases import Skipped
from livercad.evaluation.settings import EvaluationSettings
from livercad.evaluation.ultrasound.scores import Answered, QuestionScores, score_questions
from livercad.evaluation.ultrasound.words import true_class
from livercad.progress import Progress, silent
from livercad.studies.ultrasound.folder import find_images
from livercad.studies.ultrasound.image import ListedImage

PHANTOM_TABLE = "phantom.json"
"""``livercad phantom ultrasound`` leaves it beside its images."""


@dataclass(frozen=True)
class UltrasoundEvaluation:
    """Everything that was held against the truth.

    Parameters
    ----------
    results, truth : Path
        The folders.
    truth_is_phantom : bool
        Whether the truth is that of phantoms.
    models : tuple of ModelUsed
        What was asked.
    cases, opinions : tuple of Answered
        The means of cases, and single lesions or images.
    by_case, by_opinion : tuple of QuestionScores
        What they come to.
    skipped : tuple of Skipped
        What could not be scored, and why.
    settings : EvaluationSettings
        Confidence and seed of the intervals.
    """

    results: Path
    truth: Path
    truth_is_phantom: bool
    models: tuple[ModelUsed, ...]
    cases: tuple[Answered, ...]
    opinions: tuple[Answered, ...]
    by_case: tuple[QuestionScores, ...]
    by_opinion: tuple[QuestionScores, ...]
    skipped: tuple[Skipped, ...]
    settings: EvaluationSettings


class _Truth(NamedTuple):
    """Of an opinion, or of a case: patient, class as the table has it, and whether there is a mass."""

    patient: str
    word: str
    mass: bool | None


def evaluate_ultrasound(
    results: Path, truth: Path, settings: EvaluationSettings | None = None, progress: Progress = silent
) -> UltrasoundEvaluation:
    """Hold findings of ultrasound against the classes that a folder's table, or its masks' table, tells.

    Parameters
    ----------
    results : Path
        What ``livercad analyze`` wrote.
    truth : Path
        The folder of images, with its table.
    settings : EvaluationSettings, optional
        Confidence and seed.
    progress : Progress
        Told of the images listed.

    Returns
    -------
    UltrasoundEvaluation
        By case and by opinion.

    Raises
    ------
    InputError
        If there are no findings of ultrasound, or no class for any.
    """
    settings = settings or EvaluationSettings()
    found = list(_findings(results))
    if not found:
        raise InputError(
            results,
            found="no findings of ultrasound",
            expected="a folder that `livercad analyze` wrote about ultrasound images",
            todo="Check the path.",
        )
    listed = {image.name: image for image in find_images(truth, progress).images}
    cases: list[Answered] = []
    opinions: list[Answered] = []
    skipped: list[Skipped] = []
    for findings in found:
        truths: list[_Truth] = []
        for opinion in findings.opinions:
            image = listed.get(opinion.image)
            said = _Truth(image.patient, _word(image, opinion.circle), image.shows_mass) if image else None
            own = list(_answered(findings.case, said, opinion.image, opinion.probabilities))
            if not own:
                reason = "the truth does not tell what was asked" if image else "the truth has no such image"
                skipped.append(Skipped(findings.case, opinion.image, reason))
            truths += [said] if said else []
            opinions += own
        words = sorted({each.word for each in truths if each.word})
        if len(words) > 1:
            skipped.append(Skipped(findings.case, "case", f"its lesions are of several classes: {', '.join(words)}"))
        cases += _answered(findings.case, _of_case(truths), "", findings.probabilities)
    if not opinions:
        raise InputError(
            truth,
            found="no class for any image that was asked about",
            expected="a table with classes of the images that were analysed, under the same names",
            todo="Name the folder that was analysed, with annotations.csv.",
        )
    return UltrasoundEvaluation(
        results,
        truth,
        (truth / PHANTOM_TABLE).is_file(),
        tuple(dict.fromkeys(model for findings in found for model in findings.models)),
        tuple(cases),
        tuple(opinions),
        tuple(score_questions(cases, settings)),
        tuple(score_questions(opinions, settings)),
        tuple(skipped),
        settings,
    )


def _findings(results: Path) -> Iterator[UltrasoundFindings]:
    for path in sorted(results.glob("*/findings.json")):
        try:
            document = json.loads(path.read_bytes())
            if isinstance(document, Mapping) and document.get("modality") == MODALITY:
                yield UltrasoundFindings.from_dict(dict(document))
        except ValueError as error:
            raise InputError(
                path,
                found=f"what cannot be read ({error})",
                expected="findings as `livercad analyze` writes them",
                todo="Analyse this case again.",
            ) from error


def _word(image: ListedImage, circle: Circle | None) -> str:
    """The class of the lesion that was asked about; of the image where that is not told."""
    if circle is None or not image.lesions:
        return image.kind
    x, y = circle.center
    nearest = min(image.lesions, key=lambda each: np.hypot(each.circle.center[0] - x, each.circle.center[1] - y))
    return nearest.kind or image.kind


def _of_case(truths: Sequence[_Truth]) -> _Truth | None:
    """What all images of a case say alike."""
    words, masses = {each.word for each in truths} - {""}, {each.mass for each in truths}
    if not truths:
        return None
    return _Truth(truths[0].patient, words.pop() if len(words) == 1 else "", masses.pop() if len(masses) == 1 else None)


def _answered(case: str, truth: _Truth | None, image: str, probabilities: Probabilities) -> Iterator[Answered]:
    for question, classes in probabilities.items():
        true = true_class(question, tuple(classes), truth.word, truth.mass) if truth else None
        if truth and true is not None:
            yield Answered(case, truth.patient, image, question, true, classes)
