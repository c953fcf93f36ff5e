"""Numbers of images that are each tested once, in folds, by answers that have not learnt from their patients."""

from __future__ import annotations

import numpy as np

from livercad.papers.intervals import Interval
from livercad.papers.qi2019.asked import Asked, Index, Told, Truth, Way
from livercad.papers.qi2019.criteria import Floats, area, draws_of
from livercad.papers.qi2019.data import Data
from livercad.papers.qi2019.methods import Question
from livercad.papers.qi2019.results import AskedResult, ImageAnswers
from livercad.papers.qi2019.summary import SEED, criteria_of, interval_of, measures_of

COMPARED = ("accuracy", "sensitivity", "specificity", "f_beta", "auc")
"""Measures, by their names in `CriteriaResult`."""


def asked_results(images: Data, truth: Truth, told: Told, beta: float) -> dict[Asked, AskedResult]:
    """Score all answers.

    Parameters
    ----------
    images : Data
        All images.
    truth : Truth
        What is known of them.
    told : Told
        Answers.
    beta : float
        Of the F-β score.

    Returns
    -------
    dict of Asked to AskedResult
        Every question; intervals of 95 % over patients.
    """
    return {asked: _asked(images, truth, told, asked, beta) for asked in Asked}


def image_answers(images: Data, truth: Truth, told: Told) -> list[ImageAnswers]:
    """List all answers, image by image.

    Parameters
    ----------
    images, truth, told
        As for `asked_results`.

    Returns
    -------
    list of ImageAnswers
        In the images' order; of questions that an image is asked, ways that say something.
    """
    return [
        ImageAnswers(
            image=image.name,
            kind=image.kind,
            fold=int(truth.fold[row]) + 1,
            told={
                asked: {
                    way: round(float(own[row]), 6)
                    for (question, way), own in told.items()
                    if question is asked and not np.isnan(own[row])
                }
                for asked in Asked
                if row in truth.rows(asked)
            },
        )
        for row, image in enumerate(images.images)
    ]


def paired_difference(truth: Index, told: Floats, basic: Floats, groups: Index, beta: float) -> dict[str, Interval]:
    """How much better one way is than another one, on the same images.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        1 for yes.
    told, basic : ndarray, shape (n,)
        Probability of yes, of the one and of the other.
    groups : ndarray of int, shape (n,)
        Patient of each image; both ways are scored on the same draws of patients.
    beta : float
        Of the F-β score.

    Returns
    -------
    dict of str to Interval
        By measure, with intervals of 95 %.
    """
    draws, once = draws_of(groups.tolist(), SEED), np.ones(len(truth))
    ours, theirs = measures_of(truth, told, beta), measures_of(truth, basic, beta)
    differences = {}
    for name in COMPARED:
        value = float(ours[name](once) - theirs[name](once))
        told_one = interval_of(value, ours[name](draws) - theirs[name](draws), len(truth), len(np.unique(groups)))
        if told_one is not None:
            differences[name] = told_one
    return differences


def _asked(images: Data, truth: Truth, told: Told, asked: Asked, beta: float) -> AskedResult:
    question = Question.SOLID if asked is Asked.SECOND else Question.MALIGNANT
    every, answers = truth.rows(asked), truth.answers(asked)
    ways, differences, fold_auc = {}, {}, {}
    for way in Way:
        if (asked, way) not in told:
            continue
        own = told[asked, way]
        rows = every[~np.isnan(own[every])]
        if len(np.unique(answers[rows])) < 2:
            continue
        ways[way] = criteria_of(images, question, rows, dict(zip(rows.tolist(), own[rows], strict=True)), beta)
        fold_auc[way] = _of_folds(answers[rows], own[rows], truth.fold[rows])
        if way is not Way.BASIC:
            basic = told[asked, Way.BASIC][rows]
            differences[way] = paired_difference(answers[rows], own[rows], basic, truth.groups[rows], beta)
    positive = int(answers[every].sum())
    return AskedResult(
        images=len(every),
        patients=len(np.unique(truth.groups[every])),
        positive=positive,
        most_frequent=max(positive, len(every) - positive) / len(every),
        ways=ways,
        differences=differences,
        fold_auc=fold_auc,
    )


def _of_folds(answers: Index, told: Floats, folds: Index) -> list[float]:
    """AUC of each fold that has both answers."""
    own = [folds == fold for fold in np.unique(folds)]
    areas = [float(area(answers[rows], told[rows], np.ones(rows.sum()))) for rows in own]
    return [each for each in areas if not np.isnan(each)]
