"""Batches of ultrasound images, alone and beside CT."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

from batch_fakes import loader
from fakes import write_case
from livercad.batch.display import Display
from livercad.batch.result import BatchResult
from livercad.batch.run import Ultrasound, run_batch
from livercad.batch.runner import SerialRunner
from livercad.cli.main import app
from livercad.core.circle import Circle
from livercad.core.findings import ModelUsed
from livercad.core.ultrasound import UltrasoundFindings
from livercad.errors import InputError, ModelError
from livercad.papers import ultrasound_models
from livercad.pipeline.analyzer import Analyzer
from livercad.pipeline.ultrasound_analyzer import UltrasoundAnalyzer
from livercad.settings import Settings, UltrasoundSettings
from livercad.studies.ultrasound.rows import Row, write_annotations
from livercad.ultrasound.model import Answer
from ultrasound_fakes import FakeImageModel, FakeLesionModel, lesion_image, write_images
from ultrasound_files import sector, write_us_dicom

CASES = {"eva": (0, 60), "fay": (110,), "gil": (180,)}


class Watched(FakeLesionModel):
    """Counts its questions; in the image of a grey it does a deed first."""

    def __init__(self, deeds: dict[int, Callable[[], Any]] | None = None) -> None:
        self.deeds, self.asked = deeds or {}, 0

    def __call__(self, image: np.ndarray, circle: Circle | None) -> Answer:
        self.asked += 1
        self.deeds.get(int(image[50, 60]), lambda: None)()
        return super().__call__(image, circle)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Three cases with four images, each with a marked lesion."""
    return write_images(tmp_path / "images", CASES)


def no_ct() -> Any:
    raise AssertionError("The models of CT were loaded.")


def analyse(
    folder: Path, out: Path, model: Any = None, *, ct: Callable[[], Any] = no_ct, text: Any = None, **options: Any
) -> BatchResult:
    model = model or Watched()
    settings = options.pop("settings", UltrasoundSettings())
    ultrasound = Ultrasound(SerialRunner(lambda: UltrasoundAnalyzer(model, settings)), settings)
    display = Display(Console(file=text or io.StringIO()))
    return run_batch(folder, out, SerialRunner(ct), Settings(), display, ultrasound=ultrasound, **options)


