import numpy as np
import pytest
import torch
from monai.metrics import compute_dice, compute_iou

from livercad.core.volume import Volume
from livercad.evaluation.overlap import Overlap

AFFINE = np.diag([0.5, 2.0, 3.0, 1.0])  # a voxel of 3 mm³


def box(start: int, stop: int) -> Volume:
    array = np.zeros((20, 10, 10), dtype=np.uint8)
    array[start:stop, 2:7, 3:7] = 1
    return Volume(array, AFFINE)


def test_a_cube_shifted_by_a_fifth_of_its_length_has_the_closed_form_scores() -> None:
    overlap = Overlap.of(box(4, 14), box(2, 12))
    assert (overlap.predicted_ml, overlap.true_ml, overlap.shared_ml) == pytest.approx((0.6, 0.6, 0.48))
    assert overlap.dice == pytest.approx(0.8)
    assert overlap.voe == pytest.approx(1 - 8 / 12)
    assert overlap.rvd == 0


def test_rvd_is_above_zero_where_the_prediction_is_too_large() -> None:
    assert Overlap.of(box(2, 14), box(2, 12)).rvd == pytest.approx(0.2)
    assert Overlap.of(box(2, 12), box(2, 14)).rvd == pytest.approx(-1 / 6)


def test_dice_and_voe_are_those_of_monai(blobs) -> None:
    here, there = blobs(1), blobs(2)
    ours = Overlap.of(Volume(here, AFFINE), Volume(there, AFFINE))
    masks = [torch.from_numpy(mask)[None, None].float() for mask in (here, there)]
    assert ours.dice == pytest.approx(float(compute_dice(*masks)), abs=1e-6)
    assert ours.voe == pytest.approx(1 - float(compute_iou(*masks)), abs=1e-6)


def test_two_empty_masks_agree() -> None:
    overlap = Overlap.of(box(0, 0), box(0, 0))
    assert (overlap.dice, overlap.voe, overlap.rvd) == (1, 0, 0)


def test_an_empty_prediction_misses_everything() -> None:
    overlap = Overlap.of(box(0, 0), box(2, 12))
    assert (overlap.dice, overlap.voe, overlap.rvd) == (0, 1, -1)


def test_rvd_is_undefined_where_only_the_truth_is_empty() -> None:
    overlap = Overlap.of(box(2, 12), box(0, 0))
    assert (overlap.dice, overlap.voe, overlap.rvd) == (0, 1, None)


def test_pooling_weighs_by_millilitres_not_by_voxels() -> None:
    fine = Overlap(predicted_ml=1, true_ml=1, shared_ml=0)
    coarse = Overlap(predicted_ml=9, true_ml=9, shared_ml=9)
    assert (fine + coarse).dice == pytest.approx(0.9)
