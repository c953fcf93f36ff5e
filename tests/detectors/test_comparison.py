"""The script that compares detectors: what has no weights is left out, and hits are counted in millimetres."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from livercad.core.volume import Volume
from livercad.errors import ModelError
from livercad.evaluation.boxes.model import BoxFrame, DetectedBox

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "compare_detectors.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("compare_detectors", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def test_detectors_without_weights_are_left_out_with_the_reason(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path))
    makers = {
        "components": lambda: script.of_pipeline("components"),
        "retinanet": lambda: script.of_pipeline("retinanet"),
        "aluko": lambda: script.aluko(tmp_path / "none"),
        "shah": lambda: script.shah(tmp_path / "none"),
    }
    loaded, left_out = script.load(makers)
    assert list(loaded) == ["components"] and set(left_out) == {"retinanet", "aluko", "shah"}
    assert "train_models.py retinanet" in left_out["retinanet"] and "reproduce shah2021" in left_out["shah"]
    with pytest.raises(ModelError):
        makers["retinanet"]()


def test_hits_and_false_ones_are_counted_with_those_from_10_mm_apart(script: ModuleType) -> None:
    truth = Volume(np.zeros((40, 40, 40), np.uint16), np.diag([1.0, 1, 1, 1]))
    truth.array[5:20, 5:20, 5:20] = 1
    truth.array[30:34, 30:34, 30:34] = 2
    found = (
        DetectedBox((4.5, 4.5, 4.5, 19.5, 19.5, 19.5), 0.9, BoxFrame.RAS),
        DetectedBox((1.0, 30.0, 30.0, 6.0, 36.0, 36.0), 0.8, BoxFrame.RAS),
    )
    scores = script.score([script.against("a", found, truth)], 0.5)
    assert (scores["lesions"], scores["lesions_from_10_mm"]) == (2, 1)
    assert scores["sensitivity"]["1.0"]["value"] == 0.5 and scores["sensitivity_from_10_mm"]["0.5"]["value"] == 1.0
    assert (scores["at_minimum_score"]["hits"], scores["at_minimum_score"]["false_positives"]) == (1, 1)
    assert script.listed(found)[0] == {"score": 0.9, "mm": 15.0}
