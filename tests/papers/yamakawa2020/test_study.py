"""A whole study of two classes of discs, and the command."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from livercad.cli.main import app
from livercad.errors import InputError
from livercad.papers.settings import deviations_of, with_deviations
from livercad.papers.yamakawa2020 import reproduce as module
from livercad.papers.yamakawa2020.dataset import read_dataset
from livercad.papers.yamakawa2020.results import Results
from livercad.papers.yamakawa2020.settings import (
    ON_TWO_CORES,
    PAPER,
    QUICK,
    Settings,
)
from livercad.phantom.ultrasound.cohort import counts
from tumour_discs import small_settings


class Stopped(Exception):
    pass


def test_discs_are_told_apart_and_every_case_is_tested_once(study: tuple[Path, Results], discs: Path) -> None:
    output, results = study
    assert [scores.ratio for scores in results.sweep] == [0.3, 0.6, 1.0]
    assert max(scores.cases.value for scores in results.sweep) >= 0.75  # by chance .5
    assert all(scores.auc for scores in results.sweep) and results.positive == "malignant"
    assert {name: (count.cases, count.images) for name, count in results.classes.items()} == {
        "benign": (6, 9),
        "malignant": (6, 9),
    }
    assert [scores.title for scores in results.multi_scale] == [
        "average of the networks at 0.3, 0.6, 1",
        "one network that sees 0.3, 0.6, 1",
    ]
    assert [(scores.ratio, scores.down) for scores in results.off_centre] == [(0.6, 0.15)]
    shifted = results.off_centre[0]
    assert shifted.off_the_middle and shifted.off_the_middle.cases == shifted.difference  # .6 is the reference, too
    assert shifted.off_the_middle.auc == shifted.auc_difference
    dataset = read_dataset(discs)
    for number, fold in enumerate(dataset.folds(3, 0), start=1):
        told = json.loads((output / "trainings" / f"0.6-fold-{number:02d}.json").read_text())
        called = np.argmax(told["probabilities"], axis=1)
        assert len(called) == len(fold.test)
    assert Results.model_validate_json((output / "results.json").read_text()) == results


def test_the_page_has_every_figure_also_as_files(study: tuple[Path, Results]) -> None:
    output, results = study
    page = (output / "index.html").read_text(encoding="utf-8")
    names = {path.stem for path in (output / "figures").glob("*.svg")}
    assert {"figure-5-cases", "figure-6-images", "figure-9-dice", "figure-10-overlap", "auc", "proposals"} <= names
    assert page.count("<svg") == len(names)
    for name in names:
        with Image.open(output / "figures" / f"{name}.png") as picture:
            assert picture.width > 300
    assert results.verdict in page.replace("&#39;", "'")
    assert page.count("data:image/png;base64,") == len(list((output / "figures").glob("figure-[178]-*.png")))
    assert "0.15 L above the middle, less D/L 0.6" in page
    assert "training.starts" in page and "not the paper" not in page


def test_what_is_done_is_not_done_again(
    study: tuple[Path, Results], discs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, results = study

    def never(plan: Any) -> None:
        raise AssertionError(plan.name)

    monkeypatch.setattr(module, "run_training", never)
    model = output / "model"
    kept = {path.name: path.read_bytes() for path in model.iterdir()}
    shutil.rmtree(model)  # as an earlier version left it
    assert module.reproduce(discs, output, small_settings(), workers=1) == results
    assert {path.name: path.read_bytes() for path in model.iterdir()} == kept
    with pytest.raises(AssertionError, match="fold"):
        module.reproduce(discs, output, small_settings().changed({"seed": 1}), workers=1)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command asks for; the study itself is not done."""
    seen: dict[str, Any] = {}

    def stand_in(folder: Path | None, output: Path, settings: Settings, **options: Any) -> None:
        seen.update(folder=folder, output=output, settings=settings, **options)
        raise Stopped

    monkeypatch.setattr(module, "reproduce", stand_in)
    return seen


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["reproduce", "yamakawa2020", *arguments])


def test_the_paper_s_size_is_the_paper_s() -> None:
    assert PAPER.crops.ratios == tuple(n / 10 for n in range(1, 12))
    assert (PAPER.crops.smallest, PAPER.crops.pixels, PAPER.crops.versions, PAPER.training.versions) == (64, 64, 10, 10)
    assert (PAPER.training.learning_rate, PAPER.training.batch, PAPER.training.starts) == (0.001, 0.5, 150)
    assert (PAPER.training.epochs, PAPER.study.folds, PAPER.phantoms.cases) == ((20, 25, 30), 10, 324)


