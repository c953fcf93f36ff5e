"""Contact sheets show the right place, whatever the axes of the volume."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livercad.core.geometry import Box, Frame
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.evaluation.boxes.hits import mark
from livercad.evaluation.boxes.model import BoxFrame, DetectedBox, ImageBoxes, TrueLesion
from livercad.evaluation.boxes.of_findings import corners_of_box
from livercad.evaluation.boxes.picture_files import find_pictures
from livercad.evaluation.boxes.pictures import CtPictures, PlanarPictures, grey_of_file
from livercad.evaluation.boxes.settings import DetectionSettings
from livercad.evaluation.boxes.sheets import CELL, MOST_SHOWN, contact_sheet, false_positives, missed
from livercad.studies.nifti import write_volume

AFFINES = {
    "left, posterior, superior": [[-1.0, 0, 0, 40], [0, -1.0, 0, 30], [0, 0, 4.0, -60], [0, 0, 0, 1]],
    "superior, right, anterior": [[0, 1.5, 0, -50], [0, 0, 1.0, -70], [2.0, 0, 0, 10], [0, 0, 0, 1]],
}


def bright_box(affine: np.ndarray) -> tuple[Volume, ImageBoxes]:
    """A bright block in dark tissue beside air, and its box as both truth and detection."""
    hu = np.full((48, 52, 40), -80, dtype=np.int16)
    hu[30:], hu[6:16, 30:36, 9:12] = -1000, 200
    box = Box((5.5, 29.5, 8.5), (15.5, 35.5, 11.5), Frame.IJK).to(Frame.RAS, affine)
    corners = corners_of_box(box)
    image = ImageBoxes(
        "case", "case", BoxFrame.RAS, (DetectedBox(corners, 0.9, BoxFrame.RAS),), (TrueLesion(corners, BoxFrame.RAS),)
    )
    return Volume(hu, affine), image


def bright_rectangle(grey: np.ndarray) -> list[float]:
    """Left, top, right, bottom of what is brighter than half."""
    rows, columns = np.nonzero(grey > 127)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


@pytest.mark.parametrize("axes", AFFINES)
def test_the_box_of_a_scan_is_drawn_around_what_it_is_around(axes: str) -> None:
    volume, image = bright_box(np.array(AFFINES[axes]))
    square = CtPictures({"case": volume}).square(image, image.true[0].corners, 240)
    assert square.rectangle_of(image.true[0].corners) == pytest.approx(bright_rectangle(square.grey), abs=2)
    above = tuple(v + (100 if n % 3 == 2 else 0) for n, v in enumerate(image.true[0].corners))
    assert square.rectangle_of(above) is None


@pytest.mark.parametrize("corner", [(0, 0), (83, 0), (40, 55), (83, 55)])
def test_the_box_of_an_image_is_drawn_around_what_it_is_around(planar, corner: tuple[int, int]) -> None:
    """Also at the image's edges, where the square is shifted."""
    x, y = corner
    array = np.zeros((70, 100), dtype=np.uint8)
    array[y : y + 15, x : x + 17] = 255
    square = PlanarPictures({"a": array}).square(planar("a"), (x, y, x + 17, y + 15), 128)
    assert square.side == 64
    assert square.rectangle_of((x, y, x + 17, y + 15)) == pytest.approx(bright_rectangle(square.grey), abs=1.1)


def test_a_sheet_shows_the_largest_misses_and_the_surest_false_positives(planar) -> None:
    lesions = [(30 * n, 0, 30 * n + 5 + n, 4) for n in range(30)]
    found = [(30 * n, 40, 30 * n + 9, 49, n / 100) for n in range(1, 30)] + [(*lesions[2], 0.005)]
    image = planar("a", found, lesions)
    marked = mark([image], DetectionSettings())
    lost, wrong = missed(marked, [image], 0.01), false_positives(marked, [image])
    assert [one.about for one in lost] == lesions[::-1]  # 29 that nothing hits, and one that is hit too late
    assert lost[-3].caption == ("a", "hit from score 0.005")  # the third smallest
    assert wrong[0].caption == ("a", "score 0.29") and len(wrong) == 29
    sheet = contact_sheet(lost, [image], PlanarPictures({"a": np.zeros((60, 960), np.uint8)}), 0.01)
    assert sheet is not None and (sheet.shown, sheet.of) == (MOST_SHOWN, 30)
    assert sheet.picture.width > 6 * CELL and sheet.picture.height > 4 * CELL


