"""What a network that tells classes of lesions apart answers, in the words of all models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from livercad.core.ultrasound import BENIGN, IS_MALIGNANT, MALIGNANT, Probabilities, Question


def questions_of(classes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Tell what a network can be asked.

    Parameters
    ----------
    classes : sequence of str
        Of lesions, that it tells apart.

    Returns
    -------
    dict of str to tuple of str
        Classes by question, the main one first: of benign and malignant whether it is malignant; of any others the
        type, and whether it is malignant where that is known of each of them, and differs.
    """
    malignant: dict[str, tuple[str, ...]] = {Question.MALIGNANT.value: (BENIGN, MALIGNANT)}
    if set(classes) == {BENIGN, MALIGNANT}:
        return malignant
    known = {IS_MALIGNANT.get(name) for name in classes}
    return {Question.TYPE.value: tuple(classes), **(malignant if known == {False, True} else {})}


def answers_of(probabilities: Mapping[str, float]) -> Probabilities:
    """Answer what `questions_of` tells.

    Parameters
    ----------
    probabilities : mapping of str to float
        Of each class, which add up to 1.

    Returns
    -------
    dict of str to dict of str to float
        By question and class; malignant is the sum over the classes that are.
    """
    malignant = sum(p for name, p in probabilities.items() if IS_MALIGNANT.get(name))
    benign = sum(p for name, p in probabilities.items() if not IS_MALIGNANT.get(name))
    told = {BENIGN: float(benign), MALIGNANT: float(malignant)}
    by_question = {Question.TYPE.value: dict(probabilities), Question.MALIGNANT.value: told}
    return {question: by_question[question] for question in questions_of(list(probabilities))}
