"""What may pass as CT in HU, and what may not."""

import numpy as np
import pytest

from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.studies.checks import check_ct, values_of
from livercad.studies.nifti import read_volume
from study_files import GRIDS, ct_array

SHAPE = (48, 48, 20)


def check(array, affine=GRIDS["anisotropic"]):
    check_ct(Volume(array, affine), "scan.nii.gz")


def refused(array, words, affine=GRIDS["anisotropic"]):
    with pytest.raises(InputError, match=words):
        check(array, affine)


def test_a_ct_passes():
    check(ct_array(SHAPE))
    check(ct_array(SHAPE).astype(np.float32) + 0.25)


@pytest.mark.parametrize("padding", [-2000, -3024, -32768])
def test_padding_outside_the_field_of_view_passes(padding):
    array = ct_array(SHAPE)
    array[array < -900] = padding
    check(array)


def test_a_crop_without_air_and_a_windowed_ct_pass():
    check(ct_array((80, 80, 20))[12:68, 12:68])
    check(np.clip(ct_array(SHAPE), -160, 240))


def test_mostly_air_around_a_body_passes():
    check(np.pad(ct_array(SHAPE), ((60, 60), (60, 60), (0, 0)), constant_values=-1024))


def test_a_forgotten_offset_is_told_with_the_values():
    refused(ct_array(SHAPE) + 1024, r"values from \d+ to 16\d\d, 0\.0 % of them below -500; .*\+1024")


def test_a_forgotten_offset_with_padding_is_told():
    array = ct_array(SHAPE) + 1024
    array[:4] = -2000
    refused(array, r"\+1024")


def test_an_8_bit_image_is_told():
    refused(((np.clip(ct_array(SHAPE), -160, 240) + 160) * 255 // 400).astype(np.uint8), "8-bit")


@pytest.mark.parametrize("labels", [2, 9, 14])
def test_a_label_map_is_told(labels):
    refused(np.random.default_rng(0).integers(0, labels, SHAPE).astype(np.uint8), "label map")


@pytest.mark.parametrize("divisor", [1000.0, 100.0])
def test_a_normalised_image_is_told(divisor):
    refused((ct_array(SHAPE) / divisor).astype(np.float32), "normalised")


def mr(scale):
    tissue = np.random.default_rng(0).gamma(3.0, scale, SHAPE)
    return np.where(ct_array(SHAPE) > -500, tissue, np.abs(np.random.default_rng(1).normal(0, 4, SHAPE)))


@pytest.mark.parametrize("scale", [100.0, 150.0, 400.0])
def test_mr_is_told(scale):
    refused(mr(scale).astype(np.int16), "MR")


def test_mr_with_a_few_values_below_zero_is_told():
    array = mr(100.0).astype(np.float32)
    array[0, 0, 0] = -200
    refused(array, "MR")


def test_a_constant_image_is_told():
    refused(np.zeros(SHAPE, np.int16), "every voxel is the same")


def test_air_alone_is_told():
    noise = np.random.default_rng(0).normal(-1000, 20, SHAPE)
    refused(noise.astype(np.int16), "where organs do")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_counted(bad):
    array = ct_array(SHAPE).astype(np.float32)
    array[1, 2, 3] = array[4, 5, 19] = bad
    refused(array, "2 voxels that are NaN or infinite")


def test_nothing_but_nan_is_told():
    refused(np.full(SHAPE, np.nan, np.float32), "NaN")


def test_fewer_than_three_slices_are_a_2d_image():
    refused(ct_array((48, 48, 2)), "48 × 48 × 2 voxels, which is a 2-D image")
    check(ct_array((48, 48, 3)))


@pytest.mark.parametrize("scale", [0.001, 1000.0])
def test_a_grid_in_metres_or_micrometres_is_told(scale):
    refused(ct_array(SHAPE), "voxel size", affine=GRIDS["anisotropic"] * [scale, scale, scale, 1])


def test_the_values_are_those_of_numpy():
    array = ct_array((20, 20, 37))
    values = values_of(array)
    assert (values.minimum, values.maximum, values.unusable) == (array.min(), array.max(), 0)
    assert values.air == pytest.approx((array < -500).mean())
    assert values.fat_or_air == pytest.approx((array < -30).mean())
    assert values.tissue == pytest.approx(((array >= -150) & (array <= 250)).mean())
    assert values.bone == pytest.approx((array > 700).mean())


def test_every_real_ct_passes_and_every_real_mask_does_not(real_data):
    seen = {"ct": 0, "mask": 0}
    for path in sorted(real_data.glob("ct/*/*.nii.gz")):
        if path.name.startswith("ct"):
            check_ct(read_volume(path), path)
            seen["ct"] += 1
        else:
            with pytest.raises(InputError, match="label map"):
                check_ct(read_volume(path), path)
            seen["mask"] += 1
    assert seen["ct"] >= 6
    assert seen["mask"] >= 4
