"""What classes of images mean for the paper's two questions (section 4.2, Table 3)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from livercad.core.taxonomy import LesionType
from livercad.core.ultrasound import BENIGN, IS_MALIGNANT
from livercad.papers.qi2019.methods import Question

NORMAL = "normal"
MALIGNANT = frozenset(kind for kind, is_malignant in IS_MALIGNANT.items() if is_malignant)
"""Classes of images that are cancer."""
KNOWN = frozenset((NORMAL, *IS_MALIGNANT))
"""Classes of images that can be used."""


class SecondQuestion(StrEnum):
    """What Sn-Net learns."""

    SOLID = "solid nodule or not"
    """As the paper: cysts and normal images have none. Cysts must be named."""
    MASS = "mass or not"
    """Any mass against normal images: where cysts are among the benign masses, unnamed, as in BUSI and AUL."""


def second_question(kinds: Sequence[str]) -> SecondQuestion | None:
    """Choose what Sn-Net can learn.

    Parameters
    ----------
    kinds : sequence of str
        Class of each image, some of `KNOWN`.

    Returns
    -------
    SecondQuestion or None
        None where neither question has a yes and a no.
    """
    there = set(kinds)
    for question in SecondQuestion:
        if question is SecondQuestion.SOLID and BENIGN in there:
            continue
        if len(np.unique(_solid(kinds, question))) > 1:
            return question
    return None


def true_answers(kinds: Sequence[str], second: SecondQuestion) -> dict[Question, npt.NDArray[np.int64]]:
    """Answer both questions.

    Parameters
    ----------
    kinds : sequence of str
        Class of each image.
    second : SecondQuestion
        What Sn-Net learns.

    Returns
    -------
    dict of Question to ndarray of int, shape (images,)
        1 for yes, 0 for no.
    """
    malignant = np.array([kind in MALIGNANT for kind in kinds], np.int64)
    return {Question.MALIGNANT: malignant, Question.SOLID: _solid(kinds, second)}


def _solid(kinds: Sequence[str], second: SecondQuestion) -> npt.NDArray[np.int64]:
    without = {NORMAL, LesionType.CYST.value} if second is SecondQuestion.SOLID else {NORMAL}
    return np.array([kind not in without for kind in kinds], np.int64)