def test_nothing_to_show_is_no_sheet(planar) -> None:
    image = planar("a", (), [(0, 0, 9, 9)])
    shown = missed(mark([image], DetectionSettings()), [image], None)
    assert len(shown) == 1
    assert contact_sheet((), [image], PlanarPictures({"a": np.zeros((9, 9), np.uint8)})) is None
    assert contact_sheet(shown, [image], PlanarPictures({})) is None


def test_a_scan_that_cannot_be_read_is_told_and_the_others_are_shown(tmp_path: Path) -> None:
    volume, image = bright_box(np.array(AFFINES["left, posterior, superior"]))
    other = ImageBoxes("other", "other", BoxFrame.RAS, image.detected, image.true)
    write_volume(volume, tmp_path / "case.nii.gz")
    (tmp_path / "other.nii.gz").write_bytes(b"damaged")
    sources = {name: str(tmp_path / f"{name}.nii.gz") for name in ("case", "other")}
    pictures = find_pictures((image, other), {**sources, "gone": str(tmp_path / "gone.nii.gz")}, None)
    assert pictures is not None
    shown = missed(mark([image, other], DetectionSettings()), [image, other], 0.95)
    sheet = contact_sheet(shown, [image, other], pictures)
    assert sheet is not None and (sheet.shown, sheet.of) == (1, 2)
    assert "other.nii.gz" in sheet.failed[0]


def test_deeplesions_stored_values_are_windowed_and_others_stretched(tmp_path: Path) -> None:
    hu = np.array([[-1024, -100, 45, 190, 1000]] * 3)
    Image.fromarray((hu + 32768).astype(np.uint16)).save(tmp_path / "a.png")
    assert grey_of_file(tmp_path / "a.png")[0].tolist() == [0, 0, 128, 255, 255]
    Image.fromarray(np.array([[0, 500, 1000]] * 3, dtype=np.uint16)).save(tmp_path / "b.png")
    assert grey_of_file(tmp_path / "b.png")[0].tolist() == [0, 128, 255]
    (tmp_path / "c.png").write_text("no image")
    with pytest.raises(InputError, match=r"c\.png: found what is no image"):
        grey_of_file(tmp_path / "c.png")


def test_images_are_found_by_name_with_or_without_their_ending(planar, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.new("L", (20, 20)).save(tmp_path / name)
    images = (planar("a"), planar("b.png"), planar("c"))
    pictures = find_pictures(images, {}, tmp_path)
    assert pictures is not None and [pictures.has(image) for image in images] == [True, True, False]
    assert find_pictures(images, {}, None) is None
    for folder, message in ((tmp_path / "absent", "no such folder"), (tmp_path.parent, "none of the images")):
        with pytest.raises(InputError, match=message):
            find_pictures((planar("z"),), {}, folder)


def test_studies_are_found_by_case(tmp_path: Path) -> None:
    volume, image = bright_box(np.array(AFFINES["left, posterior, superior"]))
    write_volume(volume, tmp_path / "case_portal.nii.gz")
    write_volume(volume.like(np.minimum(volume.array, -80)), tmp_path / "case_arterial.nii.gz")
    by_name = find_pictures((image,), {}, tmp_path)
    by_source = find_pictures((image,), {"case": str(tmp_path / "case_arterial.nii.gz")}, tmp_path)
    assert by_name is not None and by_source is not None
    portal, arterial = (one.square(image, image.true[0].corners, 60).grey.max() for one in (by_name, by_source))
    assert portal > 200 and arterial < 30
