"""The numbers that the document gives of the whole study, on phantoms and on real development data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from livercad.papers.yamakawa2020.published import PaperNumbers
from livercad.papers.yamakawa2020.results import Results

DOCS = Path(__file__).resolve().parents[3] / "docs"
ALONE = "D/L .6 alone"


def measured(name: str) -> dict[str, Any]:
    return json.loads((DOCS / "measured" / f"yamakawa2020-{name}.json").read_text(encoding="utf-8"))


def tables_of(heading: str) -> list[list[list[str]]]:
    """Cells of the rows of each table below a heading."""
    text = (DOCS / "yamakawa2020.md").read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    tables = [[[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()] for table in found]
    return [[table[0], *table[2:]] for table in tables]


def written(value: float, sign: str = "") -> str:
    """Three digits as the document has them: no zero before the point, a true minus."""
    told = f"{value:{sign}.3f}".replace("0.", ".", 1).replace("-", "−")
    return "1" if told == "1.000" else told


def around(value: dict[str, float], sign: str = "") -> str:
    low, high = (written(value[end], sign) for end in ("low", "high"))
    return f"{written(value['value'], sign)} ({low} to {high})"


def best(values: list[float]) -> list[str]:
    """Written, the best in bold type."""
    most = max(written(value) for value in values)
    return [f"**{told}**" if told == most else told for told in map(written, values)]


def less(sweep: list[dict[str, Any]], name: str) -> list[str]:
    return ["–" if scores["ratio"] == 0.6 else written(scores[name]["value"], "+") for scores in sweep]


def ratios(sweep: list[dict[str, Any]]) -> list[str]:
    return [f"{scores['ratio']:.1f}".removeprefix("0") for scores in sweep]


def test_the_sweep_on_phantoms_is_what_was_measured_beside_the_paper_s() -> None:
    results, (first, *_) = measured("phantom"), tables_of("Measured on phantoms")
    sweep, paper = results["sweep"], PaperNumbers().figure_5
    dice = [written(scores["dice"]) for scores in sweep]
    assert results["is_phantom"] and not results["quick"]
    assert first == [
        ["D/L", *ratios(sweep)],
        ["accuracy in cases", *best([scores["cases"]["value"] for scores in sweep])],
        ["the paper, patients", *best([paper[scores["ratio"]] for scores in sweep])],
        ["accuracy in images", *best([scores["images"]["value"] for scores in sweep])],
        ["Dice with .6", *dice],
    ]


def test_several_scales_on_phantoms_are_what_was_measured() -> None:
    results, (_, second) = measured("phantom"), tables_of("Measured on phantoms")
    rows = [[written(each["cases"]["value"]), around(each["difference"], "+")] for each in results["multi_scale"]]
    union = results["overlap"]
    rows.append([written(union["union"]["value"]), around(union["gain"], "+")])
    assert [row[1:] for row in second[1:]] == rows
    assert f"(paper: {written(PaperNumbers().union_gain, '+').rstrip('0')})" in second[-1][0]


def test_the_sweep_on_aul_is_what_was_measured() -> None:
    results, (first, *_) = measured("aul"), tables_of("Measured on AUL")
    sweep = results["sweep"]
    assert first == [
        ["D/L", *ratios(sweep)],
        ["malignant or benign, AUC", *best([scores["auc"]["value"] for scores in sweep])],
        ["less that at .6", *less(sweep, "auc_difference")],
        ["accuracy", *best([scores["cases"]["value"] for scores in sweep])],
        ["less that at .6", *less(sweep, "difference")],
    ]


def test_several_scales_on_aul_are_told_with_their_paired_differences() -> None:
    results, (_, second, _) = measured("aul"), tables_of("Measured on AUL")
    alone = next(scores for scores in results["sweep"] if scores["ratio"] == 0.6)
    assert second[1] == [ALONE, around(alone["auc"]), "–", around(alone["cases"]), "–"]
    assert [row[1:] for row in second[2:]] == [
        [
            *(around(each["auc"]), around(each["auc_difference"], "+")),
            *(around(each["cases"]), around(each["difference"], "+")),
        ]
        for each in results["multi_scale"]
    ]


def test_the_tumour_off_the_middle_on_aul_is_told_against_the_same_ratio() -> None:
    results, (*_, third) = measured("aul"), tables_of("Measured on AUL")
    assert third[1:] == [
        [
            f"{each['down']:g} L above it, D/L {each['ratio']:g}".replace("0.", "."),
            *(around(each["auc"]), around(each["off_the_middle"]["auc"], "+")),
            *(around(each["cases"]), around(each["off_the_middle"]["cases"], "+")),
        ]
        for each in results["off_centre"]
    ]


def test_the_file_of_aul_is_that_of_a_whole_run_without_what_names_images() -> None:
    results = Results.model_validate(measured("aul"))
    assert results.settings.study.folds == 5 and not results.quick and not results.is_phantom
    assert (results.groups, results.classes["malignant"].cases) == (521, 370)
    assert results.duplicates == [] and results.diameters == []
    assert results.seconds / 60 == pytest.approx(16, abs=0.5)
