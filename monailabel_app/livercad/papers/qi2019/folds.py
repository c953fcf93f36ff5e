"""Folds over patients, in which every image is tested once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from livercad.errors import InputError
from livercad.papers.qi2019.asked import Truth
from livercad.papers.qi2019.data import Data
from livercad.papers.qi2019.methods import Question
from livercad.papers.qi2019.splits import Side, Sides
from livercad.ultrasound.training.fitting import divided

FOLDS = 5
"""As many as others divide such collections into; the paper divides once."""


class Folds(NamedTuple):
    """Images in folds.

    Parameters
    ----------
    truth : Truth
        With the fold that tests each image.
    divisions : dict of str to tuple of Side
        For each fold, by its name.
    """

    truth: Truth
    divisions: dict[str, Sides]


def folds_of(data: Data, seed: int) -> Folds:
    """Divide images into folds, each with both answers to both questions for training, validation and test.

    Parameters
    ----------
    data : Data
        All images.
    seed : int
        Of the division.

    Returns
    -------
    Folds
        Ready to be trained.

    Raises
    ------
    InputError
        If there are too few patients.
    """
    truth = truth_of(data, seed)
    divisions = {f"fold-{fold + 1}": sides_of(truth, fold) for fold in range(FOLDS)}
    for name, sides in divisions.items():
        data.check(sides, name)
    return Folds(truth, divisions)


def truth_of(data: Data, seed: int) -> Truth:
    """Divide images into folds.

    Parameters
    ----------
    data : Data
        All images.
    seed : int
        Of the division.

    Returns
    -------
    Truth
        With the fold that tests each image; patients are in one, and answers to both questions in each about as often.

    Raises
    ------
    InputError
        If there are fewer patients without a mass, or with a benign or malignant one, than folds.
    """
    answers, groups = data.answers, np.array(data.groups)
    malignant, second = answers[Question.MALIGNANT], answers[Question.SOLID]
    both = malignant + second
    few = [len(np.unique(groups[both == each])) for each in range(3)]
    if min(few) < FOLDS:
        raise InputError(
            data.title,
            found=f"images of {few[0]}, {few[1]} and {few[2]} patients without a mass, and with a benign and malignant",
            expected=f"{FOLDS} or more of each",
            todo="Add images of the rare ones.",
        )
    fold = np.zeros(len(groups), np.int64)
    for number, (_, test) in enumerate(divided(both, groups, FOLDS, seed)):
        fold[test] = number
    return Truth(malignant, second, groups, fold)


def sides_of(truth: Truth, fold: int) -> Sides:
    """Divide images for one fold: the fold that comes next is for validation, the others are for training.

    Parameters
    ----------
    truth : Truth
        From `truth_of`.
    fold : int
        That is tested, from 0.

    Returns
    -------
    tuple of Side
        Of each image; all of a patient are on one side.
    """
    of_fold = {fold: Side.TEST, (fold + 1) % FOLDS: Side.VALIDATION}
    return tuple(of_fold.get(own, Side.TRAINING) for own in truth.fold.tolist())
