"""What the classes of a table say to a model's questions."""

from __future__ import annotations

from collections.abc import Sequence

from livercad.core.taxonomy import LesionType
from livercad.core.ultrasound import BENIGN, IS_MALIGNANT, NORMAL, Question


def true_class(question: str, classes: Sequence[str], word: str) -> str | None:
    """Tell which class of a question a table's word stands for.

    Parameters
    ----------
    question : str
        `livercad.core.ultrasound.Question`.
    classes : sequence of str
        That the model tells apart; of a question of yes and no, no comes first.
    word : str
        The table's, in small letters; may be empty.

    Returns
    -------
    str or None
        None where the word does not answer the question: nothing is marked, or ``benign`` where the type is asked.
    """
    if word in classes:
        return word
    if not word or len(classes) != 2:
        return None
    answer = {Question.MASS: _mass, Question.SOLID: _solid, Question.MALIGNANT: _malignant}.get(Question(question))
    told = answer(word) if answer else None
    return None if told is None else classes[told]


def _mass(word: str) -> bool:
    return word not in NORMAL


def _solid(word: str) -> bool | None:
    """A mass that is no cyst; a benign one may be one."""
    if word in NORMAL or word == LesionType.CYST:
        return False
    return True if word in IS_MALIGNANT and word != BENIGN else None


def _malignant(word: str) -> bool | None:
    return IS_MALIGNANT.get(word)
