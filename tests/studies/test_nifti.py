"""NIfTI in and out, with nibabel and SimpleITK as the oracles of grid and values."""

import gzip

import nibabel as nib
import numpy as np
import pytest
import SimpleITK

from livercad.core.geometry import transform_points
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.studies.nifti import read_volume, write_volume

SHAPE = (9, 8, 7)


def values(dtype=np.int16):
    return np.random.default_rng(1).integers(0, 100, SHAPE).astype(dtype)


def ras_of_corner_by_itk(path, index):
    lps = SimpleITK.ReadImage(str(path)).TransformIndexToPhysicalPoint([int(i) for i in index])
    return np.array(lps) * [-1, -1, 1]


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_what_nibabel_wrote_is_read_with_its_values_and_its_grid(tmp_path, affine, name):
    nib.save(nib.Nifti1Image(values(), affine), tmp_path / name)
    volume = read_volume(tmp_path / name)
    np.testing.assert_array_equal(volume.array, values())
    np.testing.assert_allclose(volume.affine, nib.load(tmp_path / name).affine, rtol=0, atol=1e-12)


def test_a_voxel_lies_where_simpleitk_sees_it(tmp_path, affine):
    path = tmp_path / "a.nii.gz"
    write_volume(Volume(values(), affine), path)
    for index in [(0, 0, 0), (8, 0, 0), (0, 7, 0), (0, 0, 6), (8, 7, 6)]:
        np.testing.assert_allclose(transform_points(index, affine), ras_of_corner_by_itk(path, index), atol=1e-3)
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path))).T, values())


def test_what_simpleitk_wrote_lies_where_simpleitk_sees_it(tmp_path, affine):
    written, path = tmp_path / "a.nii.gz", tmp_path / "b.nii.gz"
    write_volume(Volume(values(), affine), written)
    SimpleITK.WriteImage(SimpleITK.ReadImage(str(written)), str(path))
    volume = read_volume(path)
    np.testing.assert_allclose(volume.affine, affine, atol=1e-3)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.int64, np.float32])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_writing_and_reading_keeps_values_type_and_grid(tmp_path, affine, dtype, name):
    path = tmp_path / "new" / "folder" / name
    write_volume(Volume(values(dtype), affine), path)
    volume = read_volume(path)
    assert volume.array.dtype == dtype
    np.testing.assert_array_equal(volume.array, values(dtype))
    np.testing.assert_allclose(volume.affine, affine, rtol=1e-6, atol=1e-4)
    header = nib.load(path).header
    assert (int(header["qform_code"]), int(header["sform_code"]), header.get_xyzt_units()[0]) == (1, 1, "mm")


def test_a_written_result_has_exactly_the_affine_of_the_input_it_was_read_from(tmp_path, affine):
    nib.save(nib.Nifti1Image(values(), affine), tmp_path / "in.nii.gz")
    volume = read_volume(tmp_path / "in.nii.gz")
    write_volume(volume.like(values(np.uint8)), tmp_path / "out.nii.gz")
    np.testing.assert_array_equal(read_volume(tmp_path / "out.nii.gz").affine, volume.affine)


