"""What the classes of a table say to a model's questions."""

from __future__ import annotations

from collections.abc import Sequence

from livercad.core.taxonomy import LesionType
from livercad.core.ultrasound import BENIGN, IS_MALIGNANT, NORMAL, Question


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
    if word in classes:
        return word
    if len(classes) != 2:
        return None
    told = {Question.MASS: mass, Question.SOLID: _solid(word), Question.MALIGNANT: IS_MALIGNANT.get(word)}
    answer = told.get(Question(question))
    return None if answer is None else classes[answer]


def _solid(word: str) -> bool | None:
    """A mass that is no cyst; a benign one may be one."""
    if word in NORMAL or word == LesionType.CYST:
        return False
    return True if word in IS_MALIGNANT and word != BENIGN else None
