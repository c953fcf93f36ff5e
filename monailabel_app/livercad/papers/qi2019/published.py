"""The numbers of Qi 2019, to stand beside ours. Each names its place in the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.splits import Side

CITATION = (
    "Qi X, Zhang L, Chen Y, Pi Y, Chen Y, Lv Q, Yi Z. Automated diagnosis of breast ultrasonography images using deep "
    "neural networks. Med Image Anal 2019;52:185–198"
)


@dataclass(frozen=True)
class PublishedCriteria:
    """A row of Tables 4 to 7.

    Parameters
    ----------
    f_beta : float
        F-β score, β = 2.
    accuracy, sensitivity, specificity : float
        Shares, 1 being 100 %.
    """

    f_beta: float
    accuracy: float
    sensitivity: float
    specificity: float


TABLES: Mapping[tuple[Question, Side], Mapping[Method, PublishedCriteria]] = {
    (Question.MALIGNANT, Side.VALIDATION): {
        Method.BASIC: PublishedCriteria(0.878, 0.9307, 0.8674, 0.9632),
        Method.MIP: PublishedCriteria(0.916, 0.9285, 0.9283, 0.9287),
        Method.REM: PublishedCriteria(0.931, 0.9447, 0.9391, 0.9476),
        Method.HAN: PublishedCriteria(0.888, 0.9226, 0.8891, 0.9398),
        Method.CHENG: PublishedCriteria(0.639, 0.7892, 0.6217, 0.8751),
    },
    (Question.MALIGNANT, Side.TEST): {
        Method.BASIC: PublishedCriteria(0.885, 0.9352, 0.8739, 0.9666),
        Method.MIP: PublishedCriteria(0.920, 0.9389, 0.9261, 0.9455),
        Method.REM: PublishedCriteria(0.942, 0.9448, 0.9565, 0.9388),
        Method.HAN: PublishedCriteria(0.905, 0.9308, 0.9087, 0.9422),
        Method.CHENG: PublishedCriteria(0.645, 0.7954, 0.6261, 0.8821),
    },
    (Question.SOLID, Side.VALIDATION): {
        Method.BASIC: PublishedCriteria(0.920, 0.8762, 0.9276, 0.7708),
        Method.MIP: PublishedCriteria(0.930, 0.8791, 0.9419, 0.7506),
        Method.REM: PublishedCriteria(0.941, 0.8939, 0.9529, 0.7730),
        Method.HAN: PublishedCriteria(0.907, 0.8799, 0.9057, 0.8270),
        Method.CHENG: PublishedCriteria(0.819, 0.7303, 0.8279, 0.5303),
    },
    (Question.SOLID, Side.TEST): {
        Method.BASIC: PublishedCriteria(0.916, 0.8734, 0.9222, 0.7735),
        Method.MIP: PublishedCriteria(0.924, 0.8778, 0.9331, 0.7645),
        Method.REM: PublishedCriteria(0.932, 0.9013, 0.9354, 0.8318),
        Method.HAN: PublishedCriteria(0.887, 0.8528, 0.8861, 0.7847),
        Method.CHENG: PublishedCriteria(0.805, 0.7174, 0.8116, 0.5247),
    },
}
"""Tables 4 to 7."""

AUC: Mapping[Question, Mapping[Method, float]] = {
    Question.MALIGNANT: {Method.BASIC: 0.980, Method.REM: 0.982},
    Question.SOLID: {Method.BASIC: 0.928, Method.REM: 0.928},
}
"""Sections 5.2.1 and 5.2.3, which do not say whether of validation or of the test; those of the other methods stand in
the paper's figures alone."""

FIGURE_9: Mapping[Question, tuple[int, int, int, int]] = {
    Question.MALIGNANT: (440, 20, 55, 844),
    Question.SOLID: (854, 59, 75, 371),
}
"""Images of the test with region enhancement: called yes and no of those that are, then of those that are not. The
numbers of Figure 9 are not in the text; these alone, of 1359 images, come to the sensitivity and the specificity of
Tables 5 and 7. Their accuracies are the tables', but that of Sn-Net is 90.14 % where Table 7 has 90.13."""

IMAGES, PATIENTS = 8145, 2047
"""Sections 4.2 and 4.1 ("Over 8000 images from 2047 patients")."""
POSITIVE: Mapping[Question, int] = {Question.MALIGNANT: 2759, Question.SOLID: 2759 + 2713}
"""Images, section 4.2."""
SIDES: Mapping[Side, int] = {Side.TRAINING: 5429, Side.VALIDATION: 1357, Side.TEST: 1359}
"""Images, section 4.3."""
