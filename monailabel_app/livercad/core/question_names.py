"""What questions about ultrasound images are called on pages and in messages."""

from __future__ import annotations

from livercad.core.ultrasound import Question

QUESTION_NAMES = {
    Question.MASS: "Mass",
    Question.SOLID: "Solid nodule",
    Question.MALIGNANT: "Malignancy",
    Question.TYPE: "Type",
}


def question_name(question: str) -> str:
    """A question in a word or two: ``Malignancy``."""
    return QUESTION_NAMES[Question(question)]
