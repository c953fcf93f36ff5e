"""What `livercad ultrasound` says of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from livercad.cli.main import app
from livercad.errors import InputError
from ultrasound_files import sector


def save(folder: Path, *names: str) -> None:
    for seed, name in enumerate(names):
        Image.fromarray(sector(seed, (192, 256))).save(folder / name)


def told(*arguments: object) -> str:
    outcome = CliRunner().invoke(app, ["ultrasound", *map(str, arguments)], catch_exceptions=False)
    assert outcome.exit_code == 0
    return outcome.output


def test_one_is_counted_as_one_and_doubts_are_told(tmp_path: Path) -> None:
    save(tmp_path, "a.png", "b.tif")
    (tmp_path / "annotations.csv").write_text(
        "case,image,center_x,center_y,diameter,klass,\n..,a.png,120,90,40,hcc,\na/b,gone.png,,,,,\n"
    )
    lines = told(tmp_path).splitlines()
    assert lines[0] == "1 image of 1 case (1 patient)"
    assert "  (no class): 1 image of 1 case" in lines
    assert any(line.startswith("1 lesion, diameter 40.0 pixels") for line in lines)
    assert "left out: b.tif: TIFF or GIF is not read; convert to PNG" in lines
    assert "not read: 1 column of annotations.csv with names not known: klass" in lines
    assert (
        "livercad analyze will refuse this folder: no folder can be named as 2 cases ('..', 'a/b'); "
        "expected no slash, no dot first" in lines
    )


def test_nothing_doubtful_is_told_of_a_sound_folder(tmp_path: Path) -> None:
    save(tmp_path, "a.png", "b.png")
    (tmp_path / "annotations.csv").write_text("case,image,class\na,a.png,cyst\nb,b.png,hcc\n")
    output = told(tmp_path)
    assert output.startswith("2 images of 2 cases (2 patients)\n")
    assert not any(word in output for word in ("left out", "not read", "refuse"))


def test_no_sheet_is_written_where_there_is_nothing_to_draw(tmp_path: Path) -> None:
    save(tmp_path, "a.png", "b.png")
    sheet = tmp_path / "sheet.png"
    assert f"nothing to draw (no near-duplicates): {sheet} is not written" in told(
        tmp_path, "--sheet", sheet, "--copies-only"
    )
    assert not sheet.exists()


def test_a_sheet_is_of_the_kind_that_its_name_says(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    save(tmp_path / "images", "a.png")
    for name, kind in (("s.png", "PNG"), ("s.JPG", "JPEG")):
        assert f"1 image drawn: {tmp_path / name}" in told(tmp_path / "images", "--sheet", tmp_path / name)
        with Image.open(tmp_path / name) as picture:
            assert picture.format == kind


@pytest.mark.parametrize(
    ("option", "name", "expected"),
    [("--sheet", "x.txt", ".png or .jpg"), ("--duplicates", "x.txt", ".csv or .json"), ("--sheet", "x", "nothing")],
)
def test_other_endings_are_refused_before_anything_is_read(
    option: str, name: str, expected: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=expected):
        told(tmp_path / "absent", option, tmp_path / name)
