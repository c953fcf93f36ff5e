"""Lesion classes and phases through the command, with an answer worked out by hand.

Truth: case a has lesions 1 (cyst), 2 (hcc) and 5 (metastasis), case b a mask with the single value 3 in two components
(both an FNH). Result: in a, lesion 1 is true 1 and called a cyst, lesion 2 is true 5 and called a hemangioma, lesion 3
is nowhere; in b, both components are found and called other benign.
"""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from livercad.cli.evaluate import evaluate as command
from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.evaluation.evaluate import evaluate
from livercad.evaluation.tables import LESION_COLUMNS
from named_findings import called, findings, read_as

AFFINE = np.diag([1.0, 1.0, 2.0, 1.0])
SHAPE = (40, 30, 12)
TYPES = "case,lesion,type\na,1,cyst\na,2,hcc\na,5,metastasis\nb,3,fnh\n"
PHASES = "case,image,phase\na,1.nii.gz,portal\na,2.nii.gz,arterial\nb,1.nii.gz,portal\nb,2.nii.gz,arterial\n"


def mask(*lesions: tuple[int, int]) -> np.ndarray:
    """Rods of 10 mm along i, each by its value and row."""
    array = np.zeros(SHAPE, dtype=np.uint16)
    for value, row in lesions:
        array[5:15, row, 5] = value
    return array


@pytest.fixture
def folders(tmp_path: Path, write_masks) -> tuple[Path, Path]:
    results, truth = tmp_path / "results", tmp_path / "truth"
    write_masks(truth / "a", AFFINE, lesions=mask((1, 3), (2, 8), (5, 13)))
    write_masks(results / "a", AFFINE, lesions=mask((1, 3), (2, 13), (3, 20)))
    write_masks(truth / "b", AFFINE, lesions=mask((3, 3), (3, 8)))
    write_masks(results / "b", AFFINE, lesions=mask((1, 3), (2, 8)))
    a = {
        1: called(cyst=0.8, hcc=0.2),
        2: called(is_unsure=True, hemangioma=0.6, metastasis=0.4),
        3: called(metastasis=1.0),
    }
    b = {1: called(other_benign=1.0), 2: called(other_benign=0.7, hcc=0.3)}
    told = {"a": read_as("/s/a/1.nii.gz", Phase.PORTAL), "b": read_as("/s/b/1.nii.gz", Phase.DELAYED)}
    for case, lesions in (("a", a), ("b", b)):
        named = read_as(f"/s/{case}/2.nii.gz", Phase.ARTERIAL, "name")
        phases = [told[case], named] if case == "a" else [told[case]]
        document = findings(case, lesions, phases).to_dict()
        (results / case / "findings.json").write_text(json.dumps(document), encoding="utf-8")
    return results, truth


def run(*arguments: object) -> str:
    app = typer.Typer()
    app.command()(command)
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_classes_are_scored_by_the_pairs_that_are_hits(folders: tuple[Path, Path]) -> None:
    results, truth = folders
    (truth / "lesions.csv").write_text(TYPES)
    run(results, "--truth", truth)
    columns = ("case", "outcome", "type_true", "class_true", "type_found", "p_found", "malignant_true", "p_malignant")
    rows = [tuple(row[c] for c in (*columns, "unsure")) for row in rows_of(results / "evaluation" / "lesions.csv")]
    assert rows == [
        ("a", "hit", "cyst", "cyst", "cyst", "0.8", "no", "0.2", "no"),
        ("a", "missed", "hcc", "hcc", "", "", "yes", "", ""),
        ("a", "hit", "metastasis", "metastasis", "hemangioma", "0.6", "yes", "0.4", "yes"),
        ("a", "false positive", "", "", "metastasis", "1", "", "1", "no"),
        ("b", "hit", "fnh", "other_benign", "other_benign", "1", "no", "0", "no"),
        ("b", "hit", "fnh", "other_benign", "other_benign", "0.7", "no", "0.3", "no"),
    ]
    summary = json.loads((results / "evaluation" / "summary.json").read_text(encoding="utf-8"))
    classes = summary["classes"]
    assert (classes["six"]["count"], classes["six"]["n"], classes["six"]["value"]) == (3, 4, 0.75)
    assert (classes["sensitivity"]["count"], classes["sensitivity"]["n"]) == (0, 1)
    assert (classes["of_all"]["count"], classes["of_all"]["n"]) == (3, 5)
    assert classes["confusion"]["hcc"]["not_found"] == 1
    assert classes["false_positives"]["metastasis"] == 1
    assert "phases" not in summary
    assert not (results / "evaluation" / "phases.csv").exists()
    page = (results / "evaluation" / "index.html").read_text(encoding="utf-8")
    assert "Of 5 true lesions whose type the truth tells, 4 were found, and 4 of these classified." in page
    assert "Called the right class, 3 of 4 found" in page
    assert "Lesions called wrong" in page


