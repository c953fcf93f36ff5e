"""What a collection of images can teach: examples with their truth, question by question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from livercad.core.circle import Circle
from livercad.core.taxonomy import LesionType
from livercad.core.ultrasound import BENIGN, IS_MALIGNANT, MALIGNANT, MASSES, Question
from livercad.studies.ultrasound.collection import Collection

TYPES = tuple(kind.value for kind in LesionType)

Index = npt.NDArray[np.int64]
_Told: TypeAlias = tuple[int, Circle | None, str]
"""Place of the image, circle and class of an example."""


@dataclass(frozen=True)
class Examples:
    """Of one question; arrays are in the order of `rows`.

    Parameters
    ----------
    question : Question
        What is asked.
    classes : tuple of str
        The answers.
    rows : ndarray of int, shape (n,)
        Place of each example's image in the collection.
    circles : tuple of Circle or None
        Around its lesion; None where the whole image is the example.
    labels : ndarray of int, shape (n,)
        Index into `classes`.
    groups : ndarray of int, shape (n,)
        Which no split may part: patients, with near-duplicates joined.
    """

    question: Question
    classes: tuple[str, ...]
    rows: Index
    circles: tuple[Circle | None, ...]
    labels: Index
    groups: Index


def examples_of(collection: Collection, fewest: int) -> tuple[list[Examples], list[str]]:
    """Find what can be asked.

    Parameters
    ----------
    collection : Collection
        Images, what is marked on them, and their groups.
    fewest : int
        Groups that each class needs; a rarer one is left out.

    Returns
    -------
    examples : list of Examples
        Of every question that has two classes or more. Malignancy is the sum over the types where these tell it of
        every lesion; where lesions have other classes, or types too rare to be learnt, it is asked by itself, first.
    notes : list of str
        What cannot be asked, and what is left out.
    """
    notes: list[str] = []
    lesions: list[_Told] = [
        (row, lesion.circle, lesion.kind or image.kind)
        for row, image in enumerate(collection.listed)
        for lesion in image.lesions
    ]
    asked: list[tuple[Question, Sequence[str], list[_Told]]] = [
        (Question.TYPE, TYPES, [each for each in lesions if each[2] in TYPES]),
        (Question.MASS, MASSES, [(row, None, _mass(image.shows_mass)) for row, image in enumerate(collection.listed)]),
    ]
    groups = collection.grouping.groups
    learnt = {name for name in TYPES if len({groups[row] for row, _, kind in lesions if kind == name}) >= fewest}
    if any(kind not in learnt for *_, kind in lesions):
        judged: list[_Told] = [(row, circle, _malignancy(kind)) for row, circle, kind in lesions]
        asked.insert(0, (Question.MALIGNANT, (BENIGN, MALIGNANT), judged))
    found = [
        examples
        for question, classes, told in asked
        if (examples := _examples(question, classes, told, groups, fewest, notes))
    ]
    return found, notes


def _mass(shown: bool | None) -> str:
    return "" if shown is None else MASSES[shown]


def _malignancy(kind: str) -> str:
    return (MALIGNANT if IS_MALIGNANT[kind] else BENIGN) if kind in IS_MALIGNANT else ""


def _examples(
    question: Question,
    classes: Sequence[str],
    told: Sequence[_Told],
    groups: Sequence[int],
    fewest: int,
    notes: list[str],
) -> Examples | None:
    own = {name: {groups[row] for row, _, kind in told if kind == name} for name in classes}
    kept = tuple(name for name in classes if len(own[name]) >= fewest)
    rare = [f"{len(own[name])} of {name}" for name in classes if 0 < len(own[name]) < fewest]
    if rare:
        notes.append(f"{question}: too few patients to learn from ({', '.join(rare)}; {fewest} are needed)")
    if not any(own.values()):
        return None
    if len(kept) < 2:
        notes.append(f"{question}: not asked, as there are not two classes with enough patients")
        return None
    used = [each for each in told if each[2] in kept]
    if len(used) < len(told):
        notes.append(
            f"{question}: {len(told) - len(used)} of {len(told)} left out, whose class is too rare or does not tell"
        )
    return Examples(
        question=question,
        classes=kept,
        rows=np.array([row for row, *_ in used]),
        circles=tuple(circle for _, circle, _ in used),
        labels=np.array([kept.index(kind) for *_, kind in used]),
        groups=np.array([groups[row] for row, *_ in used]),
    )
