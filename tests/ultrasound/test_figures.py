"""The figures of a training: nothing hides their curves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from legends import check_legends
from livercad.evaluation.figures import STYLE
from livercad.ultrasound.training import figures
from livercad.ultrasound.training.results import Prediction


@pytest.mark.parametrize("classes", [2, 4, 8])
def test_the_legend_of_the_roc_curves_lies_beside_them(classes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"focal lesion of type {number}" for number in range(classes)]
    rng = np.random.default_rng(0)
    predictions = [
        Prediction(
            image=f"{number}", center=None, diameter=None, fold=0, truth=names[number % classes],
            probabilities=dict(zip(names, rng.dirichlet(np.ones(classes)).tolist(), strict=True)),
        )
        for number in range(40)
    ]  # fmt: skip
    drawn: list[Figure] = []
    monkeypatch.setattr(figures, "svg_of", drawn.append)
    result: Any = SimpleNamespace(question="type", classes=dict.fromkeys(names, 5), predictions=predictions)
    figures.curves_figure(result)
    with mpl.rc_context(STYLE):
        check_legends(drawn[0], 1)
