"""The task `yasaka2018`, with a network that has learnt nothing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import save

from fakes import full_analyzer, write_case
from livercad.core.phases import Phase
from livercad.core.taxonomy import YasakaCategory
from livercad.errors import InputError, ModelError
from livercad.papers.yasaka2018.capture import largest_section
from livercad.papers.yasaka2018.predictor import FILES, ExportedModel, YasakaPredictor
from livercad.papers.yasaka2018.settings import CaptureSettings, Model, TrainingSettings
from livercad.papers.yasaka2018.training import new_network
from livercad.progress import Progress
from livercad.server.errors import STATUS
from livercad.server.results import Result
from livercad.server.yasaka_task import YasakaTask
from livercad.studies.discover import find_studies
from livercad.studies.study import Series, Study


def write_model(folder: Path) -> None:
    capture, training = CaptureSettings(pixels=16), TrainingSettings(channels=(4, 4, 4), units=(8, 8))
    data = save(new_network(Model.TRIPHASIC, training, capture.pixels).state_dict())
    digest = hashlib.sha256(data).hexdigest()
    description = ExportedModel(
        version="1", capture=capture, training=training, trained_on="nothing", training_sets=0, training_sha256="",
        test_accuracy=0.2, run=1, weights_sha256=digest,
    )  # fmt: skip
    folder.mkdir()
    (folder / FILES.weights).write_bytes(data)
    (folder / FILES.description).write_text(description.model_dump_json(), encoding="utf-8")


def study_of(folder: Path, *phases: Phase) -> Study:
    for phase in phases:
        write_case(folder / "case", phase.value, phase=phase)
    return find_studies(folder).studies[0]


def describe(request: dict, progress: Progress) -> Result:
    return Result.of(full_analyzer()(request["study"], progress))


def test_every_lesion_gets_the_predictor_s_probabilities(tmp_path: Path) -> None:
    study = study_of(tmp_path / "studies", Phase.UNENHANCED, Phase.ARTERIAL, Phase.DELAYED)
    task = YasakaTask(describe, tmp_path / "model")
    assert "no model that can be read" in task.info()["problem"]
    with pytest.raises(ModelError, match="livercad reproduce yasaka2018"):
        task({"study": study, "folder": str(tmp_path)})
    write_model(tmp_path / "model")
    assert task.info()["problem"] == ""
    file, params = task({"study": study, "folder": str(tmp_path)})
    analysis = full_analyzer()(study)
    images = {image.phase: image.aligned for image in analysis.phases if image.phase}
    assert [lesion["number"] for lesion in params["lesions"]] == [1, 2]
    for lesion in params["lesions"]:
        section = largest_section(analysis.lesions.like(analysis.lesions.array == lesion["number"]))
        expected = YasakaPredictor(tmp_path / "model")(images, *section)
        assert lesion["probabilities"] == pytest.approx({key.value: p for key, p in expected.items()}, abs=1e-4)
        assert lesion["category"] == max(expected, key=lambda category: expected[category]).value
    assert params["label_names"] == {category.value: n for n, category in enumerate(YasakaCategory, start=1)}
    assert json.loads(json.dumps(params)) == params
    assert len(json.loads(Path(file).read_text(encoding="utf-8"))["markups"]) == 2


def never(request: dict, progress: Progress) -> Result:
    pytest.fail("The study was analysed.")


@pytest.mark.parametrize("nameless", [0, 1])
def test_a_study_whose_names_lack_phases_is_refused_before_it_is_analysed(tmp_path: Path, nameless: int) -> None:
    write_model(tmp_path / "model")
    study = study_of(tmp_path / "studies", Phase.ARTERIAL, Phase.PORTAL)
    study = replace(study, series=study.series + (Series((Path("x7.nii.gz"),), None, "unknown"),) * nameless)
    with pytest.raises(InputError, match="no unenhanced and no delayed phase") as refused:
        YasakaTask(never, tmp_path / "model")({"study": study, "folder": str(tmp_path)})
    assert "named phases: arterial, portal" in str(refused.value)
    assert dict(STATUS)[type(refused.value)] == 400


def test_a_study_whose_images_lack_a_phase_is_refused(tmp_path: Path) -> None:
    write_model(tmp_path / "model")
    for name, phase in zip("abc", (Phase.UNENHANCED, Phase.ARTERIAL, Phase.PORTAL), strict=True):
        write_case(tmp_path / "studies" / "case", name, phase=phase)
    (study,) = find_studies(tmp_path / "studies").studies
    with pytest.raises(InputError, match="no delayed phase"):
        YasakaTask(describe, tmp_path / "model")({"study": study, "folder": str(tmp_path)})
