"""The whole study, small: what it leaves, what it keeps, how it goes on, what its page shows."""

from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from fakes import FakeLiverFinder, synthetic_abdomen, write_case
from livercad.core.phases import Phase
from livercad.errors import Cancelled, InputError, ModelError
from livercad.papers.shah2021 import reproduce as reproduce_module
from livercad.papers.shah2021.classes import CLASSES, ShahClass
from livercad.papers.shah2021.jobs import RESULT, WEIGHTS
from livercad.papers.shah2021.predictor import ShahDetector
from livercad.papers.shah2021.reproduce import reproduce
from livercad.papers.shah2021.results import Results
from livercad.papers.shah2021.sections import find_sections
from livercad.papers.shah2021.settings import LesionSettings, Settings, Split
from livercad.papers.shah2021.sources import Patient, PatientImages
from livercad.papers.shah2021.training import CHECKPOINT
from shah_patients import SimpleSource

Study = tuple[Path, Results]


def test_a_study_leaves_page_numbers_figures_and_model(shah_study: Study) -> None:
    output, results = shah_study
    assert Results.model_validate_json((output / "results.json").read_text(encoding="utf-8")) == results
    for name in ("curves", "leak", "confusion", "liver_curves"):
        assert (output / "figures" / f"{name}.svg").read_text(encoding="utf-8").lstrip().startswith("<?xml")
    for name in ("preprocessing", "livers", "lesions", "filters", "maps", "curves"):
        assert (output / "figures" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    page = (output / "index.html").read_text(encoding="utf-8")
    assert "Research software" in page
    assert not re.search(r'(?:src|href)="(?:https?:|/)', page)
    for told in ("98.78", "98.67", "98.82", "95.70", "96.18", "10.2", "8.4"):
        assert told in page
    for _, _, reason in results.settings.choices():
        assert reason.split("”")[-1][:20] in page.replace("&#39;", "'")
    for split in Split:
        assert f"{100 * results.splits[split].test.lesions.dice.value:.1f}" in page


def test_the_split_by_image_leaks_and_the_split_by_patient_does_not(shah_study: Study) -> None:
    _, results = shah_study
    assert results.splits[Split.IMAGE].shared > 0.9
    assert results.splits[Split.PATIENT].shared == 0
    assert results.leaks[0].measure == "accuracy of four classes"
    for leak in results.leaks:
        assert leak.difference.value == pytest.approx(leak.by_image.value - leak.by_patient.value)
        assert leak.same_images is not None


def test_numbers_count_every_image_once(shah_study: Study) -> None:
    _, results = shah_study
    assert sum(results.patients.values()) == 8
    assert sum(results.lesion_images.values()) == 32
    for split in results.splits.values():
        assert split.training.images + split.test.images == 32
        assert split.liver_training.images + split.liver_test.images == results.liver_images == 16
        for part in (split.training, split.test):
            assert sum(sum(row.values()) for row in part.confusion.values()) == part.images
        assert len(split.lesion_network.curve.test_loss) == results.settings.lesions.epochs


def test_a_second_call_trains_nothing_again_and_comes_to_the_same(
    shah_study: Study, shah_settings: Settings, tmp_path: Path
) -> None:
    output, results = Path(shutil.copytree(shah_study[0], tmp_path / "out")), shah_study[1]
    kept = {path: path.stat().st_mtime_ns for path in output.glob("*/*") if path.is_file()}
    kept |= {path: path.stat().st_mtime_ns for path in (output / "trainings").glob("*/*.safetensors")}
    (output / "trainings" / "lesions-patient" / RESULT).unlink()
    again = reproduce(SimpleSource(), output, shah_settings, workers=1)
    changed = {path.parent.name for path in kept if path.stat().st_mtime_ns != kept[path]}
    assert changed == {"figures", "model", "lesions-patient"}
    assert again.splits[Split.IMAGE] == results.splits[Split.IMAGE]
    assert again.leaks == results.leaks


def test_a_cancelled_study_goes_on_where_it_was_bit_for_bit(
    shah_study: Study, shah_settings: Settings, tmp_path: Path
) -> None:
    calls = 0

    def cancel(done: float, total: float, what: str) -> None:
        nonlocal calls
        calls += what == "training the MDL-CNN"
        if calls > 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        reproduce(SimpleSource(), tmp_path, shah_settings, workers=1, progress=cancel)
    checkpoint = tmp_path / "trainings" / "lesions-image" / CHECKPOINT
    assert checkpoint.is_file()
    assert not (tmp_path / "index.html").exists()
    seen: list[float] = []

    def watch(done: float, total: float, what: str) -> None:
        seen.append(done / total)

    reproduce(SimpleSource(), tmp_path, shah_settings, workers=1, progress=watch)
    assert seen == sorted(seen) and seen[-1] == 1.0
    assert not checkpoint.exists()
    for name in ("liver-image", "liver-patient", "lesions-image", "lesions-patient"):
        one, other = (load_file(folder / "trainings" / name / WEIGHTS) for folder in (shah_study[0], tmp_path))
        assert all(torch.equal(one[key], other[key]) for key in one)


def test_a_study_whose_learning_rate_is_too_high_names_it(tmp_path: Path, shah_settings: Settings) -> None:
    steep = shah_settings.liver.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(InputError, match=r"training liver-\w+, epoch \d of 3: .*liver\.learning_rate"):
        reproduce(SimpleSource(), tmp_path, shah_settings.model_copy(update={"liver": steep}), workers=1)
    assert not list((tmp_path / "trainings").rglob(RESULT))


class Painted(torch.nn.Module):
    """Answers with lesions where an image is bright, all of one class."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        bright = (images[:, 0] > 0.9).float() * 20 - 10
        classes = torch.zeros(len(images), 4, *images.shape[-2:])
        classes[:, 2] = 1.0
        return torch.stack([-bright, bright], dim=1), classes


def test_boxes_stand_around_the_areas_that_are_found_in_the_image_s_own_pixels() -> None:
    grey = np.full((2, 64, 64), 80, np.uint8)
    grey[0, 20:28, 30:42] = 255
    grey[0, 40:41, 20:21] = 255  # a speck
    liver = np.zeros((64, 64), bool)
    liver[8:56, 8:56] = True
    settings = LesionSettings(pixels=64, margin=0.0, smallest_mm2=20)
    found = find_sections(Painted(), grey, [liver, liver], settings, pixel_mm=2.0)
    (section,) = found[0].sections
    assert np.abs(np.subtract(section.rows, (20, 28))).max() <= 1
    assert np.abs(np.subtract(section.columns, (30, 42))).max() <= 1
    assert section.kind is ShahClass.HCC
    assert section.probability == pytest.approx(np.e / (np.e + 3), abs=1e-4)
    assert section.score > 0.9
    assert found[0].mask.sum() == pytest.approx(96, rel=0.2)
    assert found[0].probabilities == section.probabilities
    assert (found[1].sections, found[1].probabilities) == ((), None)
    assert find_sections(Painted(), grey[:1], [liver & False], settings, 2.0)[0].sections == ()


class BrokenSource(SimpleSource):
    """Some patients' files cannot be read."""

    def load(self, patient: Patient) -> PatientImages:
        if patient.name != "p00":
            raise InputError(f"{patient.name}.nii.gz", found="half a file", expected="a whole one", todo="Copy it.")
        return super().load(patient)


def test_where_nothing_is_left_to_divide_the_reasons_are_told(tmp_path: Path, shah_settings: Settings) -> None:
    with pytest.raises(InputError, match=r"no way to divide them by patient .*half a file"):
        reproduce(BrokenSource(), tmp_path, shah_settings, workers=1)


def test_first_weights_that_are_not_there_are_refused_before_anything_is_made(
    tmp_path: Path, shah_settings: Settings
) -> None:
    asked = shah_settings.lesions.model_copy(update={"weights": str(tmp_path / "nowhere.pth")})
    with pytest.raises(ModelError, match=r"nowhere\.pth"):
        reproduce(SimpleSource(), tmp_path / "out", shah_settings.model_copy(update={"lesions": asked}), workers=1)
    assert not (tmp_path / "out").exists()


def test_perimeters_of_every_image_are_written(shah_study: Study) -> None:
    for split in Split:
        entries = json.loads((shah_study[0] / "answers" / split / "perimeters.json").read_text(encoding="utf-8"))
        assert len(entries) == 32 + 16


def test_classes_have_the_paper_s_order_and_sides() -> None:
    assert [kind.value for kind in CLASSES] == ["CYS", "ANG", "HCC", "MET"]
    assert [kind.is_malignant for kind in CLASSES] == [False, False, True, True]
    assert ShahClass.CYS.color != ShahClass.MET.color


@pytest.mark.parametrize(("name", "found"), [("nowhere", "nothing there"), ("empty", "no study")])
def test_a_folder_without_studies_is_refused_before_anything_is_made(
    tmp_path: Path, shah_settings: Settings, name: str, found: str
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=found):
        reproduce(SimpleSource(), tmp_path / "out", shah_settings, studies=tmp_path / name, workers=1)
    assert not (tmp_path / "out").exists()


def test_studies_of_one_s_own_are_looked_at_with_pictures_on_the_page(
    shah_study: Study, shah_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out"
    shutil.copytree(shah_study[0], output)
    write_case(tmp_path / "studies", "one", 1)
    write_case(tmp_path / "studies" / "bare", "unenhanced", 2, phase=Phase.UNENHANCED)
    write_case(tmp_path / "studies" / "bare", "delayed", 2, phase=Phase.DELAYED)
    monkeypatch.setattr(reproduce_module, "liver_finder", FakeLiverFinder)
    results = reproduce(SimpleSource(), output, shah_settings, studies=tmp_path / "studies", workers=1)
    (case,) = results.cases
    assert case.case == "one"
    assert (
        len(results.left_out) == 1 and "bare: the study: found no portal and no arterial phase" in results.left_out[0]
    )
    assert results.splits == shah_study[1].splits  # nothing was trained again
    ct, detector = synthetic_abdomen(1), ShahDetector(output / "model")
    expected = detector(ct, FakeLiverFinder()(ct))
    assert [(each.kind, each.score) for each in case.lesions] == [(e.kind, round(e.score, 3)) for e in expected]
    picture = (output / "figures" / "case_one.png").read_bytes()
    page = (output / "index.html").read_text(encoding="utf-8")
    assert base64.b64encode(picture).decode() in page
    assert "bare: the study: found no portal and no arterial phase" in page
