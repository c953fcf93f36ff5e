"""The whole comparison on a few images, with a network that has learnt nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from html_page import Page
from livercad.errors import InputError, ModelError
from livercad.networks.planar_features import GreyFeatures
from livercad.papers.qi2019.asked import Asked, Way
from livercad.papers.qi2019.data import folder_data
from livercad.papers.qi2019.folds import truth_of
from livercad.papers.qi2019.frozen import compare
from livercad.papers.qi2019.frozen.fold import FoldAnswers, Learning, read_fold
from livercad.papers.qi2019.frozen.results import Results
from livercad.progress import silent
from livercad.ultrasound.backbone import Backbone
from random_backbone import random_backbone

DOCS = Path(__file__).resolve().parents[3] / "docs"
ALL = [way for way in Way if way is not Way.RECIPE]


def test_every_way_answers_every_question_that_it_can(compared: tuple[Path, Results]) -> None:
    _, results = compared
    assert {asked: list(own.ways) for asked, own in results.asked.items()} == {
        Asked.SECOND: list(Way), Asked.AMONG: list(Way), Asked.ANY: ALL
    }  # fmt: skip
    assert [own.images for own in results.asked.values()] == [36, 24, 36]
    assert [own.positive for own in results.asked.values()] == [24, 12, 12]
    assert all(Way.BASIC not in own.differences for own in results.asked.values())


def test_numbers_are_those_of_the_answers_image_by_image(compared: tuple[Path, Results]) -> None:
    _, results = compared
    asked = [one for one in results.predictions if Asked.AMONG in one.told]
    yes = np.array([one.kind == "malignant" for one in asked])
    auc = {}
    for way, own in results.asked[Asked.AMONG].ways.items():
        told = np.array([one.told[Asked.AMONG][way] for one in asked])
        auc[way] = roc_auc_score(yes, told)
        assert own.auc.value == pytest.approx(auc[way])
        folds = [np.array([one.fold == fold for one in asked]) for fold in range(1, 6)]
        alone = [roc_auc_score(yes[rows], told[rows]) for rows in folds]
        assert results.asked[Asked.AMONG].fold_auc[way] == pytest.approx(alone)
        assert own.accuracy.value == pytest.approx(((told >= 0.5) == yes).mean())
    difference = results.asked[Asked.AMONG].differences[Way.REM]["auc"]
    assert difference.value == pytest.approx(auc[Way.REM] - auc[Way.BASIC])


def test_a_patient_is_tested_in_one_fold_with_every_class_in_each(compared: tuple[Path, Results]) -> None:
    _, results = compared
    folds: dict[str, set[int]] = {}
    for one in results.predictions:
        folds.setdefault(Path(one.image).name.split("-")[0], set()).add(one.fold)
    assert len(folds) == 18 and all(len(each) == 1 for each in folds.values())
    for fold in range(1, 6):
        assert {one.kind for one in results.predictions if one.fold == fold} == {"benign", "malignant", "normal"}


def test_results_and_page_are_written(compared: tuple[Path, Results]) -> None:
    output, results = compared
    assert Results.model_validate_json((output / "results.json").read_text(encoding="utf-8")) == results
    page = Page((output / "index.html").read_text(encoding="utf-8"))
    assert "Mass or not" in page.texts_of("h3")
    assert results.disclaimer in page.text
    assert len(page.all("svg")) == 2 and len(page.all("img")) == 2
    assert f"{results.asked[Asked.ANY].ways[Way.REM].auc.value:.3f}" in page.text
    assert (output / "figures" / "looked_any.png").is_file()


def test_folds_that_are_done_are_kept(
    compared: tuple[Path, Results], breast_images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, results = compared
    missing = next((output / "cache").glob("fold-3-*.npz"))
    answers, learnt = read_fold(missing), []
    missing.unlink()

    def learn(_: Learning, fold: int, *rest: object) -> FoldAnswers:
        learnt.append(fold)
        return answers

    # Nothing but the fold that is missing is looked at again.
    runtime = SimpleNamespace(name=results.runtime)
    for name, value in (
        ("SIDE", 64), ("load_backbone", random_backbone), ("Pathways", lambda *_: runtime),
        ("Extractor", lambda *_: runtime), ("_seen", lambda *_: None), ("write_page", lambda *_: None),
    ):  # fmt: skip
        monkeypatch.setattr(compare, name, value)
    monkeypatch.setattr(Learning, "fold", learn)
    assert compare.compare_views(breast_images, "random", output) == results
    assert learnt == [3] and missing.is_file()


def test_folds_of_other_answers_are_learnt_anew(
    breast_images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = np.zeros((1, 5, 2, 2), np.float32)
    answers = FoldAnswers({(Asked.ANY, Way.BASIC): np.zeros(1)}, nowhere, nowhere)
    learnt: list[int] = []
    monkeypatch.setattr(compare, "_seen", lambda *_: None)
    monkeypatch.setattr(Learning, "fold", lambda _, fold, *rest: learnt.append(fold) or answers)
    images = folder_data(breast_images)
    truth, runtime = truth_of(images, 0), SimpleNamespace(name="none")
    for known in (truth, truth, replace(truth, second=truth.malignant)):
        compare._folds(images, known, runtime, "weights", tmp_path, 0, silent)
    assert learnt == [0, 1, 2, 3, 4] * 2


def test_a_network_that_cannot_be_cut_is_refused(
    breast_images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "load_backbone", lambda _: (Backbone.GREY, GreyFeatures(), "small"))
    with pytest.raises(ModelError, match="ResNet50"):
        compare.compare_views(breast_images, "phantom", tmp_path)


def test_too_few_patients_are_told(breast_images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (breast_images / "annotations.csv").read_text(encoding="utf-8").splitlines()
    normal = [line for line in lines if line.endswith("normal")]
    few = [line for line in lines if line not in normal] + normal[:4]
    folder = tmp_path / "few"
    folder.mkdir()
    for path in breast_images.glob("*.png"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "annotations.csv").write_text("\n".join(few) + "\n", encoding="utf-8")
    monkeypatch.setattr(compare, "load_backbone", random_backbone)
    with pytest.raises(InputError, match="2, 6 and 6 patients"):
        compare.compare_views(folder, "random", tmp_path / "out")


def test_numbers_of_the_page_are_those_that_were_measured() -> None:
    measured = json.loads((DOCS / "measured" / "ultrasound-views-aul-busi.json").read_text(encoding="utf-8"))
    expected = []
    for asked in Asked:
        for own in (measured[name]["asked"][asked] for name in ("aul", "busi")):
            for way, told in own["ways"].items():
                less = own["differences"].get(way)
                parts = [told["auc"], *([less["auc"]] if less else []), told["accuracy"]]
                alone = [told[name]["value"] for name in ("sensitivity", "specificity", "f_beta")]
                expected.append([one[name] for one in parts for name in ("value", "low", "high")] + alone)
    text = (DOCS / "qi2019.md").read_text(encoding="utf-8")
    table = text[text.index("| question | way | AUC |") :].split("\n\n")[0].splitlines()[2:]
    rows = [[float(one.replace("−", "-")) for one in re.findall(r"[+−]?\d?\.\d{3}", row)] for row in table]
    assert len(rows) == 28
    for row, own in zip(rows, expected, strict=True):
        assert row == pytest.approx(own, abs=0.00051)
