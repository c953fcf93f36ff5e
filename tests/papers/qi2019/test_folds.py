"""Every image tested once, by networks that have not learnt from its patient."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from html_page import Page
from livercad.errors import InputError
from livercad.papers.qi2019 import folds as folds_module
from livercad.papers.qi2019 import reproduce as module
from livercad.papers.qi2019 import steps
from livercad.papers.qi2019.asked import Asked, Way
from livercad.papers.qi2019.data import Data, folder_data
from livercad.papers.qi2019.folds import FOLDS, sides_of, truth_of
from livercad.papers.qi2019.jobs import RESULT, Training
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.reproduce import reproduce
from livercad.papers.qi2019.results import FoldsResult, Results
from livercad.papers.qi2019.settings import Settings
from livercad.papers.qi2019.splits import Side, rows_of

ALL = [way for way in Way if way is not Way.RECIPE]
Study = tuple[Path, Results]


@pytest.fixture(scope="module")
def data(breast_images: Path) -> Data:
    return folder_data(breast_images)


@pytest.fixture(scope="module")
def tested(
    qi_study: Study, qi_settings: Settings, breast_images: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Results, FoldsResult]:
    """A study that was done before goes on with folds."""
    output = Path(shutil.copytree(qi_study[0], tmp_path_factory.mktemp("folds") / "out"))
    results = reproduce(output, qi_settings, data=breast_images, folds=True, workers=1)
    assert results.folds is not None
    return output, results, results.folds


def test_sides_of_a_fold_share_no_patient_and_have_every_answer(data: Data) -> None:
    truth = truth_of(data, 0)
    assert sorted(row for fold in range(FOLDS) for row in truth.tested(fold)) == list(range(len(data.images)))
    for fold in range(FOLDS):
        sides = sides_of(truth, fold)
        assert rows_of(sides, Side.TEST).tolist() == truth.tested(fold).tolist()
        patients = {side: set(truth.groups[rows_of(sides, side)]) for side in Side}
        assert sum(map(len, patients.values())) == len(set(data.groups))
        data.check(sides, "a fold")
        assert len(set(truth.fold[rows_of(sides, Side.TRAINING)])) == 3


def test_too_few_patients_for_folds_are_told_before_anything_long(
    breast_images: Path, qi_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*arguments: object, **options: object) -> None:
        raise AssertionError

    monkeypatch.setattr(folds_module, "FOLDS", 7)
    monkeypatch.setattr(steps.Study, "train", never)
    monkeypatch.setattr(module, "compare_views", never)
    with pytest.raises(InputError, match="6, 6 and 6 patients"):
        reproduce(tmp_path / "out", qi_settings, data=breast_images, features="any", folds=True)


def test_folds_change_nothing_else(qi_study: Study, tested: tuple[Path, Results, FoldsResult]) -> None:
    assert tested[1].model_copy(update={"folds": None}) == qi_study[1]
    assert "Every image tested once" not in Page((qi_study[0] / "index.html").read_text(encoding="utf-8")).text


def test_each_image_has_the_answer_of_the_training_that_did_not_know_its_patient(
    data: Data, tested: tuple[Path, Results, FoldsResult]
) -> None:
    output, _, folds = tested
    truth = truth_of(data, 0)
    for asked, question, methods in (
        (Asked.ANY, Question.MALIGNANT, {Way.BASIC: "basic-mt", Way.MIP: "mip-mt", Way.REM: "rem-mt-sn"}),
        (Asked.SECOND, Question.SOLID, {Way.BASIC: "basic-sn", Way.REM_OFF: "rem-mt-sn"}),
    ):
        for way, name in methods.items():
            for fold in range(FOLDS):
                told = output / "trainings" / f"{name}-fold-{fold + 1}" / RESULT
                training = Training.model_validate_json(told.read_text(encoding="utf-8"))
                of_row = dict(zip(training.rows, training.probabilities[Method(way)][question], strict=True))
                for row in truth.tested(fold).tolist():
                    image = folds.predictions[row]
                    assert (image.image, image.fold) == (data.images[row].name, fold + 1)
                    assert image.told[asked][way] == pytest.approx(of_row[row], abs=1e-6)


def test_numbers_are_those_of_the_answers_and_benign_masses_are_told_from_malignant_ones(
    tested: tuple[Path, Results, FoldsResult],
) -> None:
    folds = tested[2]
    assert {asked: list(own.ways) for asked, own in folds.asked.items()} == dict.fromkeys(Asked, ALL)
    assert [own.images for own in folds.asked.values()] == [36, 24, 36]
    assert [own.positive for own in folds.asked.values()] == [24, 12, 12]
    masses = [one for one in folds.predictions if one.kind != "normal"]
    yes = np.array([one.kind == "malignant" for one in masses])
    for way in ALL:
        told = np.array([one.told[Asked.AMONG][way] for one in masses])
        assert told.tolist() == [one.told[Asked.ANY][way] for one in masses], "Mt-Net is asked one thing"
        assert folds.asked[Asked.AMONG].ways[way].auc.value == pytest.approx(
            roc_auc_score(yes, told), abs=0.01
        )  # ties of six digits
        each = [one.fold for one in masses]
        of_folds = [
            roc_auc_score(yes[rows], told[rows]) for rows in (np.equal(each, fold + 1) for fold in range(FOLDS))
        ]
        assert folds.asked[Asked.AMONG].fold_auc[way] == pytest.approx(of_folds, abs=0.1)
    assert all(Asked.AMONG not in one.told for one in folds.predictions if one.kind == "normal")


def test_the_page_and_the_results_have_them(tested: tuple[Path, Results, FoldsResult]) -> None:
    output, results, folds = tested
    assert Results.model_validate_json((output / "results.json").read_text(encoding="utf-8")) == results
    page = Page((output / "index.html").read_text(encoding="utf-8"))
    own = page.text.split("Every image tested once")[1].split("Data and trainings")[0]
    for asked in folds.asked.values():
        assert all(f"{told.auc.value:.3f}" in own for told in asked.ways.values())
    for name in ("folds_roc", "folds_differences"):
        assert (output / "figures" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"


def test_folds_that_are_trained_are_kept(
    tested: tuple[Path, Results, FoldsResult],
    qi_settings: Settings,
    breast_images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    output = Path(shutil.copytree(tested[0], tmp_path / "out"))
    shutil.rmtree(output / "trainings" / "basic-sn-fold-4")
    done: list[str] = []
    train = steps.run_training

    def noted(job) -> None:
        done.append(job.folder.name)
        train(job)

    monkeypatch.setattr(steps, "run_training", noted)
    again = reproduce(output, qi_settings, data=breast_images, folds=True, workers=1)
    assert done == ["basic-sn-fold-4"]
    assert again.folds is not None and again.folds.asked == tested[2].asked
