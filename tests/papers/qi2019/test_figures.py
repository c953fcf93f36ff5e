"""ROC panels: nothing hides their curves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import matplotlib as mpl

from legends import check_legends
from livercad.evaluation.figures import STYLE
from livercad.papers.qi2019.answers import SecondQuestion
from livercad.papers.qi2019.asked import Asked, Way
from livercad.papers.qi2019.figures import roc_figure
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.splits import Side, Split
from livercad.papers.qi2019.ways import roc_figure as ways_roc_figure

BELOW: Any = SimpleNamespace(
    false_positive_rate=[0, 0.9, 1], true_positive_rate=[0, 0.1, 1], auc=SimpleNamespace(value=0.1)
)
"""A curve below the diagonal."""


def test_legends_of_the_study_lie_beside_the_panels() -> None:
    criteria = {question: {method: dict.fromkeys(Side, BELOW) for method in Method} for question in Question}
    results: Any = SimpleNamespace(splits={Split.IMAGE: SimpleNamespace(criteria=criteria)})
    with mpl.rc_context(STYLE):
        check_legends(roc_figure(Split.IMAGE, results), 4)


def test_legends_of_the_comparison_lie_beside_the_panels() -> None:
    asked: Any = {each: SimpleNamespace(ways=dict.fromkeys(Way, BELOW)) for each in Asked}
    with mpl.rc_context(STYLE):
        check_legends(ways_roc_figure(asked, SecondQuestion.MASS), 3)