def table(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_images_alone_need_no_model_of_ct_and_leave_findings_saliency_tables_and_pages(
    images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert analyse(images, out).done == list(CASES)
    findings = UltrasoundFindings.from_dict(json.loads((out / "eva" / "findings.json").read_text()))
    assert [opinion.circle for opinion in findings.opinions] == [Circle((60.0, 50.0), 30.0)] * 2
    answers = [FakeLesionModel()(lesion_image(grey), findings.opinions[0].circle) for grey in CASES["eva"]]
    for number, answer in enumerate(answers, start=1):
        written = np.asarray(Image.open(out / "eva" / "saliency" / f"{number}.png"))
        np.testing.assert_array_equal(written, np.rint(255 * answer.saliency))
    rows = table(out / "ultrasound.csv")
    assert [(row["case"], row["image"], row["opinion"]) for row in rows] == [
        *(("eva", "eva/0.png", "1"), ("eva", "eva/1.png", "2")),
        *(("fay", "fay/0.png", "1"), ("gil", "gil/0.png", "1")),
    ]
    for row, answer in zip(rows, answers, strict=False):
        assert (row["center_x"], row["center_y"], row["diameter"]) == ("60.0", "50.0", "30.0")
        types = answer.probabilities["type"]
        assert row["type"] == max(types, key=lambda name: types[name])
        assert {name: float(row[f"p_type_{name}"]) for name in types} == pytest.approx(types, abs=1e-4)
    (eva, fay, gil) = table(out / "ultrasound_cases.csv")
    mean = np.mean([answer.probabilities["malignant"]["malignant"] for answer in answers])
    assert float(eva["p_malignant_malignant"]) == pytest.approx(mean, abs=1e-4)
    assert (fay["type"], fay["malignant"], gil["type"], gil["malignant"]) == (
        "hcc",
        "malignant",
        "hemangioma",
        "benign",
    )
    index = (out / "index.html").read_text()
    assert all(f'href="./{case}/report.html"' in index for case in CASES)
    assert not (out / "cases.csv").exists() and not (out / "findings.csv").exists()
    run = json.loads((out / "run.json").read_text())
    assert "settings" not in run and run["ultrasound"]["settings"]["model"] == "ultrasound_lesion"
    assert [model["name"] for model in run["models"]] == ["fake-ultrasound"]
    assert run["cases"]["fay"]["inputs"][0]["lesions"] == [[60.0, 50.0, 30.0]]


def test_ct_beside_images_gives_the_same_files_as_ct_alone(images: Path, tmp_path: Path) -> None:
    for folder in (images, tmp_path / "ct"):
        write_case(folder, "ann", 0, (40, 40, 24))
    ct = loader(tmp_path / "log.txt")
    assert analyse(images, tmp_path / "both", ct=ct).done == ["ann", *CASES]
    assert analyse(tmp_path / "ct", tmp_path / "alone", ct=ct).done == ["ann"]
    both, alone = tmp_path / "both", tmp_path / "alone"
    assert sorted(path.name for path in alone.iterdir()) == [
        *(".livercad", "ann", "cases.csv", "findings.csv", "index.html", "run.json")
    ]
    for name in ("liver.nii.gz", "lesions.nii.gz", "thumbnail.png"):
        assert (both / "ann" / name).read_bytes() == (alone / "ann" / name).read_bytes()
    assert (both / "findings.csv").read_text() == (alone / "findings.csv").read_text()
    manifests = [json.loads((out / "ann" / "manifest.json").read_text()) for out in (both, alone)]
    assert manifests[0]["fingerprint"] == manifests[1]["fingerprint"]
    assert [row["case"] for row in table(both / "cases.csv")] == ["ann"]
    assert [row["case"] for row in table(both / "ultrasound_cases.csv")] == list(CASES)
    assert "ultrasound" not in json.loads((alone / "run.json").read_text())
    index = (both / "index.html").read_text()
    assert "4 cases" in index and index.count('<table class="batch') == 2
    again = analyse(images, both, ct=ct)
    assert again.kept == ["ann", *CASES] and not again.done


def test_of_a_name_that_both_have_ct_wins_and_the_images_are_told_as_left_out(images: Path, tmp_path: Path) -> None:
    write_case(images, "fay", 0, (40, 40, 24))
    text = io.StringIO()
    result = analyse(images, tmp_path / "out", ct=loader(tmp_path / "log.txt"), text=text)
    assert sorted(result.done) == list(CASES) and not result.failed
    assert (tmp_path / "out" / "fay" / "liver.nii.gz").is_file() and "Left out: " in text.getvalue()
    left_out = json.loads((tmp_path / "out" / "run.json").read_text())["left_out"]
    assert any(item["case"] == "fay" and "CT" in item["reason"] for item in left_out)


def test_pictures_beside_ct_and_masks_that_are_used_make_no_case_and_are_told_as_what_they_are(tmp_path: Path) -> None:
    folder, text = tmp_path / "studies", io.StringIO()
    write_case(folder / "ann", "portal", 0, (40, 40, 24))
    for name in ("ann/screenshot.png", "bob/a.png", "bob/masks/a.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(sector()).save(folder / name)
    result = analyse(folder, tmp_path / "out", FakeImageModel(), ct=loader(tmp_path / "log.txt"), text=text)
    assert result.done == ["ann", "bob"]
    assert "Not ultrasound: 1 picture, for example ann/screenshot.png: a picture in the folder" in text.getvalue()
    assert "Taken for ultrasound" not in text.getvalue()
    left_out = json.loads((tmp_path / "out" / "run.json").read_text())["left_out"]
    assert {item["reason"].split(":")[0] for item in left_out} == {"ann/screenshot.png", "bob/masks"}
    rows = [Row("bob", "bob/a.png", masks="bob/masks/a.png"), Row("shot", "ann/screenshot.png")]
    write_annotations(folder / "annotations.csv", rows)
    result = analyse(folder, tmp_path / "out", FakeImageModel(), ct=loader(tmp_path / "log.txt"))
    assert (result.kept, result.done) == (["ann"], ["bob", "shot"])
    assert json.loads((tmp_path / "out" / "run.json").read_text())["left_out"] == []


def test_a_picture_that_may_be_anything_is_analysed_and_told(tmp_path: Path) -> None:
    folder, text = tmp_path / "studies", io.StringIO()
    write_case(folder, "ann", 0, (40, 40, 24))
    Image.fromarray(sector()).save(folder / "shot.png")
    result = analyse(folder, tmp_path / "out", FakeImageModel(), ct=loader(tmp_path / "log.txt"), text=text)
    assert result.done == ["ann", "shot"]
    assert "Taken for ultrasound: 1 picture beside CT, for example shot.png." in text.getvalue()
    assert "--ultrasound-model none" in text.getvalue()


def test_an_image_with_a_name_of_another_encoding_fails_alone(images: Path, tmp_path: Path) -> None:
    Image.fromarray(sector()).save(images / "M\udcfcller.png")
    result = analyse(images, tmp_path / "out")
    assert (result.done, list(result.failed)) == (list(CASES), ["M�ller"])
    assert "no UTF-8" in json.loads((tmp_path / "out" / "M�ller" / "error.json").read_text())["reason"]
    with pytest.raises(InputError, match=r"M�ller\.png: found a path that is no UTF-8"):
        analyse(images / "M\udcfcller.png", tmp_path / "alone")


def test_without_a_model_of_ultrasound_only_ct_is_looked_for(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_case(images, "ann", 0, (40, 40, 24))
    monkeypatch.setattr(Analyzer, "load", lambda settings: loader(tmp_path / "log.txt")())
    arguments = ["analyze", str(images), "--output", str(tmp_path / "out"), "--ultrasound-model", "none"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert not (tmp_path / "out" / "ultrasound.csv").exists() and not (tmp_path / "out" / "eva").exists()
    assert [row["case"] for row in table(tmp_path / "out" / "cases.csv")] == ["ann"]


def without_weights() -> Any:
    raise ModelError("liver", found="no weights", expected="weights", todo="Run `livercad models install`.")


def test_where_models_of_one_modality_are_missing_the_other_is_analysed(images: Path, tmp_path: Path) -> None:
    write_case(images, "ann", 0, (40, 40, 24))
    out, ct, text = tmp_path / "out", loader(tmp_path / "log.txt"), io.StringIO()
    result = analyse(images, out, ct=without_weights)
    assert (result.done, result.failed) == (list(CASES), ["ann"])
    (row,) = table(out / "cases.csv")
    assert (row["case"], row["status"]) == ("ann", "failed") and "livercad models install" in row["reason"]
    assert "livercad models install" in (out / "index.html").read_text()
    assert result.in_words().endswith("1 failed, for the reasons in cases.csv.")
    assert analyse(images, out, ct=ct).done == ["ann"]

    def ultrasound(where: Path, **more: Any) -> BatchResult:
        missing = Ultrasound(SerialRunner(without_weights), UltrasoundSettings())
        display = Display(Console(file=text))
        return run_batch(images, where, SerialRunner(ct), Settings(), display, ultrasound=missing, **more)

    result = ultrasound(tmp_path / "new")
    assert (result.done, result.failed) == (["ann"], list(CASES))
    assert {row["status"] for row in table(tmp_path / "new" / "ultrasound_cases.csv")} == {"failed"}
    result = ultrasound(out, force=True)
    assert (result.done, result.failed, result.unchecked) == (["ann"], [], list(CASES))
    assert {row["status"] for row in table(out / "ultrasound_cases.csv")} == {"done"}, "earlier results stay"
    assert "Earlier results stay, of cases not looked at again: 3; liver: found no weights" in text.getvalue()


def test_where_no_models_can_be_loaded_nothing_is_written(images: Path, tmp_path: Path) -> None:
    write_case(images, "ann", 0, (40, 40, 24))
    missing = Ultrasound(SerialRunner(without_weights), UltrasoundSettings())
    arguments = (
        images,
        tmp_path / "out",
        SerialRunner(without_weights),
        Settings(),
        Display(Console(file=io.StringIO())),
    )
    with pytest.raises(ModelError):
        run_batch(*arguments, ultrasound=missing)
    assert not (tmp_path / "out").exists()


def test_bad_images_and_bad_cases_stop_no_others(images: Path, tmp_path: Path) -> None:
    (images / "eva" / "0.png").write_bytes((images / "eva" / "0.png").read_bytes()[:150])
    (images / "fay" / "0.png").write_text("no picture")

    def fail() -> None:
        raise RuntimeError("a defect")

    result = analyse(images, tmp_path / "out", Watched({180: fail}))
    assert result.done == ["eva"] and sorted(result.failed) == ["fay", "gil"]
    findings = json.loads((tmp_path / "out" / "eva" / "findings.json").read_text())
    assert [image["name"] for image in findings["images"]] == ["eva/1.png"]
    (warning,) = [each for each in findings["warnings"] if each["code"] == "unreadable"]
    assert "eva/0.png" in warning["message"] and "eva/0.png" in (tmp_path / "out" / "eva" / "report.html").read_text()
    reasons = {row["case"]: row["reason"] for row in table(tmp_path / "out" / "ultrasound_cases.csv")}
    assert "cannot be read" in reasons["fay"] and reasons["gil"] == "RuntimeError: a defect"
    assert "a defect" in (tmp_path / "out" / "livercad.log").read_text()
    assert result.in_words() == "Cases: 1 analysed, 2 failed, for the reasons in ultrasound_cases.csv."
    mended = analyse(images, tmp_path / "out")
    assert mended.done == ["gil"] and mended.kept == ["eva"] and mended.failed == ["fay"]


def test_only_what_is_missing_or_changed_is_computed_again(images: Path, tmp_path: Path) -> None:
    out, model = tmp_path / "out", Watched()
    analyse(images, out, model)
    assert analyse(images, out, model).kept == list(CASES) and model.asked == 4
    Image.fromarray(lesion_image(61)).save(images / "eva" / "1.png")
    assert analyse(images, out, model).done == ["eva"]
    (out / "fay" / "saliency" / "1.png").unlink()
    assert analyse(images, out, model).done == ["fay"]
    rows = [Row(case, f"{case}/{n}.png", circle=Circle((60.0, 50.0), 30.0)) for case in CASES for n in range(2)]
    rows = [row for row in rows if (images / row.image).is_file() and row.case != "gil"]
    write_annotations(images / "annotations.csv", [*rows, Row("gil", "gil/0.png", circle=Circle((61.0, 50.0), 30.0))])
    assert analyse(images, out, model).done == ["gil"]
    model.used = ModelUsed("fake-ultrasound", "2", "6" * 64, "numpy")
    assert analyse(images, out, model).done == list(CASES)
    assert analyse(images, out, model, settings=UltrasoundSettings(device="cpu")).kept == list(CASES)
    assert analyse(images, out, model, settings=UltrasoundSettings(model="qi2019")).done == list(CASES)
    (out / "eva" / "notes.txt").write_text("mine")
    assert analyse(images, out, model, force=True).done == list(CASES)
    assert (out / "eva" / "notes.txt").read_text() == "mine"


def test_ctrl_c_ends_in_order_and_the_same_batch_goes_on(images: Path, tmp_path: Path) -> None:
    model = Watched({110: lambda: os.kill(os.getpid(), signal.SIGINT)})
    result = analyse(images, tmp_path / "out", model)
    assert result.cancelled and result.done == ["eva"] and result.in_words().startswith("Stopped: ")
    assert json.loads((tmp_path / "out" / "run.json").read_text())["cancelled"] is True
    assert not (tmp_path / "out" / "gil").exists()
    assert set(analyse(images, tmp_path / "out").done) | {"eva"} == set(CASES)


def test_dicom_of_ultrasound_beside_ct_is_a_case_and_no_problem_of_ct(tmp_path: Path) -> None:
    folder = tmp_path / "studies"
    write_case(folder, "ann", 0, (40, 40, 24))
    write_us_dicom(folder / "clip.dcm", np.stack([sector(1), sector(2)]), NumberOfFrames=2)
    result = analyse(folder, tmp_path / "out", FakeImageModel(), ct=loader(tmp_path / "log.txt"))
    assert result.done == ["ann", "clip"] and not result.failed
    assert json.loads((tmp_path / "out" / "run.json").read_text())["left_out"] == []
    rows = table(tmp_path / "out" / "ultrasound.csv")
    assert [(row["image"], row["frame"], row["diameter"], row["mass"]) for row in rows] == [
        ("clip.dcm#1", "1", "", "mass"),
        ("clip.dcm#2", "2", "", "mass"),
    ]


def test_a_capture_of_a_screen_is_ultrasound_where_the_table_names_it(tmp_path: Path) -> None:
    folder = tmp_path / "studies"
    for uid, name in (("1.2", "named"), ("1.3", "other")):
        (folder / name).mkdir(parents=True)
        write_us_dicom(folder / name / "capture.dcm", sector(1), Modality="SC", SeriesInstanceUID=uid)
    write_annotations(folder / "annotations.csv", [Row("eva", "named/capture.dcm")])
    result = analyse(folder, tmp_path / "out", FakeImageModel())
    assert result.done == ["eva"] and not result.failed
    (told,) = json.loads((tmp_path / "out" / "run.json").read_text())["left_out"]
    assert "its modality is SC, not CT" in told["reason"]


@pytest.mark.parametrize("modality", ["SC", "OT", "MR"])
def test_a_stray_series_of_another_modality_makes_no_picture_one_of_a_case_of_ct(modality: str, tmp_path: Path) -> None:
    folder = tmp_path / "studies"
    folder.mkdir()
    write_us_dicom(folder / "stray.dcm", sector(1), Modality=modality, SeriesInstanceUID="1.2")
    Image.fromarray(sector(2)).save(folder / "sono.png")
    result = analyse(folder, tmp_path / "out", FakeImageModel())
    assert result.done == ["sono"] and not result.failed


def test_one_picture_and_one_patient(tmp_path: Path) -> None:
    folder, text = tmp_path / "flat", io.StringIO()
    folder.mkdir()
    for name in ("a", "b"):
        Image.fromarray(sector()).save(folder / f"{name}.png")
    assert analyse(folder / "b.png", tmp_path / "one", FakeImageModel()).done == ["b"]
    assert analyse(folder, tmp_path / "each", FakeImageModel(), text=text).done == ["a", "b"]
    assert "add --one-case" in text.getvalue()
    assert analyse(folder, tmp_path / "all", FakeImageModel(), one_case=True).done == ["flat"]
    assert len(table(tmp_path / "all" / "ultrasound.csv")) == 2


def test_tiff_and_gif_are_told_as_left_out(tmp_path: Path) -> None:
    folder, text = tmp_path / "images", io.StringIO()
    folder.mkdir()
    for name in ("a.png", "b.tif", "c.TIF", "d.gif"):
        Image.fromarray(sector()).save(folder / name)
    assert analyse(folder, tmp_path / "out", FakeImageModel(), text=text).done == ["a"]
    left_out = json.loads((tmp_path / "out" / "run.json").read_text())["left_out"]
    assert [each["reason"] for each in left_out] == [
        "2 .tif files: not read as ultrasound; convert to PNG",
        "1 .gif file: not read as ultrasound; convert to PNG",
    ]
    assert "Left out" in text.getvalue()


def test_a_table_that_is_wrong_stops_images_alone_and_is_told_beside_ct(images: Path, tmp_path: Path) -> None:
    write_annotations(images / "annotations.csv", [Row("../eva", "eva/0.png")])
    with pytest.raises(InputError, match="a name fit for a folder"):
        analyse(images, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    write_case(images, "ann", 0, (40, 40, 24))
    assert analyse(images, tmp_path / "out", ct=loader(tmp_path / "log.txt")).done == ["ann"]
    assert "a name fit for a folder" in (tmp_path / "out" / "run.json").read_text()


def test_the_command_asks_the_model_that_is_named(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path / "no models"))
    asked = []

    def load(settings: UltrasoundSettings) -> FakeLesionModel:
        asked.append((settings.model, settings.region_enhancement))
        return FakeLesionModel()

    monkeypatch.setattr(ultrasound_models, "load_model", load)
    shown = CliRunner().invoke(app, ["analyze", str(images), "--output", str(tmp_path / "out")])
    assert shown.exit_code == 0, shown.output
    arguments = ["analyze", str(images), "--output", str(tmp_path / "out"), "--ultrasound-model", "yamakawa2020"]
    (images / "fay" / "0.png").write_text("no picture")
    assert CliRunner().invoke(app, arguments).exit_code == 1
    arguments[-1] = "qi2019"
    assert CliRunner().invoke(app, [*arguments, "--no-region-enhancement"]).exit_code == 1
    assert asked == [("ultrasound_lesion", True), ("yamakawa2020", True), ("qi2019", False)]
    assert CliRunner().invoke(app, [*arguments[:-1], "other"]).exit_code == 2
