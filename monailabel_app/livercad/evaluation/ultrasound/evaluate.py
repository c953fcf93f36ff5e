"""Answers held against the truth, question by question."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livercad.core.circle import Circle
from livercad.core.findings import ModelUsed
from livercad.core.question_names import question_name
from livercad.core.ultrasound import MODALITY, Opinion, UltrasoundFindings
from livercad.errors import InputError
from livercad.evaluation.cases import Skipped
from livercad.evaluation.settings import EvaluationSettings
from livercad.evaluation.ultrasound.learnt import LearntImages, learnt_images
from livercad.evaluation.ultrasound.missing import without_opinion
from livercad.evaluation.ultrasound.scores import Answered, QuestionScores, score_questions
from livercad.evaluation.ultrasound.words import true_class, true_of_case
from livercad.progress import Progress, silent
from livercad.studies.ultrasound.folder import find_images
from livercad.studies.ultrasound.image import ListedImage
from livercad.studies.ultrasound.phantoms import is_phantom
from livercad.studies.ultrasound.truth import CaseTruth, truth_of_case


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
        What is said of whole cases, and of single lesions or images.
    by_case, by_opinion : tuple of QuestionScores
        What they come to.
    learnt : LearntImages
        Which of the images the models have learnt from.
    skipped : tuple of Skipped
        What could not be scored, and why: also cases and images of the truth that nothing was said of.
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
    learnt: LearntImages
    skipped: tuple[Skipped, ...]
    settings: EvaluationSettings


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
    folder = find_images(truth, progress)
    listed = {image.name: image for image in folder.images}
    cases: list[Answered] = []
    opinions: list[Answered] = []
    skipped: list[Skipped] = []
    for findings in found:
        single: list[Answered] = []
        for opinion in findings.opinions:
            image = listed.get(opinion.image)
            own = list(_of_opinion(findings.case, opinion, image)) if image else []
            if not own:
                reason = "the truth does not tell what was asked" if image else "the truth has no such image"
                skipped.append(Skipped(findings.case, opinion.image, reason))
            single += own
        opinions += single
        images = [listed[name] for name in dict.fromkeys(each.image for each in findings.opinions) if name in listed]
        whole = list(_of_case(findings, images))
        cases += whole
        skipped += _without(findings.case, truth_of_case(images), single, whole)
    if not opinions:
        raise InputError(
            truth,
            found="no class for any image that was asked about",
            expected="a table with classes of the images that were analysed, under the same names",
            todo="Name the folder that was analysed, with annotations.csv.",
        )
    skipped += without_opinion(folder, found, results)
    phantoms = is_phantom(truth)
    return UltrasoundEvaluation(
        results,
        truth,
        phantoms,
        tuple(dict.fromkeys(model for findings in found for model in findings.models)),
        tuple(cases),
        tuple(opinions),
        tuple(score_questions(cases, settings)),
        tuple(score_questions(opinions, settings)),
        learnt_images(found, ((each.case, each.image) for each in opinions), truth_is_phantom=phantoms),
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


def _of_opinion(case: str, opinion: Opinion, image: ListedImage) -> Iterator[Answered]:
    word = _word(image, opinion.circle)
    for question, classes in opinion.probabilities.items():
        true = true_class(question, tuple(classes), word, image.shows_mass)
        if true is not None:
            yield Answered(case, image.patient, image.name, question, true, classes)


def _of_case(findings: UltrasoundFindings, images: Sequence[ListedImage]) -> Iterator[Answered]:
    truth = truth_of_case(images)
    for question, classes in findings.probabilities.items():
        true = true_of_case(question, tuple(classes), truth)
        if true is not None:
            yield Answered(findings.case, images[0].patient, "", question, true, classes)


def _without(case: str, truth: CaseTruth, single: Sequence[Answered], whole: Sequence[Answered]) -> Iterator[Skipped]:
    """Questions that are known of an opinion, but not of the case."""
    known = {each.question for each in whole}
    questions = [question for question in dict.fromkeys(each.question for each in single) if question not in known]
    if not questions:
        return
    if len(truth.classes) > 1:
        reason = f"its lesions are of several classes: {', '.join(truth.classes)}"
    elif truth.mass is None:
        reason = "some of its images show no mass, and the truth does not tell it of the others"
    else:
        reason = f"the class of its lesions ({truth.classes[0] if truth.classes else 'not told'}) does not answer it"
    yield Skipped(case, "case", f"{', '.join(map(question_name, questions))}: {reason}")
