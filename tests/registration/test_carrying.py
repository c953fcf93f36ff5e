from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from scipy.spatial.transform import Rotation

from livercad.core.geometry import transform_points
from livercad.core.volume import Volume
from livercad.registration import carrying
from livercad.registration.carrying import carry
from livercad.registration.mapping import IDENTITY, Bend, Mapping
from livercad.studies.itk import LPS_TO_RAS


def grid(
    shape: tuple[int, int, int], spacing: tuple[float, float, float], angles: tuple[float, float, float]
) -> Volume:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() * np.array(spacing)
    affine[:3, 0] *= -1
    affine[:3, 3] = -affine[:3, :3] @ (np.array(shape) - 1) / 2
    return Volume(np.zeros(shape, np.float32), affine)


FIXED = grid((20, 22, 15), (2.0, 2.0, 4.0), (10, -20, 30))
MOVING = grid((30, 28, 40), (1.5, 2.5, 1.2), (-5, 15, 70))
TURN = np.eye(4)
TURN[:3, :3] = Rotation.from_euler("xyz", (4, -3, 6), degrees=True).as_matrix()
TURN[:3, 3] = (3, -2, 5)


def bend() -> Bend:
    affine = FIXED.affine @ np.diag([10.0, 10.0, 5.0, 1.0])
    affine[:3, 3] -= affine[:3, :3].sum(axis=1)
    return Bend(np.random.default_rng(0).normal(0, 3, (3, 6, 7, 7)), affine)


def to_sitk(volume: Volume) -> sitk.Image:
    image = sitk.GetImageFromArray(np.ascontiguousarray(volume.array.T))
    lps = LPS_TO_RAS @ volume.affine
    image.SetSpacing(volume.spacing)
    image.SetDirection((lps[:3, :3] / np.array(volume.spacing)).ravel().tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    return image


@pytest.mark.parametrize(
    ("how", "interpolator"), [("bilinear", sitk.sitkLinear), ("nearest", sitk.sitkNearestNeighbor)]
)
def test_a_turned_image_is_what_itk_makes_of_it(how: str, interpolator: int) -> None:
    moving = MOVING.like(np.random.default_rng(1).normal(0, 100, MOVING.shape).astype(np.float32))
    lps = LPS_TO_RAS @ TURN @ LPS_TO_RAS
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(lps[:3, :3].ravel().tolist())
    transform.SetTranslation(lps[:3, 3].tolist())
    expected = sitk.Resample(to_sitk(moving), to_sitk(FIXED), transform, interpolator, -1024.0)
    difference = np.abs(carry(moving, Mapping(TURN), FIXED, how, -1024.0) - sitk.GetArrayFromImage(expected).T)
    # A nearest voxel may be another where two are as near, and the border's half voxel may fall on either side.
    assert np.mean(difference > 0.1) < 0.003


def test_every_voxel_is_looked_up_where_the_mapping_takes_it() -> None:
    mapping = Mapping(TURN, bend())
    big = Volume(np.zeros((9, 9, 9), np.float32), np.diag([20.0, -25.0, 30.0, 1.0]) + 0)
    big.affine[:3, 3] = (-80, 100, -120)
    places = transform_points(np.argwhere(np.ones(FIXED.shape, bool)), FIXED.affine)
    for axis in range(3):
        # Linear interpolation of a coordinate is the coordinate.
        coordinate = transform_points(np.argwhere(np.ones(big.shape, bool)), big.affine)[:, axis].reshape(big.shape)
        carried = carry(big.like(coordinate.astype(np.float32)), mapping, FIXED, "bilinear", np.nan)
        assert np.allclose(carried.ravel(), mapping(places)[:, axis], atol=1e-2)


def test_a_bend_goes_on_beyond_its_control_points_without_a_jump() -> None:
    line = transform_points(np.stack([np.linspace(-40, 60, 2001)] + [np.full(2001, 9.0)] * 2, axis=1), FIXED.affine)
    steps = np.abs(np.diff(bend().at(line), axis=0))
    assert steps.max() < 0.1 and steps[:20].max() < 1e-12


def test_what_lies_outside_the_moving_image_is_filled() -> None:
    far = Volume(np.ones((4, 4, 4)), np.diag([1.0, 1.0, 1.0, 1.0]) + np.pad([[500.0]], ((0, 3), (3, 0))))
    assert (carry(far, IDENTITY, FIXED, "nearest", 7) == 7).all()


def test_it_works_in_one_thread_and_leaves_the_others_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    before, seen, sample = torch.get_num_threads(), [], carrying.F.grid_sample

    def watched(*given: object, **named: object) -> torch.Tensor:
        seen.append(torch.get_num_threads())
        return sample(*given, **named)

    monkeypatch.setattr(carrying.F, "grid_sample", watched)
    torch.set_num_threads(2)
    try:
        carry(MOVING, Mapping(TURN, bend()), FIXED, "nearest", 0)
        assert set(seen) == {1} and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
