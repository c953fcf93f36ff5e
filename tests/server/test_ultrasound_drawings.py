"""Circles of annotators, as a server finds them when it starts again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from livercad.core.circle import Circle
from livercad.errors import InputError
from livercad.server.catalogue import Catalogue
from livercad.server.drawings import FOLDER, Drawings
from livercad.studies.ultrasound.drawn import DRAWN
from livercad.studies.ultrasound.folder import find_images
from livercad.studies.ultrasound.image import ListedImage, MarkedLesion
from ultrasound_files import sector

CYST = MarkedLesion(Circle((60.25, 40), 20), "cyst")
HCC = MarkedLesion(Circle((30, 50), 12.5), "hcc")
ABOUT = {"annotator": "Ann", "note": "", "sha256": "0" * 64}


@pytest.fixture
def image(tmp_path: Path) -> ListedImage:
    Image.fromarray(sector()).save(tmp_path / "a.png")
    return find_images(tmp_path).images[0]


def opened(folder: Path) -> Drawings:
    drawings = Drawings(folder)
    drawings.open()
    return drawings


def marked(folder: Path) -> tuple[MarkedLesion, ...]:
    return find_images(folder).images[0].lesions


def test_what_was_drawn_outlives_a_kill_before_its_table(tmp_path: Path, image: ListedImage) -> None:
    drawings = opened(tmp_path)
    drawings.save(image, (CYST,), "", **ABOUT)
    before = (tmp_path / DRAWN).read_bytes()
    drawings.save(image, (CYST, HCC), "", **ABOUT)
    (tmp_path / DRAWN).write_bytes(before)  # as a kill between the version's file and the table leaves it
    assert marked(tmp_path) == (CYST,)
    again = Drawings(tmp_path)
    assert again.open() and not Drawings(tmp_path).open(), "It tells whether the table has changed."
    assert marked(tmp_path) == (CYST, HCC)
    assert [each.version for each in again.versions("a.png")] == [1, 2]
    assert again.save(image, (), "normal", **ABOUT).version == 3
    assert marked(tmp_path) == ()


def test_what_is_taken_back_leaves_no_table_but_its_history(tmp_path: Path, image: ListedImage) -> None:
    drawings = opened(tmp_path)
    drawings.save(image, (CYST,), "", **ABOUT)
    drawings.save(image, None, "", **ABOUT)
    assert not (tmp_path / DRAWN).exists() and drawings.current("a.png") is None and drawings.latest() == {}
    assert [each.circles is None for each in opened(tmp_path).versions("a.png")] == [False, True]


def test_a_table_that_came_without_its_history_is_kept(tmp_path: Path, image: ListedImage) -> None:
    """As when a folder is copied without what is hidden in it: the next circles must not replace all others."""
    Image.fromarray(sector(1)).save(tmp_path / "b.png")
    drawings = opened(tmp_path)
    for each in find_images(tmp_path).images:
        drawings.save(each, (CYST,), "", **ABOUT)
    shutil.rmtree(tmp_path / FOLDER)
    assert opened(tmp_path).save(image, (HCC,), "", **ABOUT).version == 2
    assert [each.lesions for each in find_images(tmp_path).images] == [(HCC,), (CYST,)]


def test_a_version_that_is_damaged_does_not_count_and_stays(tmp_path: Path, image: ListedImage) -> None:
    drawings = opened(tmp_path)
    drawings.save(image, (CYST,), "", **ABOUT)
    drawings.save(image, (HCC,), "", **ABOUT)
    newest = sorted((tmp_path / FOLDER).rglob("*.json"))[-1]
    assert json.loads(newest.read_text())["circles"] == [{"center": [30, 50], "diameter": 12.5, "class": "hcc"}]
    newest.write_text("{")
    again = opened(tmp_path).current("a.png")
    assert again is not None and again.circles is not None
    assert [each["class"] for each in again.circles] == ["cyst"]
    assert opened(tmp_path).save(image, (CYST, HCC), "", **ABOUT).version == 3
    assert newest.read_text() == "{"


def test_a_case_keeps_what_is_wrong_with_it_when_circles_are_drawn(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    Image.fromarray(sector()).save(tmp_path / "case" / "a.png")
    (tmp_path / "case" / "b.png").write_bytes(b"no picture")
    catalogue = Catalogue(tmp_path)
    catalogue.update()
    before = catalogue.ultrasound["case"]
    assert len(before.unusable) == 1
    catalogue.replace_image(replace(before.images[0], lesions=(HCC,)))
    now = catalogue.ultrasound["case"]
    assert (now.images[0].lesions, now.unusable) == ((HCC,), before.unusable)


def test_a_name_that_no_table_can_hold_is_refused(tmp_path: Path, image: ListedImage) -> None:
    with pytest.raises(InputError, match="Rename"):
        opened(tmp_path).save(ListedImage("a", "a\n.png", image.path), (CYST,), "", **ABOUT)
    assert not (tmp_path / DRAWN).exists()
