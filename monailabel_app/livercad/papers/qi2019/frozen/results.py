"""What a comparison comes to: every number of its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from livercad import __version__
from livercad.core.findings import DISCLAIMER
from livercad.papers.qi2019.answers import SecondQuestion
from livercad.papers.qi2019.criteria import Floats, draws_of
from livercad.papers.qi2019.data import Data
from livercad.papers.qi2019.frozen.asked import Asked, Index, Truth, Way
from livercad.papers.qi2019.frozen.pathways import STRENGTH
from livercad.papers.qi2019.methods import Question
from livercad.papers.qi2019.results import CriteriaResult, Interval
from livercad.papers.qi2019.settings import PAPER
from livercad.papers.qi2019.steps import content_of
from livercad.papers.qi2019.summary import SEED, criteria_of, interval_of, measures_of

Told = Mapping[tuple[Asked, Way], Floats]
"""Probability of yes of every image; NaN where a way says nothing."""
COMPARED = ("accuracy", "sensitivity", "specificity", "f_beta", "auc")
"""Measures, by their names in `CriteriaResult`."""


class Origin(NamedTuple):
    """Where features come from.

    Parameters
    ----------
    weights : str
        In words.
    sha256 : str
        Of the network's weights.
    runtime : str
        What ran it.
    """

    weights: str
    sha256: str
    runtime: str


class _Numbers(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AskedResult(_Numbers):
    """One question."""

    images: int
    patients: int
    positive: int
    most_frequent: float = Field(description="Accuracy of saying the more frequent answer always.")
    ways: dict[Way, CriteriaResult]
    differences: dict[Way, dict[str, Interval]] = Field(description="Less BASIC, on the same images and patients.")


class ImageAnswers(_Numbers):
    """What was said of one image by answers that have not been learnt from its patient."""

    image: str
    kind: str
    fold: int
    told: dict[Asked, dict[Way, float]]


class Results(_Numbers):
    """A whole comparison."""

    disclaimer: str = DISCLAIMER
    livercad_version: str = __version__
    data: str
    is_phantom: bool
    kinds: dict[str, int] = Field(description="Images by class.")
    patients: int = Field(description="Groups of images that belong together.")
    copies: int = Field(description="Images that show what another one shows.")
    sha256: str = Field(description="Of all images with their answers.")
    weights: str
    weights_sha256: str
    runtime: str
    side: int = Field(description="Of squares, in pixels.")
    strength: float = Field(default=STRENGTH, description="Lambda of equation 4.")
    beta: float = Field(default=PAPER.beta, description="Of the F-β score.")
    seed: int
    folds: int
    second_question: SecondQuestion
    asked: dict[Asked, AskedResult]
    left_out: list[str]
    predictions: list[ImageAnswers]


def results_of(images: Data, truth: Truth, told: Told, origin: Origin, side: int, seed: int) -> Results:
    """Score all answers.

    Parameters
    ----------
    images : Data
        All images.
    truth : Truth
        What is known of them.
    told : Told
        Answers.
    origin : Origin
        Of the features.
    side : int
        Of squares, in pixels.
    seed : int
        Of the divisions.

    Returns
    -------
    Results
        Intervals of 95 % over patients.
    """
    kinds, counts = np.unique(images.kinds, return_counts=True)
    return Results(
        data=images.title,
        is_phantom=images.is_phantom,
        kinds=dict(zip(kinds.tolist(), counts.tolist(), strict=True)),
        patients=len(np.unique(truth.groups)),
        copies=images.copies,
        sha256=content_of(images),
        weights=origin.weights,
        weights_sha256=origin.sha256,
        runtime=origin.runtime,
        side=side,
        seed=seed,
        folds=len(np.unique(truth.fold)),
        second_question=images.second,
        asked={asked: _asked(images, truth, told, asked) for asked in Asked},
        left_out=list(images.left_out),
        predictions=[
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
        ],
    )


def paired_difference(
    truth: Index, told: Floats, basic: Floats, groups: Index, beta: float = PAPER.beta
) -> dict[str, Interval]:
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


def _asked(images: Data, truth: Truth, told: Told, asked: Asked) -> AskedResult:
    question = Question.SOLID if asked is Asked.SECOND else Question.MALIGNANT
    every, answers = truth.rows(asked), truth.answers(asked)
    ways, differences = {}, {}
    for way in Way:
        if (asked, way) not in told:
            continue
        own = told[asked, way]
        rows = every[~np.isnan(own[every])]
        if len(np.unique(answers[rows])) < 2:
            continue
        ways[way] = criteria_of(images, question, rows, dict(zip(rows.tolist(), own[rows], strict=True)), PAPER.beta)
        if way is not Way.BASIC:
            basic = told[asked, Way.BASIC][rows]
            differences[way] = paired_difference(answers[rows], own[rows], basic, truth.groups[rows])
    positive = int(answers[every].sum())
    return AskedResult(
        images=len(every),
        patients=len(np.unique(truth.groups[every])),
        positive=positive,
        most_frequent=max(positive, len(every) - positive) / len(every),
        ways=ways,
        differences=differences,
    )
