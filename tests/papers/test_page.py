"""The results page: its numbers are those of results.json, its curves those of the trainings."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livercad.papers.yasaka2018 import published
from livercad.papers.yasaka2018.figures import OURS, roc_figure
from livercad.papers.yasaka2018.results import ROWS, Results
from livercad.papers.yasaka2018.settings import Model
from livercad.papers.yasaka2018.training import Training

Reproduction = tuple[Path, Results]
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")
MODELS = [model.value for model in Model]
LETTERS = "ABCDE"


class Tables(HTMLParser):
    """The tables of a page: rows of cells' texts, by the text of the first cell of all."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        self._open = tag in ("td", "th") or (self._open and tag not in ("caption", "table"))
        if self._open and tag in ("span", "small"):
            self.tables[-1][-1][-1] += " "

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._open:
            self.tables[-1][-1][-1] += data

    def rows(self, first: str) -> dict[str, list[str]]:
        (table,) = (table for table in self.tables if table[0][0] == first)
        return {row[0]: row[1:] for row in table[1:]}


@pytest.fixture(scope="module")
def tables(reproduction: Reproduction) -> Tables:
    return Tables((reproduction[0] / "index.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def stored(reproduction: Reproduction) -> dict[str, Any]:
    return json.loads((reproduction[0] / "results.json").read_text(encoding="utf-8"))


def numbers(text: str) -> list[str]:
    return NUMBER.findall(text)


def spread(values: dict[str, Any]) -> list[str]:
    return [f"{values[name]:.2f}" for name in ("median", "low", "high")]


def counted(values: dict[str, Any], hits: int, n: int) -> list[str]:
    median, low, high = spread(values)
    return [median, str(hits), str(n), low, high]


def leaves(tree: Any) -> list[Any]:
    branches = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else None
    return [tree] if branches is None else [leaf for branch in branches for leaf in leaves(branch)]


def test_every_number_of_a_table_is_in_the_file_of_results(tables: Tables, stored: dict[str, Any]) -> None:
    """Learning curves and seconds are in no table and would hold almost any number."""
    for result in stored["models"].values():
        del result["curves"], result["seconds"]
    known = [leaf for leaf in leaves(stored) if isinstance(leaf, int | float)]
    texts = {text for leaf in leaves(stored) if isinstance(leaf, str) for text in numbers(leaf)}
    rounded = {f"{leaf:.{digits}f}".removeprefix("0") for leaf in known for digits in range(4)}
    sums = {str(sum(stored["paper"][name].values())) for name in ("training_sets", "test_lesions")}
    settings = [table for table in tables.tables if table[0][0] in ("Setting", "What")]
    cells = [cell for table in tables.tables if table not in settings for row in table[1:] for cell in row[1:]]
    shown = {number.replace(",", "").removeprefix("0") for cell in cells for number in numbers(cell)}
    assert len(settings) == 2 and len(shown) > 60
    assert shown - rounded - texts - sums == set()


def test_tables_2_and_3_are_of_the_file_of_results(tables: Tables, stored: dict[str, Any]) -> None:
    paper, models = stored["paper"], stored["models"]
    table_2, table_3 = tables.rows("Table 2"), tables.rows("Table 3")
    for column, model in enumerate(MODELS):
        for row, name in (
            ("Training data", "training_accuracy"),
            ("Test data", "test_accuracy"),
            ("AUC, A–B against C–E", "auc"),
        ):
            assert numbers(table_2[row][column]) == spread(models[model][name]) + spread(paper[name][model])
        assert numbers(table_2["AUC with the expected score"][column]) == spread(models[model]["auc_expected"])
        p = [models[model]["steel_p"], paper["steel_p"].get(model)]
        assert numbers(table_2["P value (Steel)"][column]) == [
            f"{each:.3f}".removeprefix("0") for each in p if each is not None
        ]
        for title, row in zip(table_3, ROWS, strict=True):
            theirs = paper["sensitivity"][model][row]
            expected = counted(theirs, theirs["hits"], theirs["n"])
            if row in models[model]["rows"]:
                ours = models[model]["rows"][row]
                expected = counted(ours["sensitivity"], ours["hits"], ours["n"]) + expected
            assert numbers(table_3[title][column]) == expected


def test_misdiagnoses_stand_beside_the_paper_s(tables: Tables, stored: dict[str, Any]) -> None:
    (table,) = (table for table in tables.tables if table[0][:2] == ["Model", "Misdiagnosed"])
    ours = {(each["model"], each["row"]): each for each in stored["misdiagnoses"]}
    told = stored["paper"]["misdiagnoses"]
    assert [(each["ratio"], each["hits"], each["n"]) for each in told] == [
        (0.43, 9, 21), (0.38, 8, 21), (0.43, 9, 21), (0.36, 5, 14),
    ]  # fmt: skip
    for row, theirs in zip(table[1:], told, strict=True):
        assert row[0] == theirs["model"]
        assert row[1].endswith(f" as {theirs['diagnosis']}")
        assert numbers(row[3]) == [f"{theirs['ratio']:.2f}", str(theirs["hits"]), str(theirs["n"])]
        mine = ours.get((theirs["model"], theirs["row"]))
        assert numbers(row[2]) == (counted(mine["ratio"], mine["hits"], mine["n"]) if mine else [])


def test_sizes_and_scanners_stand_beside_the_paper_s(tables: Tables, stored: dict[str, Any]) -> None:
    data, scanners = tables.rows(""), tables.rows("Scanners of test patients")
    test, paper = stored["test"], stored["paper"]
    for column, letter in enumerate(LETTERS):
        assert numbers(data["Test"][3 + column])[:2] == [
            str(test["by_category"][letter]), str(test["mean_diameter_mm"][letter]),
        ]  # fmt: skip
        size = published.TEST_DIAMETER_MM[published.YasakaCategory(letter)]
        assert numbers(data["Test, paper"][3 + column])[1:] == [str(size.mean_mm), str(size.sd_mm)]
    assert numbers(data["Test, paper"][1]) == ["100", "26.9", "25.9"]
    assert numbers(data["Training, paper"][0] + " " + data["Training, paper"][2]) == ["460", "1068"]
    ours, theirs = scanners["scanner 0"], scanners["Toshiba Medical Systems / GE Healthcare, paper"]
    counts = stored["scanners"]["counts"]
    assert [numbers(cell) for cell in ours[:5]] == [[str(n) for n in counts[letter]] for letter in LETTERS]
    assert [numbers(cell) for cell in theirs[:5]] == [[str(n) for n in paper["scanner_counts"][c]] for c in LETTERS]
    assert (ours[5], theirs[5]) == (f"{stored['scanners']['fisher_p']:.3f}".removeprefix("0"), ".545")


def test_the_curve_drawn_is_of_the_training_with_the_median_area(reproduction: Reproduction) -> None:
    """Areas by counting pairs and curves by counting lesions, from what each training answered."""
    output, results = reproduction
    truth = np.array(["ABCDE".index(each) for each in LETTERS])  # one test lesion of each category, in order
    malignant = truth < 2
    figure = roc_figure(results)
    for model, axes in zip(Model, figure.axes, strict=True):
        scores = []
        for run in range(1, results.settings.runs + 1):
            file = output / "trainings" / f"{model.file_name}_{run}.json"
            answers = np.array(Training.model_validate_json(file.read_text(encoding="utf-8")).test_probabilities)
            scores.append(np.array([4, 4, 3, 2, 1])[answers.argmax(axis=1)])
        pairs = [np.sign(score[malignant][:, None] - score[~malignant][None, :]).mean() for score in scores]
        areas = [(1 + mean) / 2 for mean in pairs]
        score = scores[areas.index(sorted(areas)[(len(areas) - 1) // 2])]
        cuts = sorted(set(score), reverse=True)
        curve = [[0, 0], *([(score[~malignant] >= cut).mean(), (score[malignant] >= cut).mean()] for cut in cuts)]
        (drawn,) = (line for line in axes.lines if line.get_color() == OURS)
        assert drawn.get_xydata() == pytest.approx(np.array(curve))
        assert f"AUC {sorted(areas)[(len(areas) - 1) // 2]:.2f}" in axes.texts[0].get_text()


def test_the_curves_of_the_page_are_those_of_the_figures(reproduction: Reproduction) -> None:
    output, results = reproduction
    page = (output / "index.html").read_text(encoding="utf-8")
    for name in ("accuracy", "roc", "confusion", "learning"):
        svg = (output / "figures" / f"{name}.svg").read_text(encoding="utf-8")
        assert svg[svg.index("<svg") :] in page
    paths = [np.array(re.findall(r"-?[\d.]+", path), float) for path in re.findall(r' d="([^"]+)"', page)]
    for model in Model:
        curve = results.models[model].roc
        points = np.column_stack([curve.false_positive_rate, curve.true_positive_rate])
        assert any(_is_curve(path, points) for path in paths)


def _is_curve(path: np.ndarray, points: np.ndarray) -> bool:
    """Whether a path of the page, laid from (0, 0) to (1, 1), goes through these points."""
    if path.size != points.size:
        return False
    drawn = path.reshape(-1, 2)
    span = drawn[-1] - drawn[0]
    return bool(np.all(span) and np.allclose((drawn - drawn[0]) / span, points, atol=1e-3))