def test_phases_are_scored_apart_from_what_names_tell(folders: tuple[Path, Path]) -> None:
    results, truth = folders
    (truth / "phases.csv").write_text(PHASES)
    run(results, "--truth", truth)
    rows = rows_of(results / "evaluation" / "phases.csv")
    assert [(row["case"], row["image"], row["phase_true"], row["phase_taken"], row["how"]) for row in rows] == [
        ("a", "1.nii.gz", "portal", "portal", "recognised"),
        ("a", "2.nii.gz", "arterial", "arterial", "told"),
        ("b", "1.nii.gz", "portal", "delayed", "recognised"),
        ("b", "2.nii.gz", "arterial", "", "left out"),
    ]
    phases = json.loads((results / "evaluation" / "summary.json").read_text(encoding="utf-8"))["phases"]
    assert (phases["total"]["recognised"]["count"], phases["total"]["recognised"]["n"]) == (1, 2)
    page = (results / "evaluation" / "index.html").read_text(encoding="utf-8")
    assert "the phase of 2 was recognised from the image alone, 1 of them rightly" in page
    assert "The phase of 1 image was told by a name, a table or an annotator (1 of 1 truly)" in page
    assert "1 image was left out or not read." in page
    assert "Classes of the lesions found" not in page


def test_tables_change_nothing_else(folders: tuple[Path, Path], tmp_path: Path) -> None:
    results, truth = folders
    run(results, "--truth", truth, "--output", tmp_path / "without")
    (truth / "lesions.csv").write_text(TYPES)
    (truth / "phases.csv").write_text(PHASES)
    run(results, "--truth", truth, "--output", tmp_path / "with")
    assert (tmp_path / "without" / "cases.csv").read_bytes() == (tmp_path / "with" / "cases.csv").read_bytes()
    without, named = (rows_of(tmp_path / name / "lesions.csv") for name in ("without", "with"))
    assert tuple(without[0]) == LESION_COLUMNS
    assert without == [{column: row[column] for column in LESION_COLUMNS} for row in named]
    plain, more = (json.loads((tmp_path / name / "summary.json").read_text()) for name in ("without", "with"))
    assert set(more) - set(plain) == {"classes", "phases"}
    assert plain == {key: more[key] for key in plain}
    assert {path.name for path in (tmp_path / "without").iterdir()} == {
        "cases.csv", "lesions.csv", "summary.json", "index.html",
    }  # fmt: skip
    page = (tmp_path / "without" / "index.html").read_text(encoding="utf-8")
    for told_only in ("Classes of the lesions found", "<h2>Phases</h2>", "Called the right class", 'class="text">Type'):
        assert told_only not in page


def test_a_lesion_that_the_mask_does_not_have_leaves_the_cases_classes_out(folders: tuple[Path, Path]) -> None:
    results, truth = folders
    (truth / "lesions.csv").write_text(TYPES + "a,4,cyst\n")
    output = run(results, "--truth", truth)
    assert "left out: a (lesion types): lesions.csv tells of lesion 4, which the mask does not have" in output
    assert "(its values: 1, 2, 5)" in output
    evaluation = evaluate(results, truth)
    assert [case.verdicts is None for case in evaluation.cases] == [True, False]
    assert len(evaluation.cases[0].lesion_results or ()) == 4


def test_cases_that_only_one_side_knows_are_named(folders: tuple[Path, Path]) -> None:
    results, truth = folders
    (truth / "lesions.csv").write_text(TYPES + "c,1,cyst\n")
    (truth / "phases.csv").write_text("case,image,phase\na,1.nii.gz,portal\n")
    skipped = {(item.case, item.what): item.reason for item in evaluate(results, truth).skipped}
    assert skipped == {
        ("c", "lesion types"): "lesions.csv tells of it, but the truth has no such case",
        ("b", "phases"): "phases.csv does not tell of it",
    }


def test_masks_without_findings_have_no_classes_and_no_phases(folders: tuple[Path, Path]) -> None:
    results, truth = folders
    (truth / "lesions.csv").write_text(TYPES)
    (truth / "phases.csv").write_text(PHASES)
    for case in ("a", "b"):
        (results / case / "findings.json").unlink()
    output = run(results, "--truth", truth)
    assert output.count("the result has no findings.json, which tells its phases") == 2
    classes = json.loads((results / "evaluation" / "summary.json").read_text())["classes"]
    assert (classes["found"], classes["classified"], classes["six"]) == (4, 0, None)
    assert "Not classified" in (results / "evaluation" / "index.html").read_text(encoding="utf-8")


def test_a_result_on_another_phases_grid_still_counts_for_its_phases(folders: tuple[Path, Path], write_masks) -> None:
    results, truth = folders
    (truth / "phases.csv").write_text(PHASES)
    write_masks(results / "b", AFFINE, lesions=mask()[:-1])
    evaluation = evaluate(results, truth)
    assert [case.case for case in evaluation.cases] == ["a", "b"]
    assert evaluation.cases[1].lesions is None
    assert evaluation.cases[1].images is not None


def test_a_wrong_table_stops_before_anything_is_read(folders: tuple[Path, Path]) -> None:
    results, truth = folders
    (truth / "lesions.csv").write_text("case,lesion,type\na,1,cysts\n")
    shutil.rmtree(results / "a")
    with pytest.raises(InputError, match=r"lesions\.csv: found the type 'cysts' in line 2"):
        evaluate(results, truth)
