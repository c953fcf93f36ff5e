"""Questions and answers about ultrasound images in the words and the colour in which every page shows them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from livercad.core.class_names import name_of
from livercad.core.question_names import question_name
from livercad.core.ultrasound import IS_MALIGNANT, MALIGNANT, OF_ANY_VIEW, Probabilities, Question
from livercad.reports.formatting import whole_percent
from livercad.reports.words import Verdict


def most_probable(classes: Mapping[str, float]) -> str:
    """The class with the highest probability, the first of equal ones."""
    return max(classes, key=lambda name: classes[name])


def answer_text(classes: Mapping[str, float]) -> str:
    """The most probable class with its probability: ``Malignant 87 %``."""
    name = most_probable(classes)
    return f"{name_of(name)} {whole_percent(classes[name])}"


def style_of(name: str) -> Verdict:
    """How a class is coloured: as malignant, as benign, or neither, where it tells nothing of that."""
    if name not in IS_MALIGNANT:
        return Verdict.NONE
    return Verdict.MALIGNANT if IS_MALIGNANT[name] else Verdict.BENIGN


def verdict_of_case(probabilities: Probabilities) -> Verdict:
    """How a case, or a lesion on an image, is marked: by malignancy where it was asked, else by the most probable type.

    Parameters
    ----------
    probabilities : dict of str to dict of str to float
        By question and class; may be empty.

    Returns
    -------
    Verdict
        ``NONE`` where neither tells.
    """
    for question in (Question.MALIGNANT, Question.TYPE):
        if question in probabilities:
            return style_of(most_probable(probabilities[question]))
    return Verdict.NONE


def answers_in_words(probabilities: Probabilities) -> list[str]:
    """Each answer on a line of text: ``type HCC 61 %``, ``malignancy malignant 87 %``."""
    return [f"{question_name(question).lower()}: {answer_text(told)}" for question, told in probabilities.items()]


def whence(question: str, count: int, probabilities: Probabilities) -> str:
    """How a case's answer comes from so many opinions (`livercad.core.ultrasound.mean_probabilities`).

    Parameters
    ----------
    question : str
        One that was answered.
    count : int
        Of opinions about it.
    probabilities : dict of str to dict of str to float
        The case's, by question and class.

    Returns
    -------
    str
        It also tells where malignancy is no answer of its own, but the sum over types.
    """
    if question in OF_ANY_VIEW and count > 1:
        return f"on the image where it is surest, of {count}"
    told = "one opinion" if count == 1 else f"mean over {count} opinions"
    return f"{told}, the malignant types together" if _is_sum_of_types(question, probabilities) else told


def _is_sum_of_types(question: str, probabilities: Probabilities) -> bool:
    if question != Question.MALIGNANT or Question.TYPE not in probabilities:
        return False
    malignant = sum(each for name, each in probabilities[Question.TYPE].items() if IS_MALIGNANT.get(name))
    return math.isclose(malignant, probabilities[question][MALIGNANT], abs_tol=1e-6)
