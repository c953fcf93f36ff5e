"""From a DeepLesion folder to what Aluko's networks see."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aluko_folder import PARTS, write_squares
from livercad.errors import InputError
from livercad.papers.aluko2018.images import load_images
from livercad.papers.aluko2018.pixels import pixels_of
from livercad.papers.aluko2018.settings import Settings
from livercad.studies.deeplesion.folder import TABLE, read_rows, write_table
from livercad.studies.deeplesion.rows import Part


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_squares(tmp_path_factory.mktemp("squares"))


def test_without_a_split_patients_are_drawn_and_none_is_in_two_parts(tmp_path: Path) -> None:
    folder = write_squares(tmp_path, (None,) * len(PARTS))
    data = load_images(folder, Settings().data, 0)
    assert any("patients drawn" in note for note in data.notes)
    assert {part: len(data.numbers(part)) for part in Part} == {Part.TRAINING: 12, Part.VALIDATION: 1, Part.TEST: 1}
    assert load_images(folder, Settings().data, 0).examples == data.examples


def test_pixels_are_the_windowed_slices_in_their_order_and_boxes_lie_on_them(data: Path, tmp_path: Path) -> None:
    images = load_images(data, Settings().data, 0)
    pixels = pixels_of(images, (-175.0, 275.0), 32, tmp_path).array()
    assert pixels.shape == (len(PARTS), 3, 32, 32)
    for example, shown in zip(images.examples, pixels, strict=True):
        x0, y0, x1, y1 = (round(32 * value) for value in example.lesions[0].box)
        # The bright square is the lesion: columns are x, rows are y, in all three slices.
        assert shown[:, y0 + 1 : y1 - 1, x0 + 1 : x1 - 1].min() > 190
        beside = np.ones((32, 32), bool)
        beside[max(0, y0 - 1) : y1 + 1, max(0, x0 - 1) : x1 + 1] = False
        assert shown[:, beside].max() < 190
    whole = pixels_of(images, (-175.0, 275.0), 64, tmp_path).array()
    first = images.examples[0].image
    for channel, index in enumerate((9, 10, 11)):
        path = data / "Images_png" / first.rpartition("_")[0] / f"{index:03d}.png"
        with Image.open(path) as picture:
            hu = np.asarray(picture).astype(float) - 32768
        assert np.array_equal(whole[0, channel], np.clip(np.round((hu + 175) / 450 * 255), 0, 255))


def test_arrays_are_kept_for_the_same_window_and_made_again_for_another(data: Path, tmp_path: Path) -> None:
    images = load_images(data, Settings().data, 0)
    first = pixels_of(images, (-175.0, 275.0), 32, tmp_path)
    before = first.path.stat().st_mtime_ns
    assert pixels_of(images, (-175.0, 275.0), 32, tmp_path) == first
    assert first.path.stat().st_mtime_ns == before
    assert first.sha256 == hashlib.sha256(first.array().tobytes()).hexdigest()
    other, another_size = pixels_of(images, (0.0, 100.0), 32, tmp_path), pixels_of(images, (0.0, 100.0), 16, tmp_path)
    kept = [file for each in (other, another_size) for file in (each.path, each.path.with_suffix(".sha256"))]
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_a_box_beside_its_image_is_refused_with_the_image(tmp_path: Path) -> None:
    folder = write_squares(tmp_path, (Part.TRAINING, Part.TEST))
    rows = read_rows(folder / TABLE)
    write_table(folder / TABLE, [replace(rows[0], box=(70.0, 10.0, 80.0, 20.0)), rows[1]])
    with pytest.raises(InputError, match=rf"{rows[0].image}: found the box .* beside an image of 64 × 64 pixels"):
        load_images(folder, Settings().data, 0)


def test_a_folder_without_test_images_is_refused(tmp_path: Path) -> None:
    folder = write_squares(tmp_path, (Part.TRAINING, Part.VALIDATION))
    with pytest.raises(InputError, match="no image for test"):
        load_images(folder, Settings().changed({"data": {"split": "own"}}).data, 0)
