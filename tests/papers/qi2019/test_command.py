"""The command and its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from livercad.cli.main import app
from livercad.errors import InputError
from livercad.papers.qi2019 import reproduce as module
from livercad.papers.qi2019.results import Results
from livercad.papers.qi2019.settings import ON_TWO_CORES, PAPER, QUICK
from livercad.papers.settings import Deviations, deviations_of, with_deviations

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, qi_study: tuple[Path, Results]) -> dict[str, Any]:
    """What the command asks for; the study itself is not done."""
    seen: dict[str, Any] = {}

    def stand_in(output: Path, settings: Any, **options: Any) -> Results:
        seen.update(output=output, settings=settings, **options)
        return qi_study[1]

    monkeypatch.setattr(module, "reproduce", stand_in)
    return seen


def run(*options: str) -> str:
    result = CliRunner().invoke(app, ["reproduce", "qi2019", *options])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_the_default_is_phantoms_and_both_tests_are_told(asked: dict[str, Any], tmp_path: Path) -> None:
    told = run("--output", str(tmp_path))
    assert (asked["data"], asked["quick"], asked["features"], asked["folds"]) == (None, False, None, False)
    assert asked["settings"] == with_deviations(PAPER, ON_TWO_CORES) and asked["reasons"] is ON_TWO_CORES
    assert "test, split by image: Mt-Net(REM): F-β " in told and "test, split by patient: Sn-Net(REM): F-β " in told
    assert str(tmp_path / "index.html") in told


def test_quick_is_smaller_and_what_is_named_still_counts(asked: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("seed = 7\ncrops = 3\n\n[training]\nepochs = 30\n", encoding="utf-8")
    run(
        "--output", str(tmp_path), "--quick", "--folds", "--settings", str(file), "--data", str(tmp_path), "--seed", "8"
    )
    short, usual = with_deviations(PAPER, QUICK), with_deviations(PAPER, ON_TWO_CORES)
    training = short.training.model_copy(update={"epochs": 30})  # the default: named, it counts as well
    assert asked["settings"] == short.model_copy(update={"seed": 8, "crops": 3, "training": training})
    assert (asked["quick"], asked["folds"], asked["data"], asked["reasons"]) == (True, True, tmp_path, QUICK)
    assert short.networks.side < usual.networks.side and short.training.epochs < usual.training.epochs


def test_the_settings_in_the_docs_are_the_paper_s_own(asked: dict[str, Any], tmp_path: Path) -> None:
    run("--output", str(tmp_path), "--settings", str(DOCS / "qi2019.toml"))
    assert asked["settings"] == PAPER, "laid over what two cores can do, nothing of that is left"
    networks, training = PAPER.networks, PAPER.training
    assert (networks.side, networks.divisor, networks.shallow, networks.keep) == (299, 1, 1, 0.8)
    assert (training.batch, training.decay, PAPER.han.side, PAPER.cheng.side) == (10, 1e-4, 255, 28)
    assert (PAPER.crops, PAPER.beta, PAPER.cheng.patch) == (5, 2.0, 0.6)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[networks]\ndivisor = 3\n", "expected 1, 2, 4, 8 or 16"),
        ("[networks]\nsn_weights = 'torchvision'\n", "set divisor and shallow to 1"),
        (
            "[networks]\ndivisor = 1\nshallow = 1\nmt_weights = 'torchvision'\n",
            "torchvision has no Inception-ResNet-v2",
        ),
        ("[han]\ndivisor = 16\n", "divisor must be 1, 2, 4 or 8"),
        ("[training]\nbatch = 2\n", "training.batch: found 2; expected input should be greater than or equal to 3"),
        ("[cheng]\nlayers = [20, 0]\n", "cheng.layers.1: found 0"),
        ("[network]\n", "one of networks, training, han, cheng, phantoms, crops, beta, seed"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        run("--output", str(tmp_path / "out"), "--settings", str(tmp_path / "mine.toml"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("reasons", [ON_TWO_CORES, QUICK])
def test_every_deviation_has_its_own_reason_and_what_is_asked_for_is_told_so(reasons: Deviations) -> None:
    rows = deviations_of(with_deviations(PAPER, reasons), PAPER, reasons)
    assert {name: why for name, _, _, why in rows} == {name: why for name, (_, why) in reasons.items()}
    (row,) = deviations_of(PAPER.changed({"networks": {"side": 251}}), PAPER, reasons)
    assert row == ("networks.side", "299", "251", "as asked for")
