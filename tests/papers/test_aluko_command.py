"""The commands around DeepLesion."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from aluko_folder import write_squares
from livercad.cli.main import app
from livercad.errors import InputError
from livercad.papers.aluko2018 import reproduce as module
from livercad.papers.aluko2018.settings import ON_PHANTOMS, Settings
from livercad.papers.settings import deviations_of, with_deviations


class Stopped(Exception):
    pass


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
    return CliRunner().invoke(app, ["reproduce", "aluko2018", *arguments])


def test_phantoms_are_small_by_default_and_data_are_taken_in_the_paper_s_size(
    asked: dict[str, Any], tmp_path: Path
) -> None:
    run("--output", str(tmp_path))
    assert asked["settings"] == with_deviations(Settings(), ON_PHANTOMS)
    assert (asked["folder"], asked["quick"]) == (None, False)
    run("--output", str(tmp_path), "--data", str(tmp_path))
    settings = asked["settings"]
    assert settings == Settings()
    assert (settings.one_box.size, settings.one_box.epochs, settings.one_box.batch) == (512, 150, 8)
    assert (settings.one_box.learning_rate, settings.vgg.learning_rate, settings.vgg.dropout) == (0.003, 0.0001, 0.05)
    assert (settings.vgg.epochs, settings.vgg.batch, settings.detector.epochs) == (70, 1, 150)
    assert settings.detector.anchors == (16, 24, 32, 48, 96)
    assert settings.weights.vgg16 == "none"


def test_a_file_of_settings_changes_what_it_names_and_nothing_else(asked: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("seed = 7\n\n[detector]\nsize = 256\nbackbones = ['small']\n")
    run("--output", str(tmp_path), "--settings", str(file), "--weights", "torchvision")
    deviations = with_deviations(Settings(), ON_PHANTOMS)
    wanted = {"seed": 7, "detector": {"size": 256, "backbones": ("small",)}}
    weights = {"weights": {"vgg16": "torchvision", "resnet50": "torchvision"}}
    assert asked["settings"] == deviations.changed(wanted, weights)


def test_unknown_weights_and_settings_are_refused(asked: dict[str, Any], tmp_path: Path) -> None:
    assert "none or torchvision" in run("--output", str(tmp_path), "--weights", "imagenet").output
    file = tmp_path / "mine.toml"
    file.write_text("[detector]\nsize = 100\n")
    result = run("--output", str(tmp_path), "--settings", str(file))
    assert isinstance(result.exception, InputError)
    assert "detector.size" in str(result.exception)
    assert not asked


def test_a_folder_is_told_of_and_drawn(tmp_path: Path) -> None:
    folder = write_squares(tmp_path / "data")
    (folder / "Images_png" / "000001_01_01" / "009.png").unlink()
    sheet = tmp_path / "sheet.png"
    result = CliRunner().invoke(app, ["deeplesion", str(folder), "--sheet", str(sheet), "--most", "3"])
    assert result.exit_code == 0, result.output
    assert "14 lesions in 14 slices of 14 patients" in result.output
    assert "1 of 28 neighbour slices are missing" in result.output
    with Image.open(sheet) as picture:
        assert picture.size == (3 * 232 + 2 * 6, 232 + 18)
        assert (60, 220, 90) in {color for _, color in picture.convert("RGB").getcolors(1 << 20)}


def test_all_real_slices_are_drawn_with_their_boxes(real_data: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    result = CliRunner().invoke(app, ["deeplesion", str(real_data / "deeplesion"), "--sheet", str(sheet)])
    assert "47 lesions in 47 slices of 20 patients" in result.output
    assert "47 slices drawn" in result.output


def test_types_are_asked_for_by_number(tmp_path: Path) -> None:
    folder = write_squares(tmp_path / "data")
    arguments = ["deeplesion", str(folder), "--sheet", str(tmp_path / "sheet.png"), "--types"]
    assert "4 liver" in " ".join(CliRunner().invoke(app, [*arguments, "liver"], env={"COLUMNS": "200"}).output.split())
    assert isinstance(CliRunner().invoke(app, [*arguments, "1,5"]).exception, InputError)
    assert CliRunner().invoke(app, [*arguments, "all"]).exit_code == 0


def test_phantoms_are_written_in_the_layout(tmp_path: Path) -> None:
    arguments = ["phantom", "deeplesion", str(tmp_path), "-n", "1", "--size", "64", "--slice-mm", "12", "--main-only"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "of 1 patients" in result.output
    assert (tmp_path / "DL_info.csv").is_file() and list((tmp_path / "Images_png").rglob("*.png"))


def test_the_file_in_the_docs_is_the_paper_s_size() -> None:
    text = (Path(__file__).parents[2] / "docs" / "aluko2018.md").read_text(encoding="utf-8")
    told = tomllib.loads(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[0])
    names = {name for name, *_ in deviations_of(with_deviations(Settings(), ON_PHANTOMS).changed(told), Settings(), {})}
    assert names == {"seed", "weights.vgg16", "weights.resnet50"}
