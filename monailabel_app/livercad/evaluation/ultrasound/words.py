"""What the classes of a table say to a model's questions."""

from __future__ import annotations

from collections.abc import Sequence

from livercad.core.taxonomy import LesionType
from livercad.core.ultrasound import BENIGN, IS_MALIGNANT, Question
from livercad.studies.ultrasound.truth import CaseTruth


def true_class(question: str, classes: Sequence[str], word: str, mass: bool | None) -> str | None:
    """Tell which class of a question is true, by what the truth says.

    Parameters
    ----------
    question : str
        `livercad.core.ultrasound.Question`.
    classes : sequence of str
        That the model tells apart; of a question of yes and no, no comes first.
    word : str
        The table's class, in small letters; may be empty.
    mass : bool or None
        Whether there is a mass (`ListedImage.shows_mass`); None where nobody tells.

    Returns
    -------
    str or None
        None where this does not answer the question: no class is told, or ``benign`` where the type is asked.
    """
    if word in classes and question != Question.MASS:
        return word
    if len(classes) != 2:
        return None
    told = {Question.MASS: mass, Question.SOLID: _solid(word, mass), Question.MALIGNANT: IS_MALIGNANT.get(word)}
    answer = told.get(Question(question))
    return None if answer is None else classes[answer]


def true_of_case(question: str, classes: Sequence[str], truth: CaseTruth) -> str | None:
    """Tell which class of a question is true of a case: the one that all its lesions have.

    Parameters
    ----------
    question : str
        `livercad.core.ultrasound.Question`.
    classes : sequence of str
        That the model tells apart; of a question of yes and no, no comes first.
    truth : CaseTruth
        Of the case.

    Returns
    -------
    str or None
        None where its lesions answer differently, or one does not.
    """
    answers = {true_class(question, classes, word, truth.mass) for word in truth.classes or ("",)}
    return answers.pop() if len(answers) == 1 else None


def _solid(word: str, mass: bool | None) -> bool | None:
    """A mass that is no cyst; a benign one may be one."""
    if mass is False or word == LesionType.CYST:
        return False
    return True if word in IS_MALIGNANT and word != BENIGN else None
