"""The task `aluko2018_faster_rcnn`, with a network that has learnt nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fakes import full_analyzer, write_case
from livercad.core.geometry import Box, Frame
from livercad.core.volume import Volume
from livercad.detection.linking import DetectedLesion
from livercad.errors import InputError, ModelError
from livercad.papers.aluko2018 import predictor
from livercad.progress import Progress
from livercad.server.aluko_task import AlukoTask
from livercad.server.results import Result
from livercad.studies.discover import find_studies

FOUND = (
    DetectedLesion(Box((1.0, 2.0, 3.0), (11.0, 12.0, 13.0), Frame.RAS), 0.8),
    DetectedLesion(Box((0.0, 0.0, 0.0), (5.0, 5.0, 5.0), Frame.RAS), 0.3),
)


class Trained:
    """Stands in for a detector that has been trained."""

    def __init__(self, folder: Path) -> None:
        self.description = predictor.ExportedDetector(
            version="1", backbone="small", fixed_norm=False, detector={}, window=(-175, 275), trained_on="nothing",
            training_images=0, threshold=0.5, sensitivity=0.0, weights_sha256="",
        )  # fmt: skip

    def __call__(self, ct: Volume, liver: Volume, progress: Progress) -> tuple[DetectedLesion, ...]:
        assert ct.shape == liver.shape
        assert np.unique(liver.array).tolist() == [0, 1]
        return FOUND


def describe(request: dict, progress: Progress) -> Result:
    return Result.of(full_analyzer()(request["study"], progress))


def never(request: dict, progress: Progress) -> Result:
    pytest.fail("The study was analysed.")


def test_without_a_model_it_is_refused_with_the_reason_before_anything_is_analysed(tmp_path: Path) -> None:
    task = AlukoTask(never, tmp_path / "model")
    assert "no model that can be read" in task.info()["problem"]
    with pytest.raises(ModelError, match="livercad reproduce aluko2018"):
        task({"study": None, "folder": str(tmp_path)})


def test_boxes_come_as_slicer_s_markups_and_in_millimetres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livercad.server.aluko_task.AlukoDetector", Trained)
    write_case(tmp_path / "studies" / "case", "portal")
    (study,) = find_studies(tmp_path / "studies").studies
    task = AlukoTask(describe, tmp_path / "model")
    assert task.info()["problem"] == ""
    file, params = task({"study": study, "folder": str(tmp_path)})
    (markup,) = json.loads(Path(file).read_text(encoding="utf-8"))["markups"]
    assert (markup["center"], markup["size"], markup["coordinateSystem"]) == ([6, 7, 8], [10, 10, 10], "RAS")
    assert "0.80" in markup["name"]
    assert params["lesions"] == [
        {"number": 1, "score": 0.8, "box": {"minimum": [1, 2, 3], "maximum": [11, 12, 13], "frame": "RAS"}}
    ]
    assert (params["threshold"], params["label_names"]) == (0.5, {"lesion": 2})
    assert json.loads(json.dumps(params)) == params
    _, more = task({"study": study, "folder": str(tmp_path), "threshold": 0.2})
    assert len(more["lesions"]) == 2
    _, everything = task({"study": study, "folder": str(tmp_path), "threshold": 0})
    assert (everything["threshold"], len(everything["lesions"])) == (0, 2)


@pytest.mark.parametrize("threshold", ["sure", -0.1, 1.5, float("nan"), [0.5]])
def test_a_threshold_that_is_no_share_is_refused_before_anything_is_analysed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threshold: object
) -> None:
    monkeypatch.setattr("livercad.server.aluko_task.AlukoDetector", Trained)
    with pytest.raises(InputError, match=r"threshold: found .*expected a number in \[0, 1\]"):
        AlukoTask(never, tmp_path / "model")({"study": None, "folder": str(tmp_path), "threshold": threshold})
