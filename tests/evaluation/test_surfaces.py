from __future__ import annotations

import numpy as np
import pytest
import SimpleITK
import surface_distance

from livercad.core.volume import Volume
from livercad.evaluation.surfaces import surface_scores

SPACING = (0.8, 1.2, 2.5)


def volume(mask: np.ndarray, spacing: tuple[float, float, float] = SPACING) -> Volume:
    return Volume(mask, np.diag([*spacing, 1.0]))


def ball(radius: float) -> np.ndarray:
    grid = np.stack(np.meshgrid(*[np.arange(-32, 32)] * 3, indexing="ij"))
    return (grid**2).sum(axis=0) <= radius**2


def test_a_shifted_plate_lies_exactly_its_shift_away() -> None:
    here, there = np.zeros((12, 12, 12), bool), np.zeros((12, 12, 12), bool)
    here[2:10, 2:10, 3], there[2:10, 2:10, 6] = True, True
    scores = surface_scores(volume(here), volume(there), tolerance_mm=3.0)
    assert scores.assd_mm == pytest.approx(7.5)
    assert scores.hd95_mm == pytest.approx(7.5)
    assert scores.surface_dice == 0
    assert surface_scores(volume(here), volume(there), tolerance_mm=8.0).surface_dice == 1


def test_concentric_spheres_are_apart_by_the_difference_of_their_radii() -> None:
    scores = surface_scores(volume(ball(20), (1, 1, 1)), volume(ball(24), (1, 1, 1)), tolerance_mm=2.0)
    assert scores.assd_mm == pytest.approx(4, abs=0.25)  # a quarter of a voxel
    assert scores.hd95_mm == pytest.approx(4, abs=0.6)
    assert scores.surface_dice == pytest.approx(0, abs=0.01)
    assert surface_scores(volume(ball(20), (1, 1, 1)), volume(ball(24), (1, 1, 1)), 5.0).surface_dice == 1


def test_equal_masks_have_no_distance(blobs) -> None:
    scores = surface_scores(volume(blobs(0)), volume(blobs(0)), tolerance_mm=0.01)
    assert (scores.assd_mm, scores.hd95_mm, scores.surface_dice) == (0, 0, 1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_distances_are_those_of_simpleitk(blobs, seed: int) -> None:
    here, there = blobs(seed), blobs(seed + 10)
    forth, back = _itk_distances(here, there), _itk_distances(there, here)
    scores = surface_scores(volume(here), volume(there), tolerance_mm=3.0)
    assert scores.assd_mm == pytest.approx(np.concatenate([forth, back]).mean(), rel=1e-4)
    assert scores.hd95_mm == pytest.approx(max(np.percentile(forth, 95), np.percentile(back, 95)), rel=1e-4)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_surface_dice_is_that_of_deepmind(blobs, seed: int) -> None:
    here, there = blobs(seed), blobs(seed + 10)
    theirs = surface_distance.compute_surface_distances(there, here, SPACING)
    expected = surface_distance.compute_surface_dice_at_tolerance(theirs, 3.0)
    scores = surface_scores(volume(here), volume(there), tolerance_mm=3.0)
    assert 0.05 < expected < 0.95  # or the comparison would say little
    assert scores.surface_dice == pytest.approx(expected, abs=1e-4)


def test_flipping_and_swapping_axes_changes_nothing(blobs) -> None:
    here, there = volume(blobs(1)), volume(blobs(2))
    turned = [
        Volume(np.transpose(v.array, (2, 0, 1))[::-1], v.affine[:, [2, 0, 1, 3]] @ np.diag([-1.0, 1, 1, 1]))
        for v in (here, there)
    ]
    expected, scores = surface_scores(here, there, 3.0), surface_scores(*turned, 3.0)
    assert scores.assd_mm == pytest.approx(expected.assd_mm, rel=1e-5)
    assert scores.hd95_mm == pytest.approx(expected.hd95_mm, rel=1e-5)
    assert scores.surface_dice == pytest.approx(expected.surface_dice, abs=1e-3)


def test_empty_masks_have_no_distances() -> None:
    empty, full = volume(np.zeros((8, 8, 8), bool)), volume(ball(3)[28:36, 28:36, 28:36])
    both = surface_scores(empty, empty, 3.0)
    assert (both.assd_mm, both.hd95_mm, both.surface_dice) == (None, None, 1)
    for pair in ((empty, full), (full, empty)):
        one = surface_scores(*pair, 3.0)
        assert (one.assd_mm, one.hd95_mm, one.surface_dice) == (None, None, 0)


def _itk_distances(of: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Distances of the border voxels of one mask to those of another, in mm."""
    borders = []
    for mask in (of, to):
        image = SimpleITK.GetImageFromArray(np.pad(mask, 1).astype(np.uint8))
        image.SetSpacing(SPACING[::-1])  # ITK's axes run the other way round
        borders.append(SimpleITK.LabelContour(image, fullyConnected=False))
    distance = SimpleITK.SignedMaurerDistanceMap(borders[1], squaredDistance=False, useImageSpacing=True)
    return np.abs(SimpleITK.GetArrayFromImage(distance))[SimpleITK.GetArrayFromImage(borders[0]) > 0]