def test_two_cores_are_thought_of_unless_a_file_says_otherwise(asked: dict[str, Any], tmp_path: Path) -> None:
    run("--output", str(tmp_path))
    assert asked["settings"] == with_deviations(PAPER, ON_TWO_CORES)
    assert (asked["folder"], asked["quick"]) == (None, False)
    run("--output", str(tmp_path), "--data", str(tmp_path), "--quick", "--seed", "3")
    assert asked["settings"] == with_deviations(PAPER, QUICK).changed({"seed": 3})
    assert (asked["folder"], asked["quick"]) == (tmp_path, True)
    papers = Path(__file__).parents[3] / "docs" / "yamakawa2020.toml"
    run("--output", str(tmp_path), "--settings", str(papers))
    assert asked["settings"] == PAPER
    assert {name for name, *_ in deviations_of(with_deviations(PAPER, ON_TWO_CORES), PAPER, ON_TWO_CORES)} == set(
        ON_TWO_CORES
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[study]\nreference = 0.55\n", "must be among crops.ratios, which lack 0.55"),
        ("[training]\nversions = 11\n", "at most 10"),
        (
            "[training]\nepochs = [0]\n",
            "training.epochs.0: found 0; expected input should be greater than or equal",
        ),
        ("[network]\nchannels = [8, 0]\n", "network.channels.1: found 0"),
        ("[crops]\nratio = [0.6]\n", "crops.ratio"),
        ("[crops]\nratios = [0.6, 0.0]\n", "crops.ratios.1: found 0.0; expected input should be greater than 0."),
        ("[crops]\nratios = [-0.6, 0.6]\n", "crops.ratios.0: found -0.6; expected input should be greater than 0."),
        ("[crops]\nratios = [nan, 0.6]\n", "crops.ratios.0: found nan; expected input should be a finite number."),
        ("[crops]\nratios = [0.6, inf]\n", "crops.ratios.1: found inf; expected input should be a finite number."),
        ("[crops]\nsmallest = inf\n", "crops.smallest: found inf; expected input should be a finite number."),
        ("[study]\nscales = [0.6, inf]\n", "study.scales.1: found inf"),
        ("[study]\nscales = [0.6, 0]\n", "study.scales.1: found 0"),
        (
            "[study]\noff_centre = [[0.6, 5]]\n",
            "study.off_centre.0.1: found 5; expected a shift of less than 0.5 sides",
        ),
        ("[study]\noff_centre = [[0.6, 0.1], [0.6, -0.5]]\n", "study.off_centre.1.1: found -0.5; expected a shift"),
        ("[study]\noff_centre = [[0.6, nan]]\n", "study.off_centre.0.1: found nan"),
        ("[study]\noff_centre = [[0.0, 0.1]]\n", "study.off_centre.0.0: found 0.0"),
    ],
)
def test_settings_that_do_not_fit_are_refused(asked: dict[str, Any], tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    result = run("--output", str(tmp_path), "--settings", str(file))
    assert isinstance(result.exception, InputError) and told in str(result.exception)
    assert len(str(result.exception)) < 400  # not all settings
    assert not asked


def test_a_shift_that_leaves_the_tumour_inside_is_taken(asked: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[study]\noff_centre = [[0.6, 0.49], [1, -0.49]]\n")
    run("--output", str(tmp_path), "--settings", str(file))
    assert asked["settings"].study.off_centre == ((0.6, 0.49), (1.0, -0.49))


def test_too_few_phantoms_are_refused_before_one_is_made(tmp_path: Path) -> None:
    file, output = tmp_path / "mine.toml", tmp_path / "out"
    file.write_text("[phantoms]\ncases = 5\n")
    told = run("--output", str(output), "--quick", "--settings", str(file)).exception
    assert isinstance(told, InputError) and not output.exists()
    assert told.thing == "phantoms.cases" and "study.folds = 3" in told.expected
    assert told.found == "5 (2 of cyst, 1 of hemangioma, 1 of HCC, 1 of metastasis)"
    enough = int(re.findall("as ([0-9]+) cases have", told.expected)[0])
    assert min(counts(enough)[0].values()) == 3 > min(counts(enough - 1)[0].values())


def test_phantoms_that_the_sizes_ask_for_are_enough(
    discs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*arguments: object) -> None:
        raise Stopped

    monkeypatch.setattr(module, "write_ultrasound", stopped)
    monkeypatch.setattr(module, "read_dataset", stopped)
    few = PAPER.changed({"phantoms": {"cases": 5}})
    for folder, settings in ((None, PAPER), (None, with_deviations(PAPER, QUICK)), (discs, few)):
        with pytest.raises(Stopped):
            module.reproduce(folder, tmp_path, settings)


def test_reasons_of_a_quick_run_are_true() -> None:
    told = {name: reason for name, *_, reason in deviations_of(with_deviations(PAPER, QUICK), PAPER, QUICK)}
    assert told["crops.smallest"] == "only to see that it works; the network's input size, as 64 is in the paper"
    for settings in (PAPER, with_deviations(PAPER, QUICK)):
        assert settings.crops.smallest == settings.crops.pixels


def test_the_file_in_the_docs_is_one_that_is_taken(asked: dict[str, Any], tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "yamakawa2020.md").read_text(encoding="utf-8")
    file = tmp_path / "mine.toml"
    file.write_text(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[0], encoding="utf-8")
    run("--output", str(tmp_path), "--settings", str(file))
    assert asked["settings"].training.starts == 5 and asked["settings"].study.scales == (0.4, 0.6, 0.8)
    assert asked["settings"].network == with_deviations(PAPER, ON_TWO_CORES).network
