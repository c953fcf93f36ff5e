"""What a training measures on a case: by the predictor in use, here one that leaves off some of the liver."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from liver_cases import liver_cases
from livercad.core.taxonomy import Label
from livercad.core.volume import Volume
from livercad.models.version import ModelVersion
from livercad.progress import silent
from livercad.segmentation.training import scores
from livercad.settings import Settings


@pytest.mark.parametrize(("left_off", "found"), [(0.0, 1), (0.4, 1), (0.6, 0), (1.0, 0)])
@pytest.mark.parametrize("case", [0, 1])
def test_a_liver_without_most_of_a_small_lesion_has_not_found_it(
    case: int, left_off: float, found: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled = liver_cases(tmp_path, 2)[case]
    label = labelled.read_label()
    lesion = np.argwhere(label.array == Label.LESION)
    liver = (label.array > 0).astype(np.uint8)
    liver[tuple(lesion[: int(left_off * len(lesion))].T)] = 0

    class Predictor:
        def __init__(self, settings: Settings, weights: object) -> None: ...

        def __call__(self, ct: Volume, progress: object) -> Volume:
            return ct.like(liver)

    monkeypatch.setattr(scores, "LiverPredictor", Predictor)
    weights: ModelVersion = None  # type: ignore[assignment]
    metrics, _ = scores.liver_measure(weights, Settings())(labelled, silent)
    assert (metrics.small_lesions, metrics.small_found) == (1, found)
    lost = int(left_off * len(lesion))
    whole = int((label.array > 0).sum())
    assert metrics.liver_dice == pytest.approx(2 * (whole - lost) / (2 * whole - lost))
