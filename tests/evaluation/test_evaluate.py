"""A whole run through the command, with an answer worked out by hand.

Case a: the liver, a block of 30 x 20 x 10 voxels of 2 mm³, is predicted 3 mm too far along i, so 27 x 20 x 10 voxels
are shared. Its truth is stored without the tumours: three rods of 6, 15 and 25 mm. The first is missed, 10 mm of the
second are found, the third is found whole, and 8 mm of nothing are called a lesion.
Case b: the liver is exact, and there is no lesion on either side.
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
from livercad.core.findings import Findings, LiverFinding, ModelUsed
from livercad.core.geometry import Box, Frame, Line
from livercad.core.lesion import Lesion
from livercad.errors import Cancelled, InputError
from livercad.evaluation.evaluate import evaluate
from livercad.evaluation.intervals import wilson
from livercad.evaluation.page import PHANTOM_NOTE
from livercad.phantom.studies import write_ct_studies

AFFINE = np.array([[-1.0, 0, 0, 30], [0, -1.0, 0, 20], [0, 0, 2.0, -50], [0, 0, 0, 1]])
SHAPE = (44, 30, 16)


def block(start: int = 4) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[start : start + 30, 4:24, 3:13] = 1
    return mask


def rods(*lesions: tuple[int, int, int]) -> np.ndarray:
    array = np.zeros(SHAPE, dtype=np.uint16)
    for number, (start, length, row) in enumerate(lesions, 1):
        array[start : start + length, row, 7] = number
    return array


@pytest.fixture
def folders(tmp_path: Path, write_masks) -> tuple[Path, Path]:
    results, truth = tmp_path / "results", tmp_path / "studies" / "truth"
    tumor = (rods((5, 6, 6), (5, 15, 12), (7, 25, 18)) > 0).astype(np.uint8)
    write_masks(truth / "a", AFFINE, liver=block() - tumor, tumor=tumor)
    write_masks(results / "a", AFFINE, liver=block(7), lesions=rods((5, 10, 12), (7, 25, 18), (12, 8, 8)))
    write_masks(truth / "b", AFFINE, liver=block(), lesions=rods())
    write_masks(results / "b", AFFINE, liver=block(), lesions=rods())
    return results, truth.parent


def run(*arguments: object):
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def numbers(row: dict[str, str], *columns: str) -> list[float]:
    return [float(row[column]) for column in columns]


def test_a_run_gives_the_answers_worked_out_by_hand(folders: tuple[Path, Path]) -> None:
    results, truth = folders
    outcome = run(results, "--truth", truth)
    assert outcome.exit_code == 0, outcome.output
    a, b = rows_of(results / "evaluation" / "cases.csv")
    liver = numbers(a, "liver_dice", "liver_voe", "liver_rvd", "liver_hd95_mm", "liver_true_ml", "liver_predicted_ml")
    assert liver == pytest.approx([0.9, 1 - 5400 / 6600, 0, 3, 12, 12], rel=1e-5)
    assert numbers(a, "lesions_dice", "lesions_rvd") == pytest.approx([2 * 35 / (46 + 43), -3 / 46], rel=1e-5)
    assert [a[c] for c in ("true_lesions", "predicted_lesions", "hits", "missed", "false_positives")] == list("33211")
    assert numbers(b, "liver_dice", "liver_assd_mm", "lesions_dice", "hits", "false_positives") == [1, 0, 1, 0, 0]
    assert b["lesions_assd_mm"] == ""

    lesions = rows_of(results / "evaluation" / "lesions.csv")
    assert [(r["case"], r["outcome"], r["size_band"]) for r in lesions] == [
        ("a", "missed", "<10 mm"), ("a", "hit", "10–20 mm"), ("a", "hit", ">20 mm"), ("a", "false positive", "<10 mm"),
    ]  # fmt: skip

    summary = json.loads((results / "evaluation" / "summary.json").read_text(encoding="utf-8"))
    assert summary["liver"]["pooled"]["dice"] == pytest.approx(0.95)
    assert summary["liver"]["per_case"]["dice"]["mean"]["value"] == pytest.approx(0.95)
    assert summary["lesions"]["cases"] == 2
    assert summary["lesions_in_cases_with_lesions"]["per_case"]["dice"]["mean"]["n"] == 1
    small, every = summary["detection"]["by_size"]["<10 mm"], summary["detection"]["by_size"]["all"]
    assert (small["sensitivity"]["value"], small["precision"]["value"], small["f1"]["value"]) == (0, 0, 0)
    expected = wilson(2, 3, 0.95)
    assert expected is not None
    for rate in ("sensitivity", "precision"):
        assert [every[rate][key] for key in ("value", "low", "high")] == [expected.value, expected.low, expected.high]
    assert every["f1"]["value"] == pytest.approx(2 / 3)
    assert summary["detection"]["false_positives_per_case"]["value"] == 0.5
    assert summary["detection"]["clean_lesion_free"]["value"] == 1
    assert summary["settings"]["hit_threshold"] == 0.1


def test_a_stricter_threshold_is_obeyed_and_written_down(folders: tuple[Path, Path], tmp_path: Path) -> None:
    results, truth = folders
    assert run(results, "--truth", truth, "--output", tmp_path / "out", "--hit-threshold", "0.7").exit_code == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["settings"]["hit_threshold"] == 0.7
    assert summary["detection"]["by_size"]["10–20 mm"]["hits"] == 0
    assert not (results / "evaluation").exists()


def test_what_cannot_be_compared_is_named_and_the_rest_evaluated(folders: tuple[Path, Path], write_masks) -> None:
    results, truth = folders
    moved = AFFINE + np.array([[0, 0, 0, 1.0]] + 3 * [[0, 0, 0, 0]])
    write_masks(truth / "truth" / "moved", moved, liver=block())
    write_masks(truth / "truth" / "cropped", AFFINE, lesions=rods()[:-1])
    write_masks(truth / "truth" / "no_result", AFFINE, liver=block())
    write_masks(truth / "truth" / "liver_only", AFFINE, liver=block())
    for case in ("moved", "cropped", "liver_only", "truncated", "no_truth"):
        write_masks(results / case, AFFINE, liver=block(), lesions=rods())
    write_masks(truth / "truth" / "truncated", AFFINE, liver=block())
    damaged = results / "truncated" / "liver.nii.gz"
    damaged.write_bytes(damaged.read_bytes()[:-20])

    evaluation = evaluate(results, truth)
    assert [case.case for case in evaluation.cases] == ["a", "b", "liver_only"]
    assert evaluation.cases[2].liver is not None and evaluation.cases[2].lesions is None
    reasons = {(item.case, item.what): item.reason for item in evaluation.skipped}
    assert "a corner 1.00 mm apart" in reasons["moved", "liver"]
    assert "44 × 30 × 16 against 43 × 30 × 16" in reasons["cropped", "lesions"]
    assert reasons["liver_only", "lesions"] == "the truth has no lesions mask"
    assert str(damaged) in reasons["truncated", "liver"]
    assert reasons["no_result", "case"] == "it has a truth but no result"
    assert reasons["no_truth", "case"] == "it has a result but no truth"
    outcome = run(results, "--truth", truth)
    assert outcome.exit_code == 0
    assert "left out: moved (liver)" in outcome.output
    page = (results / "evaluation" / "index.html").read_text(encoding="utf-8")
    assert "a corner 1.00 mm apart" in page


def test_headers_in_single_precision_are_still_the_same_grid(tmp_path: Path, write_masks) -> None:
    write_masks(tmp_path / "r" / "a", AFFINE * (1 + 1e-6), liver=block())
    write_masks(tmp_path / "t" / "a", AFFINE, liver=block())
    assert evaluate(tmp_path / "r", tmp_path / "t").cases[0].liver is not None


def test_an_evaluation_of_nothing_is_an_error_with_the_reasons(tmp_path: Path, write_masks) -> None:
    write_masks(tmp_path / "r" / "a", AFFINE, liver=block())
    write_masks(tmp_path / "t" / "a", AFFINE, liver=block()[:-1])
    with pytest.raises(InputError, match="a: the result is not on the truth's grid"):
        evaluate(tmp_path / "r", tmp_path / "t")


def test_the_findings_give_scores_and_models(folders: tuple[Path, Path]) -> None:
    results, truth = folders
    (results / "a" / "findings.json").write_text(json.dumps(findings("a", {1: 0.75, 2: 0.5, 3: 0.25}).to_dict()))
    evaluation = evaluate(results, truth)
    assert [r.score for r in evaluation.cases[0].lesion_results or ()] == [None, 0.75, 0.5, 0.25]
    assert [model.name for model in evaluation.cases[0].models] == ["lesion-model"]


def test_damaged_findings_leave_their_case_out_with_the_file_named(folders: tuple[Path, Path]) -> None:
    results, truth = folders
    (results / "a" / "findings.json").write_text('{"case": ')
    evaluation = evaluate(results, truth)
    assert [case.case for case in evaluation.cases] == ["b"]
    assert str(results / "a" / "findings.json") in evaluation.skipped[0].reason


def test_the_page_is_self_contained_and_says_what_it_is(folders: tuple[Path, Path]) -> None:
    results, truth = folders
    run(results, "--truth", truth)
    page = (results / "evaluation" / "index.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 3
    for outside in ("<script", "<link", "<img", "@import", "url(http", 'src="'):
        assert outside not in page
    assert "Research software, not a medical device." in page
    assert PHANTOM_NOTE not in page
    write_ct_studies(truth, 0)
    run(results, "--truth", truth)
    assert PHANTOM_NOTE in (results / "evaluation" / "index.html").read_text(encoding="utf-8")


def test_case_names_cannot_break_the_page(tmp_path: Path, write_masks) -> None:
    name = "<b>$x_1$ & co"
    write_masks(tmp_path / "r" / name, AFFINE, liver=block())
    write_masks(tmp_path / "t" / name, AFFINE, liver=block())
    run(tmp_path / "r", "--truth", tmp_path / "t")
    page = (tmp_path / "r" / "evaluation" / "index.html").read_text(encoding="utf-8")
    assert "<b>$x" not in page
    assert page.count("&lt;b&gt;$x_1$ &amp; co") >= 2  # in the table and in the figure


def test_progress_counts_cases_and_can_cancel(folders: tuple[Path, Path]) -> None:
    told: list[tuple[float, float, str]] = []
    evaluate(*folders, progress=lambda *state: told.append(state))
    assert told == [(0, 2, "a"), (1, 2, "b"), (2, 2, "evaluated")]

    def cancel(done: float, total: float, what: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        evaluate(*folders, progress=cancel)


def findings(case: str, scores: dict[int, float]) -> Findings:
    origin, box = (0.0, 0.0, 0.0), Box((0, 0, 0), (1, 1, 1), Frame.RAS)
    line = Line(origin, (1.0, 0.0, 0.0))
    lesions = tuple(
        Lesion(number, score, 1.0, box, origin, line, line, 1.0, 1.0, 40.0, 5.0, 0.1, 0.0)
        for number, score in scores.items()
    )
    model = ModelUsed("lesion-model", "1", "0" * 64, "torch fp32")
    return Findings(case, (), LiverFinding(12.0, 100.0, 5.0, box, False), lesions, (), (model,), "0.1")
