"""The task `shah2021`, with a network that has learnt nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from safetensors.torch import save

from fakes import full_analyzer, write_case
from livercad.core.phases import Phase
from livercad.core.taxonomy import BENIGN_COLOR, MALIGNANT_COLOR
from livercad.errors import InputError, ModelError
from livercad.papers.shah2021.classes import CLASSES, ShahClass
from livercad.papers.shah2021.lesions import new_lesion_network
from livercad.papers.shah2021.predictor import FILES, ExportedModel, ShahDetector
from livercad.papers.shah2021.settings import ImageSettings, LesionSettings
from livercad.progress import Progress
from livercad.server.errors import STATUS
from livercad.server.results import Result
from livercad.server.shah_task import ShahTask
from livercad.studies.discover import find_studies
from livercad.studies.study import Study


def write_model(folder: Path) -> None:
    narrow = (4,) * 7
    lesions = LesionSettings(stages=(1,), location=narrow, classification=narrow, pixels=32, threshold=0.01)
    data = save(new_lesion_network(lesions).state_dict())
    digest = hashlib.sha256(data).hexdigest()
    description = ExportedModel(
        version="1", images=ImageSettings(field_mm=260, pixels=65, slice_mm=20), lesions=lesions, trained_on="nothing",
        training_images=0, images_sha256="", test_accuracy=0.25, test_lesion_dice=0.0, weights_sha256=digest,
    )  # fmt: skip
    folder.mkdir()
    (folder / FILES.weights).write_bytes(data)
    (folder / FILES.description).write_text(description.model_dump_json(), encoding="utf-8")


def study_of(folder: Path, *phases: Phase) -> Study:
    for phase in phases:
        write_case(folder / "case", phase.value, phase=phase)
    return find_studies(folder).studies[0]


def analyse(request: dict, progress: Progress) -> Result:
    return Result.of(full_analyzer()(request["study"], progress))


def never(request: dict, progress: Progress) -> Result:
    pytest.fail("The study was analysed.")


def test_lesions_come_as_boxes_with_class_and_probability(tmp_path: Path) -> None:
    study = study_of(tmp_path / "studies", Phase.ARTERIAL, Phase.PORTAL)
    task = ShahTask(analyse, tmp_path / "model")
    assert "no model that can be read" in task.info()["problem"]
    with pytest.raises(ModelError, match="livercad reproduce shah2021") as refused:
        ShahTask(never, tmp_path / "model")({"study": study, "folder": str(tmp_path)})
    assert dict(STATUS)[type(refused.value)] == 503
    write_model(tmp_path / "model")
    assert task.info()["problem"] == ""
    file, params = task({"study": study, "folder": str(tmp_path)})
    analysis = full_analyzer()(study)
    images = {image.phase: image.aligned for image in analysis.phases}
    expected = ShahDetector(tmp_path / "model")(images[Phase.PORTAL], analysis.liver)
    assert params["phase"] == "portal"
    assert [lesion["number"] for lesion in params["lesions"]] == list(range(1, len(expected) + 1)) != []
    markups = json.loads(Path(file).read_text(encoding="utf-8"))["markups"]
    for lesion, found, markup in zip(params["lesions"], expected, markups, strict=True):
        assert lesion["class"] == found.kind.value
        assert lesion["malignant"] is found.kind.is_malignant
        assert sum(lesion["probabilities"].values()) == pytest.approx(1, abs=1e-3)
        assert lesion["box"] == {
            "minimum": list(found.box.minimum), "maximum": list(found.box.maximum), "frame": "RAS",
        }  # fmt: skip
        color = MALIGNANT_COLOR if found.kind.is_malignant else BENIGN_COLOR
        assert markup["display"]["color"] == pytest.approx([value / 255 for value in color])
        assert markup["name"].startswith(f"Lesion {lesion['number']} {found.kind} 0.")
        assert markup["center"] == pytest.approx(list(found.box.center))
    assert params["label_names"] == {kind.value: n for n, kind in enumerate(CLASSES, start=1)}
    assert json.loads(json.dumps(params)) == params
    assert {ShahClass(lesion["class"]) for lesion in params["lesions"]} <= set(CLASSES)


def test_a_study_without_a_contrast_enhanced_phase_is_refused_before_it_is_analysed(tmp_path: Path) -> None:
    write_model(tmp_path / "model")
    study = study_of(tmp_path / "studies", Phase.UNENHANCED, Phase.DELAYED)
    with pytest.raises(InputError, match="neither a portal nor an arterial phase") as refused:
        ShahTask(never, tmp_path / "model")({"study": study, "folder": str(tmp_path)})
    assert "phases: unenhanced, delayed" in str(refused.value)
    assert dict(STATUS)[type(refused.value)] == 400


def test_a_study_whose_images_turn_out_to_lack_one_is_refused(tmp_path: Path) -> None:
    write_model(tmp_path / "model")
    for name, phase in zip("ab", (Phase.UNENHANCED, Phase.DELAYED), strict=True):
        write_case(tmp_path / "studies" / "case", name, phase=phase)
    (study,) = find_studies(tmp_path / "studies").studies
    with pytest.raises(InputError, match="neither a portal nor an arterial phase"):
        ShahTask(analyse, tmp_path / "model")({"study": study, "folder": str(tmp_path)})
