from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from lesion_balls import AFFINE, LESION_HU, LIVER_HU, ball, lesion_images
from livercad.core.phases import Phase, window_of
from livercad.core.volume import Volume
from livercad.papers.yasaka2018.augmentation import turned, variants_of
from livercad.papers.yasaka2018.capture import capture, largest_section, network_images, opened, table_positions
from livercad.papers.yasaka2018.settings import PHASES, AugmentationSettings, CaptureSettings

SETTINGS = CaptureSettings()


def test_captured_images_have_the_size_of_the_paper() -> None:
    jpegs = capture(lesion_images("A").images, (0, 0, 0), 20.0, 0.5, SETTINGS)
    assert all(data[:2] == b"\xff\xd8" for data in jpegs)
    assert [image.size for image in opened(jpegs)] == [(594, 644)] * 3
    assert network_images(opened(jpegs), SETTINGS).shape == (3, 70, 70)


def test_grey_values_are_those_of_the_paper_s_windows() -> None:
    images = network_images(opened(capture(lesion_images("A", 12).images, (0, 0, 0), 24, 0.5, SETTINGS)), SETTINGS)
    for image, phase in zip(images, PHASES, strict=True):
        low, high = window_of(phase).range_hu
        expected = (LESION_HU["A"][phase] - low) / (high - low) * 255
        assert image[30:40, 30:40].mean() == pytest.approx(expected, abs=4)
    assert window_of(Phase.UNENHANCED).range_hu == (-85, 165)
    assert window_of(Phase.ARTERIAL).range_hu == window_of(Phase.DELAYED).range_hu == (-100, 190)


@pytest.mark.parametrize("ratio", [0.45, 0.6])
def test_the_lesion_fills_the_asked_share_of_the_central_part(ratio: float) -> None:
    settings = SETTINGS.model_copy(update={"minimum_side_mm": 1.0})
    images = network_images(opened(capture(lesion_images("E", 10).images, (0, 0, 0), 20, ratio, settings)), settings)
    low, high = window_of(Phase.DELAYED).range_hu
    middle = ((LESION_HU["E"][Phase.DELAYED] + LIVER_HU[Phase.DELAYED]) / 2 - low) / (high - low) * 255
    assert (images[2][35] < middle).sum() / 70 == pytest.approx(ratio, abs=0.05)


def test_a_flipped_volume_gives_the_same_picture() -> None:
    images = lesion_images("D").images
    flip = np.diag([-1.0, 1, -1, 1])
    flip[0, 3], flip[2, 3] = 60, 8
    flipped = {phase: Volume(volume.array[::-1, :, ::-1], volume.affine @ flip) for phase, volume in images.items()}
    one, other = (
        network_images(opened(capture(each, (3, 2, 1), 20, 0.5, SETTINGS)), SETTINGS) for each in (images, flipped)
    )
    assert np.abs(one.astype(int) - other).max() <= 2


def test_slices_closer_together_than_pixels_are_wide_make_no_finer_picture() -> None:
    """Squares of 2 mm that are the same in every slice: the picture cannot depend on the slices' distance."""
    squares = np.random.default_rng(0).integers(0, 100, (30, 30)).astype(np.int16)

    def picture(slice_mm: float, axis: int) -> list[bytes]:
        affine = np.diag([2.0, 2.0, slice_mm, 1.0])
        affine[:3, 3] = (-29, -29, -4 * slice_mm)
        order = np.roll([0, 1, 2], axis)
        array = np.repeat(squares[:, :, None], 9, axis=2).transpose(order)
        volume = Volume(array, affine[:, [*order, 3]])
        return capture(dict.fromkeys(PHASES, volume), (0, 0, 0), 20.0, 0.5, SETTINGS)

    assert picture(0.5, 0) == picture(4.0, 0) == picture(0.5, 1) == picture(4.0, 2)


def test_the_largest_section_is_where_the_lesion_is_widest() -> None:
    affine = AFFINE.copy()
    affine[:3, 3] += (7, -4, 12)
    center, diameter = largest_section(Volume(ball(10).astype(np.uint8), affine))
    assert center == pytest.approx((7, -4, 12), abs=1.1)
    assert diameter == pytest.approx(20, abs=1.5)


def test_table_positions_go_up_and_down_and_stay_in_the_lesion() -> None:
    heights = [position[2] for position in table_positions((1, 2, 3), 50.0, 5, SETTINGS)]
    assert heights == [3, 6, 0, 9, -3]
    small = [position[2] for position in table_positions((0, 0, 0), 8.0, 5, SETTINGS)]
    assert len(set(small)) == 5
    assert max(map(abs, small)) < 4


def test_copies_are_the_original_shifted_enlarged_and_noisy() -> None:
    gradient = np.tile(np.linspace(0, 255, SETTINGS.width).astype(np.uint8), (SETTINGS.height, 1))
    captured = [Image.fromarray(gradient)] * 3
    copies = variants_of(captured, AugmentationSettings(), SETTINGS, np.random.default_rng(0)).astype(float)
    assert copies.shape == (13, 3, 70, 70)
    assert np.array_equal(copies[0], network_images(captured, SETTINGS))
    shifts = copies[1:9].mean(axis=(1, 2, 3)) - copies[0].mean()
    expected = 40 / SETTINGS.width * 255 * np.array([1, 1, 0, -1, -1, -1, 0, 1])
    assert shifts == pytest.approx(expected, abs=0.5)
    spans = copies[[0, 9, 10], 0].max(axis=(1, 2)) - copies[[0, 9, 10], 0].min(axis=(1, 2))
    assert spans[0] / spans[1:] == pytest.approx([1.25, 1.5], abs=0.03)
    noise = (copies[11:] - copies[0])[:, :, :, 10:60].std(axis=(1, 2, 3))
    assert noise == pytest.approx([4, 8], rel=0.1)


def test_all_52_copies_differ() -> None:
    captured = opened(capture(lesion_images("B").images, (0, 0, 0), 20.0, 0.5, SETTINGS))
    variants = variants_of(captured, AugmentationSettings(), SETTINGS, np.random.default_rng(0))
    copies = [turned(variants, np.full(13, turn)) for turn in range(4)]
    assert len({copy.tobytes() for copy in np.concatenate(copies)}) == 52


def test_a_quarter_turn_is_the_one_asked_for() -> None:
    images = np.arange(2 * 1 * 3 * 3).reshape(2, 1, 3, 3)
    result = turned(images, np.array([1, 3]))
    assert np.array_equal(result[0, 0], np.rot90(images[0, 0]))
    assert np.array_equal(result[1, 0], np.rot90(images[1, 0], -1))
