from __future__ import annotations

import json
from pathlib import Path

import pytest

from livercad.learning.strategies import Strategy
from livercad.simulation.findings import cases_to_reach, findings
from livercad.simulation.results import Results
from livercad.simulation.simulate import simulate
from toy_task import ToyTask


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulation")
    simulate([ToyTask()], folder, seeds=5, rounds=4)
    return folder


def test_the_page_says_what_it_is_and_what_was_found(output: Path) -> None:
    page = (output / "index.html").read_text(encoding="utf-8")
    results = Results.model_validate_json((output / "results.json").read_text(encoding="utf-8"))
    assert "phantoms" in page and "Research software" in page
    for sentence in results.tasks["toy"].findings:
        assert sentence.split("(")[0] in page
    assert page.count("<svg") == 3


def test_the_table_has_the_areas_of_the_results(output: Path) -> None:
    page = (output / "index.html").read_text(encoding="utf-8")
    for each in json.loads((output / "results.json").read_text())["tasks"]["toy"]["strategies"].values():
        assert f"<td>{each['area']['mean']:.3f}</td>" in page


def test_figures_lie_beside_the_page_as_png_and_svg(output: Path) -> None:
    names = {path.name for path in (output / "figures").iterdir()}
    assert names == {f"toy-{what}.{kind}" for what in ("curves", "differences", "chosen") for kind in ("png", "svg")}


def test_a_page_of_one_seed_and_one_strategy_has_no_intervals_and_no_difference(tmp_path: Path) -> None:
    results = simulate([ToyTask()], tmp_path, strategies=[Strategy.HYBRID], seeds=1, rounds=2, quick=True)
    found = results.tasks["toy"].strategies[Strategy.HYBRID]
    assert found.difference is None and found.area.low is None
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "A quick run" in page and page.count("<svg") == 2


def test_what_is_not_better_is_said_as_plainly_as_what_is(output: Path) -> None:
    task = Results.model_validate_json((output / "results.json").read_text(encoding="utf-8")).tasks["toy"]
    only = {name: task.strategies[name] for name in (Strategy.RANDOM, Strategy.FIRST)}
    told = findings("accuracy", task.counts, only, task.pool_kinds)
    assert told[0] == "No strategy has a larger area under the learning curve than random, interval included."


def test_cases_to_reach_a_score_are_found_on_straight_lines() -> None:
    assert cases_to_reach(0.65, [10, 20, 30], [0.5, 0.6, 0.8]) == pytest.approx(22.5)
    assert cases_to_reach(0.4, [10, 20, 30], [0.5, 0.6, 0.8]) == 10
    assert cases_to_reach(0.9, [10, 20, 30], [0.5, 0.6, 0.8]) is None
