"""BASIC, MIP and REM with networks that are trained anew in every fold: what they say of patients they do not know."""

from __future__ import annotations

import numpy as np

from livercad.papers.qi2019.asked import Asked, Floats, Truth, Way
from livercad.papers.qi2019.folds import Folds
from livercad.papers.qi2019.jobs import Training
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.pooled import asked_results, image_answers
from livercad.papers.qi2019.results import FoldsResult
from livercad.papers.qi2019.steps import Study
from livercad.papers.qi2019.summary import training_results
from livercad.progress import Progress

METHODS = (Method.BASIC, Method.MIP, Method.REM)
QUESTIONS = {Asked.SECOND: Question.SOLID, Asked.AMONG: Question.MALIGNANT, Asked.ANY: Question.MALIGNANT}
"""Whose answer counts. Mt-Net is asked of benign masses what it is asked of all images."""


def tested_once(study: Study, folds: Folds, progress: Progress) -> FoldsResult:
    """Train in every fold, and score all answers together.

    Parameters
    ----------
    study : Study
        Whose images and settings.
    folds : Folds
        Of its images.
    progress : Progress
        Told of images; a fold's trainings that are done are kept.

    Returns
    -------
    FoldsResult
        Intervals of 95 % over patients.

    Raises
    ------
    InputError
        If a training diverges.
    """
    data, truth = study.data, folds.truth
    trained = study.train(folds.divisions, METHODS, progress)
    told = _told(truth, [[training for _, training in each] for each in trained.values()])
    return FoldsResult(
        asked=asked_results(data, truth, told, study.settings.beta),
        predictions=image_answers(data, truth, told),
        trainings=[training_results([(job.method, training) for job, training in each]) for each in trained.values()],
    )


def _told(truth: Truth, folds: list[list[Training]]) -> dict[tuple[Asked, Way], Floats]:
    """What each image's own fold says of it; validation, of which trainings tell as well, does not count."""
    ways = [Way(method) for method in (*METHODS, Method.REM_OFF)]
    told = {(asked, way): np.full(len(truth.fold), np.nan) for asked in Asked for way in ways}
    for fold, trainings in enumerate(folds):
        for training in trainings:
            rows = np.array(training.rows)
            tested = truth.fold[rows] == fold
            for method, answers in training.probabilities.items():
                for asked, question in QUESTIONS.items():
                    if question in answers:
                        told[asked, Way(method)][rows[tested]] = np.array(answers[question])[tested]
    return told
