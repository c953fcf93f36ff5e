"""Volumes, HU and distances against SimpleITK, SciPy and closed forms."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import SimpleITK
from scipy import ndimage

from livercad.core.geometry import Frame, transform_points
from livercad.core.volume import Volume
from livercad.measure.lesions import measure_lesions
from livercad.measure.liver import measure_liver

SHAPE = (48, 44, 30)
SPACING = (0.8, 1.1, 2.5)


def ball(center, radius_mm, shape=SHAPE, spacing=SPACING) -> np.ndarray:
    grid = np.indices(shape)
    return sum(((g - c) * s) ** 2 for g, c, s in zip(grid, center, spacing, strict=True)) <= radius_mm**2


def affine(oblique: bool = True) -> np.ndarray:
    turn = np.eye(4)
    if oblique:
        a = np.radians(20)
        turn[:3, :3] = [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, -1]]
        turn[:3, 3] = -20.0, 35.0, 900.0
    return turn @ np.diag([*SPACING, 1.0])


def study(oblique: bool = True, order: str = "C") -> tuple[Volume, Volume, Volume]:
    """A round liver with a lesion inside it and one that reaches its surface."""
    liver = ball((24, 22, 15), 16)
    instances = np.zeros(SHAPE, np.uint16)
    instances[ball((24, 22, 14), 6)] = 1
    instances[ball((38, 22, 15), 5) & liver] = 2
    rng = np.random.default_rng(0)
    ct = np.where(liver, np.where(instances > 0, 60, 110), -100) + rng.normal(0, 10, SHAPE)
    arrays = (ct.astype(np.int16), liver.astype(np.uint8), instances)
    ct_volume, liver_volume, instances_volume = (Volume(np.asarray(a, order=order), affine(oblique)) for a in arrays)
    return ct_volume, liver_volume, instances_volume


SCORES = {1: 0.9, 2: 0.7}


def shapes_of(labels: Volume) -> SimpleITK.LabelShapeStatisticsImageFilter:
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(labels.array.T.astype(np.uint16)))
    lps = np.diag([-1.0, -1.0, 1.0]) @ labels.affine[:3, :3]
    image.SetSpacing(labels.spacing)
    image.SetDirection((lps / labels.spacing).ravel().tolist())
    image.SetOrigin((labels.affine[:3, 3] * [-1, -1, 1]).tolist())
    shapes = SimpleITK.LabelShapeStatisticsImageFilter()
    shapes.Execute(image)
    return shapes


@pytest.mark.parametrize("order", ["C", "F"])
def test_volumes_and_centres_agree_with_simpleitk_on_an_oblique_grid(order):
    ct, liver, instances = study(order=order)
    assert measure_liver(ct, liver, instances).volume_ml == pytest.approx(shapes_of(liver).GetPhysicalSize(1) / 1000)
    lesions, shapes = measure_lesions(ct, liver, instances, SCORES), shapes_of(instances)
    assert [lesion.number for lesion in lesions] == [1, 2]
    for lesion in lesions:
        assert lesion.volume_ml == pytest.approx(shapes.GetPhysicalSize(lesion.number) / 1000)
        np.testing.assert_allclose(lesion.center * np.array([-1, -1, 1]), shapes.GetCentroid(lesion.number), atol=1e-6)
        assert lesion.liver_fraction == pytest.approx(np.mean(instances.array[liver.array > 0] == lesion.number))
        assert lesion.score == SCORES[lesion.number]


def test_hu_are_those_of_the_voxels_and_the_livers_leave_the_lesions_out():
    ct, liver, instances = study()
    finding = measure_liver(ct, liver, instances)
    tissue = ct.array[(liver.array > 0) & (instances.array == 0)]
    assert (finding.mean_hu, finding.sd_hu) == pytest.approx((tissue.mean(), tissue.std()))
    for lesion in measure_lesions(ct, liver, instances, SCORES):
        inside = ct.array[instances.array == lesion.number]
        assert (lesion.mean_hu, lesion.sd_hu) == pytest.approx((inside.mean(), inside.std()))


def test_a_ball_measures_its_volume_and_diameter():
    ct, liver, instances = study(oblique=False)
    lesion = measure_lesions(ct, liver, instances, SCORES)[0]
    assert lesion.volume_ml == pytest.approx(4 / 3 * np.pi * 0.6**3, rel=0.05)
    assert lesion.diameter_mm == lesion.diameter.length_mm == pytest.approx(12, abs=1.1)
    assert lesion.short_diameter_mm == lesion.short_diameter.length_mm == pytest.approx(12, abs=1.1)


def test_boxes_hold_their_lesion_in_ras():
    ct, liver, instances = study()
    for lesion in measure_lesions(ct, liver, instances, SCORES):
        assert lesion.box.frame is Frame.RAS
        centres = transform_points(np.argwhere(instances.array == lesion.number), ct.affine)
        assert (centres.min(axis=0) > lesion.box.minimum).all() and (centres.max(axis=0) < lesion.box.maximum).all()
        for end in (lesion.diameter.start, lesion.diameter.end):
            assert (np.add(lesion.box.minimum, -1e-6) <= end).all() and (end <= np.add(lesion.box.maximum, 1e-6)).all()


def test_a_straight_box_ends_at_the_outer_sides_of_its_voxels():
    mask = np.zeros((8, 8, 8), np.uint16)
    mask[2:4, 3:6, 4] = 1
    volume = Volume(mask, np.diag([2.0, 1.0, 5.0, 1.0]))
    lesion = measure_lesions(volume, volume, volume, {1: 1.0})[0]
    assert lesion.box.minimum == (3.0, 2.5, 17.5) and lesion.box.maximum == (7.0, 5.5, 22.5)


def test_a_lesion_that_reaches_the_surface_lies_at_distance_zero():
    lesions = measure_lesions(*study(), SCORES)
    assert lesions[0].surface_distance_mm > 0
    assert lesions[1].surface_distance_mm == 0


@pytest.mark.parametrize("oblique", [False, True])
def test_the_distance_to_the_surface_is_that_of_a_distance_map(oblique):
    ct, liver, instances = study(oblique)
    inside = liver.array > 0
    layer = inside & ~ndimage.binary_erosion(inside)
    distances = ndimage.distance_transform_edt(~layer, sampling=SPACING)
    lesion = measure_lesions(ct, liver, instances, SCORES)[0]
    assert lesion.surface_distance_mm == pytest.approx(distances[instances.array == 1].min())


@pytest.mark.parametrize("layers", [0, 1, 4])
def test_n_voxels_of_liver_above_a_lesion_measure_n_voxels(layers):
    liver, instances = np.zeros((20, 20, 20), np.uint8), np.zeros((20, 20, 20), np.uint16)
    liver[2:18, 2:18, 2:18] = 1
    instances[8:12, 8:12, 12 - layers : 18 - layers] = 1
    grid = np.diag([2.0, 2.0, 1.5, 1.0])
    ct = Volume(liver.astype(np.float32), grid)
    lesion = measure_lesions(ct, Volume(liver, grid), Volume(instances, grid), {1: 0.5})[0]
    assert lesion.surface_distance_mm == pytest.approx(1.5 * layers)


def test_a_lesion_that_the_livers_outline_leaves_out_still_belongs_to_the_liver():
    ct, liver, instances = study()
    hollow = liver.like(np.where(instances.array > 0, 0, liver.array))
    assert measure_liver(ct, hollow, instances) == measure_liver(ct, liver, instances)
    assert measure_lesions(ct, hollow, instances, SCORES) == measure_lesions(ct, liver, instances, SCORES)


def test_a_liver_that_is_all_lesion_still_has_its_hu():
    ct, liver, _ = study()
    finding = measure_liver(ct, liver, liver.like(liver.array.astype(np.uint16)))
    assert finding.mean_hu == pytest.approx(ct.array[liver.array > 0].mean())


def test_no_lesion_gives_no_measurement():
    ct, liver, instances = study()
    assert measure_lesions(ct, liver, instances.like(np.zeros_like(instances.array)), {}) == ()


def test_gaps_in_the_numbers_are_kept():
    ct, liver, instances = study()
    renumbered = instances.like(np.where(instances.array == 2, 7, instances.array).astype(np.uint16))
    lesions = measure_lesions(ct, liver, renumbered, {1: 0.9, 7: 0.7})
    assert [lesion.number for lesion in lesions] == [1, 7]
    assert dataclasses.replace(lesions[1], number=2) == measure_lesions(ct, liver, instances, SCORES)[1]


def test_a_lesion_without_a_score_is_named():
    with pytest.raises(ValueError, match=r"\[2\]"):
        measure_lesions(*study(), {1: 0.9})


def test_masks_on_another_grid_are_refused():
    ct, liver, instances = study()
    moved = Volume(liver.array, ct.affine + np.diag([0, 0, 0, 0.0]) + np.eye(4, k=3))
    with pytest.raises(ValueError, match=r"liver mask .* not on the grid"):
        measure_liver(ct, moved, instances)
    with pytest.raises(ValueError, match=r"map of lesions .* not on the grid"):
        measure_lesions(ct, liver, instances.crop((0, 0, 0), (40, 40, 20)), SCORES)


def cut_of(liver: np.ndarray, ct: np.ndarray | None = None, axes: tuple[int, int, int] = (0, 1, 2)) -> bool:
    """Whether a liver counts as cut, with the voxel axes in another order."""
    grid = affine(oblique=False)
    grid[:, :3] = grid[:, list(axes)]
    hu = np.full(SHAPE, 40, np.int16) if ct is None else ct
    volume = Volume(liver.astype(np.uint8).transpose(axes), grid)
    return measure_liver(Volume(hu.transpose(axes), grid), volume, volume.like(np.zeros_like(volume.array))).is_cut


ORDERS = [(0, 1, 2), (2, 0, 1), (1, 2, 0)]


@pytest.mark.parametrize("axes", ORDERS)
def test_a_liver_inside_the_image_is_not_cut(axes):
    assert not cut_of(ball((24, 22, 15), 16), axes=axes)


@pytest.mark.parametrize("axes", ORDERS)
@pytest.mark.parametrize("center", [(24, 22, 3), (24, 22, 27), (6, 22, 15), (24, 38, 15)])
def test_a_liver_that_reaches_the_end_or_the_side_of_the_image_is_cut(center, axes):
    assert cut_of(ball(center, 16), axes=axes)


def round_field_of_view(radius_mm: float, padding: int) -> np.ndarray:
    ct = np.random.default_rng(1).normal(40, 10, SHAPE).astype(np.int16)
    x, y, _ = np.indices(SHAPE)
    ct[((x - 24) * SPACING[0]) ** 2 + ((y - 22) * SPACING[1]) ** 2 > radius_mm**2] = padding
    return ct


@pytest.mark.parametrize("axes", ORDERS)
@pytest.mark.parametrize("padding", [-1024, -2000, -3024])
def test_a_liver_cut_by_a_round_field_of_view_is_cut(padding, axes):
    ct = round_field_of_view(18.0, padding)
    assert cut_of(ball((30, 22, 15), 16) & (ct > padding), ct, axes)
    assert not cut_of(ball((24, 22, 15), 16), ct, axes)


def test_a_liver_under_a_padded_slice_is_cut():
    ct = np.full(SHAPE, 40, np.int16)
    ct[:, :, 20:] = -1024
    liver = ball((24, 22, 15), 16)
    liver[:, :, 20:] = False
    assert cut_of(liver, ct)


def test_gas_beside_the_liver_is_no_padding():
    ct = round_field_of_view(21.0, -1024)
    ct[ball((40, 22, 15), 3) & ~ball((24, 22, 15), 13)] = -1024
    assert not cut_of(ball((24, 22, 15), 13), ct)
