"""Answers about ultrasound images against the classes of a table."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

from livercad.cli.main import app
from livercad.core.circle import Circle
from livercad.core.findings import ModelUsed
from livercad.core.ultrasound import MASSES, Opinion, Question, UltrasoundFindings, mean_probabilities
from livercad.errors import InputError
from livercad.evaluation.classes import macro_auc
from livercad.evaluation.ultrasound.evaluate import evaluate_ultrasound
from livercad.evaluation.ultrasound.learnt import LearntImages
from livercad.evaluation.ultrasound.words import true_class
from livercad.pipeline.ultrasound_analyzer import report_on
from livercad.studies.discover import find_studies
from livercad.studies.ultrasound.cases import image_cases
from livercad.studies.ultrasound.collection import Collection
from livercad.studies.ultrasound.duplicates import Grouping
from livercad.studies.ultrasound.image import ListedImage, MarkedLesion
from livercad.studies.ultrasound.rows import Row, write_annotations
from livercad.ultrasound.training.examples import examples_of
from ultrasound_fakes import FakeLesionModel

TYPES = ("cyst", "hemangioma", "hcc", "metastasis")
FIRST, SECOND = Circle((20.0, 20.0), 10.0), Circle((60.0, 40.0), 12.0)
TRUTH = {"a": "cyst", "b": "hemangioma", "c": "hcc", "d": "metastasis", "e": "hcc", "f": "cyst"}


def opinion(image: str, types: np.ndarray, circle: Circle = FIRST) -> Opinion:
    told = dict(zip(TYPES, types.tolist(), strict=True))
    malignant = told["hcc"] + told["metastasis"]
    return Opinion(image, circle, {"type": told, "malignant": {"benign": 1 - malignant, "malignant": malignant}})


def write_result(out: Path, case: str, *opinions: Opinion) -> None:
    model = ModelUsed("fake", "1", "0" * 64, "numpy")
    findings = UltrasoundFindings(case, (), opinions, mean_probabilities(opinions), (), (model,), "0")
    (out / case).mkdir(parents=True)
    (out / case / "findings.json").write_text(json.dumps(findings.to_dict()))


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for case in TRUTH:
        for number in (1, 2):
            Image.fromarray(np.zeros((80, 100), np.uint8)).save(folder / f"{case}{number}.png")
    rows = [Row(case, f"{case}{n}.png", kind=kind, circle=FIRST) for case, kind in TRUTH.items() for n in (1, 2)]
    write_annotations(folder / "annotations.csv", [*rows, Row("f", "f2.png", kind="hcc", circle=SECOND)])
    return folder


@pytest.fixture
def results(tmp_path: Path) -> Path:
    rng = np.random.default_rng(4)
    for case in "abcde":
        told = rng.dirichlet(np.ones(4), size=2)
        write_result(tmp_path / "out", case, *(opinion(f"{case}{n}.png", told[n - 1]) for n in (1, 2)))
    return tmp_path / "out"


def test_accuracy_area_and_confusion_are_those_of_the_answers(results: Path, truth: Path) -> None:
    evaluation = evaluate_ultrasound(results, truth)
    documents = [json.loads((results / case / "findings.json").read_text()) for case in "abcde"]
    malignant, kinds = evaluation.by_case
    assert (malignant.question, kinds.question) == ("malignant", "type")
    shares = np.array([[each["probabilities"]["type"][name] for name in TYPES] for each in documents])
    classes = np.array([TYPES.index(TRUTH[case]) for case in "abcde"])
    assert kinds.accuracy and kinds.accuracy.count == (shares.argmax(axis=1) == classes).sum()
    assert kinds.auc and kinds.auc.value == pytest.approx(macro_auc(shares, classes))
    scores = [each["probabilities"]["malignant"]["malignant"] for each in documents]
    assert malignant.auc and malignant.auc.value == pytest.approx(roc_auc_score([0, 0, 1, 1, 1], scores))
    assert malignant.auc.low is not None and malignant.auc.low <= malignant.auc.value
    assert {true: sum(row.values()) for true, row in kinds.confusion.items()} == {
        **{"cyst": 1, "hemangioma": 1, "hcc": 2, "metastasis": 1}
    }
    singles = {scores.question: scores for scores in evaluation.by_opinion}
    assert singles["type"].accuracy and singles["type"].accuracy.n == 10 and singles["type"].patients == 5


def test_the_lesion_that_was_asked_about_tells_the_class(results: Path, truth: Path) -> None:
    sure = np.array([0.0, 0.0, 1.0, 0.0])
    write_result(results, "f", opinion("f2.png", sure, Circle((59.0, 41.0), 12.0)), opinion("f1.png", sure))
    write_result(results, "g", opinion("elsewhere.png", sure))
    evaluation = evaluate_ultrasound(results, truth)
    told = {each.image: each.true for each in evaluation.opinions if each.case == "f" and each.question == "type"}
    assert told == {"f2.png": "hcc", "f1.png": "cyst"}
    assert not [each for each in evaluation.cases if each.case in "fg"]
    reasons = {item.case: item.reason for item in evaluation.skipped}
    assert "several classes" in reasons["f"] and "no such image" in reasons["g"]


def test_cases_and_images_that_nothing_was_said_of_are_named_and_counted(results: Path, truth: Path) -> None:
    (results / "b" / "findings.json").unlink()
    (results / "b" / "error.json").write_text(json.dumps({"case": "b", "reason": "found no image that can be read"}))
    shutil.rmtree(results / "c")
    document = json.loads((results / "a" / "findings.json").read_text())
    document["opinions"] = document["opinions"][:1]
    (results / "a" / "findings.json").write_text(json.dumps(document))
    (truth / "d1.png").write_bytes(b"none")
    shown = CliRunner().invoke(app, ["evaluate", str(results), "--truth", str(truth), "--ultrasound"])
    left_out = json.loads((results / "ultrasound-evaluation" / "ultrasound.json").read_text())["skipped"]
    told = {(each["case"], each["what"]): each["reason"] for each in left_out}
    assert told.keys() >= {("a", "a2.png"), ("b", "case"), ("c", "case"), ("d", "image"), ("f", "case")}
    assert "failed: found no image that can be read (2 images)" in told["b", "case"]
    assert told["c", "case"] == "it has a truth but no result (2 images)" and "d1.png" in told["d", "image"]
    assert "no such image" in told["a", "a2.png"] and ("a", "a1.png") not in told
    html = (results / "ultrasound-evaluation" / "index.html").read_text()
    assert f"3 cases evaluated, {len(left_out)} left out" in shown.output and f"{len(left_out)} left out" in html
    assert all(f"left out: {case} ({what}): " in shown.output and f"<td>{case}</td>" in html for case, what in told)


class Remembers(FakeLesionModel):
    """Has learnt from the very first files."""

    def __init__(self, *files: Path) -> None:
        self.learnt_images = frozenset(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)


def test_images_that_the_model_has_learnt_from_are_told(truth: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted(truth.glob("*.png"))):  # no two files are the same
        Image.fromarray(np.full((80, 100), 10 + number, np.uint8)).save(path)
    for case in image_cases(truth, find_studies(truth)).cases:
        findings = report_on(case, Remembers(truth / "a1.png", truth / "c2.png")).findings
        (tmp_path / "out" / case.case).mkdir(parents=True)
        (tmp_path / "out" / case.case / "findings.json").write_text(json.dumps(findings.to_dict()))
    shown = CliRunner().invoke(app, ["evaluate", str(tmp_path / "out"), "--truth", str(truth), "--ultrasound"])
    document = json.loads((tmp_path / "out" / "ultrasound-evaluation" / "ultrasound.json").read_text())
    assert document["learnt"] == {"images": 12, "learnt": ["a1.png", "c2.png"], "unknown": 0}
    html = (tmp_path / "out" / "ultrasound-evaluation" / "index.html").read_text()
    assert all("has learnt from 2 of these 12 images" in told for told in (shown.output, html))
    assert "cannot be told" not in shown.output


@pytest.mark.parametrize("record", ["phantom.json", "varied.json"])
def test_where_a_model_does_not_name_its_images_that_is_told(record: str, results: Path, truth: Path) -> None:
    shown = CliRunner().invoke(app, ["evaluate", str(results), "--truth", str(truth), "--ultrasound"])
    html = (results / "ultrasound-evaluation" / "index.html").read_text()
    assert all(
        "Of all images that count (10) it cannot be told whether the model has learnt" in x
        for x in (shown.output, html)
    )
    for path in results.glob("*/findings.json"):  # phantoms are no patients, whichever they were
        path.write_text(json.dumps({**json.loads(path.read_text()), "learnt_from_phantoms": True}))
    assert evaluate_ultrasound(results, truth).learnt == LearntImages(10, (), 0)
    (truth / record).write_text("{}")
    evaluation = evaluate_ultrasound(results, truth)
    assert evaluation.learnt.unknown == 10 and evaluation.truth_is_phantom


MALIGNANCY, SOLID = ("benign", "malignant"), ("no solid nodule", "solid nodule")
SIDES = {"mass": MASSES, "solid": SOLID, "malignant": MALIGNANCY, "type": TYPES}


@pytest.mark.parametrize(
    ("kinds", "marked", "expected", "left"),
    [
        (("normal", "malignant"), (1,), {"mass": "mass", "solid": SOLID[1], "malignant": "malignant"}, ()),
        (("normal", "malignant"), (), {"mass": "mass", "solid": SOLID[1], "malignant": "malignant"}, ()),
        (("normal", "benign"), (), {"mass": "mass", "malignant": "benign"}, ("Solid nodule:", "(benign)")),
        (("normal", "cyst"), (), {"mass": "mass", "solid": SOLID[0], "malignant": "benign", "type": "cyst"}, ()),
        (
            ("hcc", "metastasis"),
            (0, 1),
            {"mass": "mass", "solid": SOLID[1], "malignant": "malignant"},
            ("Type:", "several classes: hcc, metastasis"),
        ),
        (("hcc", "cyst"), (0, 1), {"mass": "mass"}, ("Solid nodule, Malignancy, Type:", "several classes: cyst, hcc")),
        (("hcc", "abscess"), (0, 1), {"mass": "mass"}, ("Malignancy", "several classes: abscess, hcc")),
        (("hcc", ""), (0, 1), {"mass": "mass", "solid": SOLID[1], "malignant": "malignant", "type": "hcc"}, ()),
        (("normal", "normal"), (), {"mass": "no mass", "solid": SOLID[0]}, ()),
        (("normal", "fatty liver"), (), {}, ("Mass, Solid nodule:", "does not tell it of the others")),
    ],
)
def test_a_case_is_what_its_lesions_are_and_what_it_does_not_count_for_is_named(
    kinds: tuple[str, str], marked: tuple[int, ...], expected: dict[str, str], left: tuple[str, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    rows = []
    for number, kind in enumerate(kinds):
        Image.fromarray(np.zeros((80, 100), np.uint8)).save(folder / f"{number}.png")
        rows.append(Row("x", f"{number}.png", kind=kind, circle=FIRST if number in marked else None))
    write_annotations(folder / "annotations.csv", rows)
    told = {question: dict.fromkeys(classes, 1 / len(classes)) for question, classes in SIDES.items()}
    write_result(tmp_path / "out", "x", *(Opinion(f"{number}.png", None, told) for number in range(2)))
    evaluation = evaluate_ultrasound(tmp_path / "out", folder)
    assert {each.question: each.true for each in evaluation.cases} == expected
    of_case = [item.reason for item in evaluation.skipped if item.what == "case"]
    assert len(of_case) == bool(left)
    assert all(word in of_case[0] for word in left)


@pytest.mark.parametrize(
    ("question", "classes", "word", "true"),
    [
        ("malignant", ("benign", "malignant"), "hcc", "malignant"),
        ("malignant", ("benign", "malignant"), "cyst", "benign"),
        ("malignant", ("benign", "malignant"), "malignant", "malignant"),
        ("malignant", ("benign", "malignant"), "normal", None),
        ("solid", ("no solid nodule", "solid nodule"), "cyst", "no solid nodule"),
        ("solid", ("no solid nodule", "solid nodule"), "hemangioma", "solid nodule"),
        ("solid", ("no solid nodule", "solid nodule"), "benign", None),
        ("type", TYPES, "metastasis", "metastasis"),
        ("type", TYPES, "malignant", None),
    ],
)
def test_words_of_tables_answer_what_they_can(
    question: str, classes: tuple[str, ...], word: str, true: str | None
) -> None:
    assert true_class(question, classes, word, None) == true


@pytest.mark.parametrize(
    ("kind", "marked", "mass"),
    [
        *(("normal", False, "no mass"), ("no mass", False, "no mass"), ("benign", False, "mass")),
        *(("fnh", False, "mass"), ("mass", False, "mass"), ("abscess", True, "mass"), ("", True, "mass")),
        *(("abscess", False, None), ("fatty liver", False, None), ("", False, None)),
    ],
)
def test_evaluation_and_training_know_a_mass_by_one_rule(
    kind: str, marked: bool, mass: str | None, tmp_path: Path
) -> None:
    image = ListedImage("a", "a.png", tmp_path, kind=kind, lesions=(MarkedLesion(FIRST, kind),) if marked else ())
    assert true_class("mass", MASSES, kind, image.shows_mass) == mass
    other = ListedImage("b", "b.png", tmp_path, kind="cyst" if mass == "no mass" else "normal")
    grouping = Grouping(("a", "b"), (0, 1), (), ())
    taught, _ = examples_of(Collection((image, other), (), grouping, (), ()), 1)
    labels = {each.question: [each.classes[label] for label in each.labels] for each in taught}
    assert labels.get(Question.MASS, [None])[0] == mass


def test_the_command_writes_page_tables_and_numbers(results: Path, truth: Path) -> None:
    (results / "ct").mkdir()
    (results / "ct" / "findings.json").write_text('{"case": "of CT"}')
    shown = CliRunner().invoke(app, ["evaluate", str(results), "--truth", str(truth), "--ultrasound"])
    assert shown.exit_code == 0 and "5 cases evaluated" in shown.output, shown.output
    out = results / "ultrasound-evaluation"
    document = json.loads((out / "ultrasound.json").read_text())
    assert [scores["question"] for scores in document["cases"]] == ["malignant", "type"]
    with (out / "opinions.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 20
    html = (out / "index.html").read_text()
    assert "not a medical device" in html and html.count('<table class="confusion">') == 4 and "http" not in html
    assert "<th>HCC</th>" in html and "<td>Metastasis</td>" in html and "Malignancy" in html and ">hcc<" not in html
    assert CliRunner().invoke(app, ["evaluate", "a", "--truth", "b", "--ultrasound", "--detection"]).exit_code == 2


def test_results_without_ultrasound_and_truth_without_classes_are_told(results: Path, truth: Path) -> None:
    with pytest.raises(InputError, match="no findings of ultrasound"):
        evaluate_ultrasound(truth, truth)
    write_annotations(truth / "annotations.csv", [Row(case, f"{case}1.png", circle=FIRST) for case in TRUTH])
    with pytest.raises(InputError, match="no class for any image"):
        evaluate_ultrasound(results, truth)
