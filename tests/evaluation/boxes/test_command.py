"""`livercad evaluate --detection` from files to the page, with an answer worked out by hand.

Case a: lesions of 10 and 20 voxels of 1 mm; the larger is found with score .8, and something is found with .9 where
nothing is. Case b: no lesion, nothing found. Case c: the result has no findings. The truth's grid is not the result's.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from livercad.cli.evaluate import evaluate as command
from livercad.core.findings import Findings, LiverFinding, PhaseRead
from livercad.core.geometry import Box, Frame, Line
from livercad.core.lesion import Lesion
from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.evaluation.boxes.free_response import froc
from livercad.evaluation.boxes.read import read_boxes

AFFINE = np.array([[-1.0, 0, 0, 30], [0, -1.0, 0, 20], [0, 0, 2.0, -50], [0, 0, 0, 1]])
SHAPE = (44, 30, 16)


def run(*arguments: object):
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def lesion(number: int, score: float, start: int, stop: int, row: int) -> Lesion:
    """A rod along i at (row, slice 7), in RAS as the affine has it."""
    box = Box((start - 0.5, row - 0.5, 6.5), (stop - 0.5, row + 0.5, 7.5), Frame.IJK).to(Frame.RAS, AFFINE)
    line = Line((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    return Lesion(number, score, 1.0, box, box.center, line, line, 1.0, 1.0, 40.0, 5.0, 0.1, 0.0)


@pytest.fixture
def folders(tmp_path: Path, write_masks) -> tuple[Path, Path]:
    results, truth = tmp_path / "results", tmp_path / "truth"
    rods = np.zeros(SHAPE, dtype=np.uint8)
    rods[5:15, 6, 7], rods[5:25, 18, 7] = 1, 2
    liver = np.ones(SHAPE, dtype=np.uint8)
    half = np.repeat(rods, 2, axis=0)  # the same on another grid
    finer = AFFINE @ np.array([[0.5, 0, 0, -0.25], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    write_masks(truth / "a", finer, lesions=half)
    ct = np.where(rods > 0, 40, 110).astype(np.int16)
    ct[:, 24:] = -1000
    write_masks(tmp_path, AFFINE, ct=ct)
    for case in "bc":
        write_masks(truth / case, AFFINE, lesions=np.zeros(SHAPE, dtype=np.uint8))
    found = {"a": (lesion(1, 0.8, 6, 26, 18), lesion(2, 0.9, 30, 38, 12)), "b": (), "c": None}
    for case, lesions in found.items():
        write_masks(results / case, AFFINE, liver=liver)
        if lesions is not None:
            box = Box((0, 0, 0), (1, 1, 1), Frame.RAS)
            phase = PhaseRead(Phase.PORTAL, "name", str(tmp_path / "ct.nii.gz"), SHAPE, (1.0, 1.0, 2.0), True)
            findings = Findings(case, (phase,), LiverFinding(12.0, 100.0, 5.0, box, False), lesions, (), (), "0.1")
            (results / case / "findings.json").write_text(json.dumps(findings.to_dict()))
    return results, truth


def test_findings_give_the_answer_worked_out_by_hand(folders: tuple[Path, Path]) -> None:
    results, truth = folders
    outcome = run(results, "--truth", truth, "--detection")
    assert outcome.exit_code == 0, outcome.output
    assert "sensitivity 0.50 at 1 false positives per scan, 2 scans" in outcome.output
    assert "left out: c (case)" in outcome.output and "findings.json is not there" in outcome.output
    output = results / "detection"
    told = [(row["image"], row["what"], row["number"], row["outcome"]) for row in rows_of(output / "boxes.csv")]
    assert told == [
        ("a", "lesion", "1", "missed"),
        ("a", "lesion", "2", "hit"),
        ("a", "box", "1", "hit"),
        ("a", "box", "2", "false positive"),
    ]
    hit = rows_of(output / "boxes.csv")[2]
    assert (hit["of_number"], float(hit["iou"])) == ("2", pytest.approx(19 / 21, rel=1e-5))
    document = json.loads((output / "detection.json").read_text())
    (curve,) = document["froc"]
    assert (curve["per"], curve["units"], curve["units_without_lesions"]) == ("scan", 2, 1)
    assert curve["curve"] == {"thresholds": [0.9, 0.8], "rates": [0.5, 0.5], "sensitivity": [0.0, 0.5]}
    assert [(one["size"], one["lesions"]) for one in curve["by_size"]] == [("all", 2), ("10–20 mm", 2)]
    assert document["froc_by_criterion"]["centre"]["mean_sensitivity"]["value"] == pytest.approx(5 / 14)
    # One false before the only hit: precision 1/2 up to a recall of 1/2.
    assert document["average_precision"]["average_precision_at"][0]["value"] == pytest.approx(51 / 2 / 101)
    assert document["settings"]["repeats"] == "ignored"
    page = (output / "index.html").read_text()
    for words in ("Missed at 1 false positive per scan", "Surest false positives", "not a medical device", "c</td>"):
        assert words in page
    assert (output / "misses.png").is_file() and (output / "false-positives.png").is_file()


def test_a_table_of_patients_beside_the_truth_joins_scans(folders: tuple[Path, Path]) -> None:
    results, truth = folders
    (truth / "patients.csv").write_text("case,patient\na,p\nb,p\n")
    assert {image.patient for image in read_boxes(results, truth).images} == {"p"}
    (truth / "patients.csv").write_text("case,patient\na,p\na,q\n")
    with pytest.raises(InputError, match=r"patients\.csv: found a in line 3 for a second patient, q beside p"):
        read_boxes(results, truth)


def test_without_any_true_lesion_there_is_one_error(folders: tuple[Path, Path]) -> None:
    results, truth = folders
    (results / "a" / "findings.json").unlink()
    outcome = run(results, "--truth", truth, "--detection")
    assert isinstance(outcome.exception, InputError)
    assert "no true lesion in any case that has findings (a: " in str(outcome.exception)
    assert not (results / "detection").exists()


def test_boxes_of_images_are_told_per_image_and_per_scan_and_by_label(crowd, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found, truth = ["image,x0,y0,x1,y1,score,label"], ["image,scan,patient,x0,y0,x1,y1,diameter_mm,label"]
    for image in crowd:
        for box in image.detected:
            found.append(f"{image.name},{','.join(map(repr, box.corners))},{box.score},{rng.choice(['cyst', 'hcc'])}")
        whose = f"{image.name},{image.scan},{image.patient}"
        for one in image.true:
            truth.append(f"{whose},{','.join(map(repr, one.corners))},{one.corners[2] - one.corners[0]:.1f},cyst")
        if not image.true:
            truth.append(f"{whose},,,,,,")
    first = next(n for n, row in enumerate(truth) if row.endswith("cyst"))
    truth[first] = truth[first].replace("cyst", "hcc")
    (tmp_path / "found.csv").write_text("\n".join(found))
    (tmp_path / "truth.csv").write_text("\n".join(truth))
    outcome = run(tmp_path / "found.csv", "--truth", tmp_path / "truth.csv", "--detection", "--hit-threshold", 0.5)
    assert outcome.exit_code == 0, outcome.output
    output = tmp_path / "found-detection"
    document = json.loads((output / "detection.json").read_text())
    per_image, per_scan = document["froc"]
    assert (per_image["per"], per_image["units"], per_scan["per"], per_scan["units"]) == (
        "image",
        len(crowd),
        "scan",
        12,
    )
    assert set(document["by_label"]) == {"cyst", "hcc"}
    assert sum(one["lesions"] for one in document["by_label"].values()) == per_image["lesions"]
    images = read_boxes(tmp_path / "found.csv", tmp_path / "truth.csv").images
    assert per_scan["hits"] > froc(images).hits * 0.3
    estimate = per_scan["at"][3]["sensitivity"]
    assert estimate["low"] < estimate["value"] < estimate["high"]
    page = (output / "index.html").read_text()
    for words in ("FROC per image", "FROC per scan", "By label", "IoU ≥ 0.5", "bootstrap band over patients"):
        assert words in page
    assert not list(output.glob("*.png"))


def test_sheets_of_an_evaluation_before_do_not_stay(folders: tuple[Path, Path], tmp_path: Path) -> None:
    results, truth = folders
    assert run(results, "--truth", truth, "--detection").exit_code == 0
    (tmp_path / "ct.nii.gz").unlink()
    assert run(results, "--truth", truth, "--detection").exit_code == 0
    assert not list((results / "detection").glob("*.png"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--detection", "--hit", "coverage"], "coverage is of masks"),
        (["--detection", "--hit-threshold", "0"], "no hit: above 0"),
        (["--hit", "centre"], "give --detection too"),
        (["--repeats", "ignored"], "needs --detection"),
        (["--images", "somewhere"], "needs --detection"),
    ],
)
def test_options_that_do_not_go_together_are_refused(tmp_path: Path, options: list[str], message: str) -> None:
    outcome = run(tmp_path, "--truth", tmp_path, *options)
    assert outcome.exit_code == 2 and message in " ".join(outcome.output.replace("│", " ").split())