def test_an_array_in_c_order_and_a_view_are_written_right(tmp_path, ct):
    block = Volume(np.ascontiguousarray(ct.array), ct.affine).crop((2, 3, 1), (20, 15, 9))
    write_volume(block, tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nii.gz").array, ct.array[2:20, 3:15, 1:9])


def test_a_boolean_mask_is_written_as_zeros_and_ones(tmp_path, ct):
    write_volume(ct.like(ct.array > 0), tmp_path / "a.nii.gz")
    assert read_volume(tmp_path / "a.nii.gz").array.dtype == np.uint8


def test_the_same_volume_written_twice_is_the_same_file(tmp_path, ct):
    write_volume(ct, tmp_path / "a.nii.gz")
    write_volume(ct, tmp_path / "b.nii.gz")
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


def test_a_volume_that_cannot_be_written_leaves_the_old_file_and_nothing_else(tmp_path, ct):
    write_volume(ct, tmp_path / "a.nii.gz")
    with pytest.raises(Exception, match="float16"):
        write_volume(ct.like(ct.array.astype(np.float16)), tmp_path / "a.nii.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["a.nii.gz"]
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nii.gz").array, ct.array)


def test_a_sheared_grid_survives(tmp_path):
    sheared = np.array([[0.8, 0, 0.4, 1], [0, 0.8, 0, 2], [0, 0, 3, 3], [0, 0, 0, 1]])
    write_volume(Volume(values(), sheared), tmp_path / "a.nii.gz")
    np.testing.assert_allclose(read_volume(tmp_path / "a.nii.gz").affine, sheared, rtol=1e-6)


def test_slope_and_intercept_are_applied_in_single_precision(tmp_path):
    image = nib.Nifti1Image(values(), np.eye(4))
    image.header.set_slope_inter(0.5, -1024)
    nib.save(image, tmp_path / "a.nii.gz")
    volume = read_volume(tmp_path / "a.nii.gz")
    assert volume.array.dtype == np.float32
    np.testing.assert_allclose(volume.array, nib.load(tmp_path / "a.nii.gz").get_fdata(), atol=1e-3)


def test_a_scaled_volume_longer_than_one_slab_keeps_its_slices_in_order(tmp_path):
    stored = np.arange(3 * 2 * 50, dtype=np.float64).reshape(3, 2, 50)
    nib.save(nib.Nifti1Image(stored, np.eye(4)), tmp_path / "a.nii.gz")
    volume = read_volume(tmp_path / "a.nii.gz")
    assert volume.array.dtype == np.float32
    np.testing.assert_array_equal(volume.array, stored)


def test_big_endian_files_come_in_the_machines_byte_order(tmp_path):
    header = nib.Nifti1Header(endianness=">")
    header.set_data_dtype(np.int16)
    nib.save(nib.Nifti1Image(values(), np.eye(4), header), tmp_path / "a.nii")
    volume = read_volume(tmp_path / "a.nii")
    assert volume.array.dtype.isnative
    np.testing.assert_array_equal(volume.array, values())


def test_nifti_2_is_read(tmp_path):
    nib.save(nib.Nifti2Image(values(), np.diag([1, 2, 3, 1])), tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nii.gz").array, values())


def test_a_fourth_axis_of_length_one_is_dropped(tmp_path):
    nib.save(nib.Nifti1Image(values()[..., None], np.eye(4)), tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nii.gz").array, values())


def test_a_gzipped_file_without_the_extension_is_read(tmp_path, ct):
    write_volume(ct, tmp_path / "a.nii.gz")
    (tmp_path / "a.nii.gz").rename(tmp_path / "a.nii")
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nii").array, ct.array)


def test_a_qform_alone_gives_the_grid(tmp_path, affine):
    image = nib.Nifti1Image(values(), None)
    image.set_qform(affine, code=1)
    nib.save(image, tmp_path / "a.nii.gz")
    np.testing.assert_allclose(read_volume(tmp_path / "a.nii.gz").affine, affine, atol=1e-4)


@pytest.mark.parametrize("kept", [0, 1, 5, 40, 0.5, -9, -1])
def test_a_truncated_gzip_file_is_named_in_the_error(tmp_path, ct, kept):
    path = tmp_path / "cut.nii.gz"
    write_volume(ct, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept) if isinstance(kept, float) else kept])
    with pytest.raises(InputError, match=r"cut\.nii\.gz: found .*(truncated|empty|NIfTI header)"):
        read_volume(path)


@pytest.mark.parametrize("kept", [0, 100, 348, 400, -1])
def test_a_truncated_plain_file_is_named_in_the_error(tmp_path, ct, kept):
    path = tmp_path / "cut.nii"
    write_volume(ct, path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"cut\.nii: found .*(truncated|empty|NIfTI header)"):
        read_volume(path)


def test_a_flipped_bit_in_a_gzip_file_is_found(tmp_path, ct):
    path = tmp_path / "bad.nii.gz"
    write_volume(ct, path)
    data = bytearray(path.read_bytes())
    data[-6] ^= 1  # in the check sum
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        read_volume(path)


def test_the_check_sum_is_compared_also_when_bytes_follow_the_voxels(tmp_path, ct):
    path = tmp_path / "bad.nii.gz"
    write_volume(ct, path)
    padding = np.random.default_rng(0).bytes(1 << 20)  # more than a reader of the voxels alone would come across
    data = bytearray(gzip.compress(gzip.decompress(path.read_bytes()) + padding, 1))
    path.write_bytes(data)
    np.testing.assert_array_equal(read_volume(path).array, ct.array)
    data[-6] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        read_volume(path)


def test_a_scaled_file_that_is_cut_off_is_found(tmp_path):
    image = nib.Nifti1Image(np.zeros((40, 40, 40)), np.eye(4))
    nib.save(image, tmp_path / "a.nii")
    (tmp_path / "a.nii").write_bytes((tmp_path / "a.nii").read_bytes()[:-5])
    with pytest.raises(InputError, match="truncated"):
        read_volume(tmp_path / "a.nii")


@pytest.mark.parametrize("content", [b"hello, this is a text file", b"\x1f\x8bnonsense", gzip.compress(b"x" * 1000)])
def test_what_is_no_nifti_is_refused(tmp_path, content):
    (tmp_path / "a.nii.gz").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.nii\.gz"):
        read_volume(tmp_path / "a.nii.gz")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_volume(tmp_path / "a.nii.gz")
    with pytest.raises(InputError, match="cannot be opened"):
        read_volume(tmp_path)


@pytest.mark.parametrize("shape", [(9, 8), (9, 8, 7, 3), (9, 8, 7, 1, 2)])
def test_other_than_three_dimensions_are_told(tmp_path, shape):
    nib.save(nib.Nifti1Image(np.zeros(shape, np.int16), np.eye(4)), tmp_path / "a.nii.gz")
    with pytest.raises(InputError, match=f"{len(shape)} dimensions .{' × '.join(map(str, shape))} voxels"):
        read_volume(tmp_path / "a.nii.gz")


def test_colours_are_refused(tmp_path):
    colours = np.zeros(SHAPE, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    nib.save(nib.Nifti1Image(colours, np.eye(4)), tmp_path / "a.nii.gz")
    with pytest.raises(InputError, match="colours"):
        read_volume(tmp_path / "a.nii.gz")


def with_raw_header(path, **fields):
    """Write a file whose header nibabel would have mended."""
    image = nib.Nifti1Image(values(), np.eye(4))
    header = image.header.copy()
    header.set_data_dtype(np.int16)
    header["sform_code"], header["qform_code"], header["vox_offset"], header["magic"] = 0, 1, 352, b"n+1"
    for name, value in fields.items():
        header[name] = value
    path.write_bytes(header.binaryblock + b"\0" * 4 + values().tobytes(order="F"))


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_no_voxel_spacing_is_told_with_what_was_found(tmp_path, bad):
    with_raw_header(tmp_path / "a.nii", pixdim=[1, 0.7, 0.7, bad, 0, 0, 0, 0])
    with pytest.raises(InputError, match=r"no voxel spacing \(pixdim \[0\.69"):
        read_volume(tmp_path / "a.nii")


def test_a_header_without_orientation_is_refused(tmp_path):
    with_raw_header(tmp_path / "a.nii", qform_code=0)
    with pytest.raises(InputError, match="qform_code and sform_code are 0"):
        read_volume(tmp_path / "a.nii")


def test_an_sform_with_a_missing_axis_is_refused(tmp_path):
    with_raw_header(tmp_path / "a.nii", sform_code=1, srow_x=[1, 0, 0, 0], srow_y=[0, 1, 0, 0], srow_z=[0, 0, 0, 0])
    with pytest.raises(InputError, match="no grid in space"):
        read_volume(tmp_path / "a.nii")


def test_an_absurd_size_in_a_damaged_header_is_an_input_error(tmp_path):
    with_raw_header(tmp_path / "a.nii", dim=[3, 32767, 32767, 32767, 1, 1, 1, 1])
    with pytest.raises(InputError, match="damaged"):
        read_volume(tmp_path / "a.nii")
