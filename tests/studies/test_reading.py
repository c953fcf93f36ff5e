"""From a series to a checked volume: other formats, the type in memory, the name in the error."""

import nibabel as nib
import numpy as np
import pytest
import SimpleITK

from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.studies.discover import find_studies
from livercad.studies.nifti import write_volume
from livercad.studies.reading import load_series


def load(folder):
    (study,) = find_studies(folder).studies
    return load_series(study.reference)


def test_a_nifti_ct_comes_as_it_is(tmp_path, ct):
    write_volume(ct, tmp_path / "p1.nii.gz")
    volume = load(tmp_path)
    assert volume.array.dtype == np.int16
    np.testing.assert_array_equal(volume.array, ct.array)
    np.testing.assert_allclose(volume.affine, ct.affine, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize(
    ("stored", "read"),
    [(np.int32, np.int16), (np.int64, np.int16), (np.float32, np.float32), (np.float64, np.float32)],
)
def test_whole_numbers_come_as_int16_and_others_in_single_precision(tmp_path, ct, stored, read):
    nib.save(nib.Nifti1Image(ct.array.astype(stored), ct.affine, dtype=stored), tmp_path / "p1.nii.gz")
    volume = load(tmp_path)
    assert volume.array.dtype == read
    np.testing.assert_array_equal(volume.array, ct.array)


def test_hu_beyond_16_bits_are_kept(tmp_path, ct):
    array = ct.array.astype(np.int32)
    array[0, 0, 0] = 40000
    write_volume(ct.like(array), tmp_path / "p1.nii.gz")
    assert load(tmp_path).array.max() == 40000


@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".mhd"])
def test_other_formats_lie_where_nifti_does(tmp_path, affine, ct, suffix):
    write_volume(Volume(ct.array, affine), tmp_path / "a.nii.gz")
    (tmp_path / "studies").mkdir()
    SimpleITK.WriteImage(SimpleITK.ReadImage(str(tmp_path / "a.nii.gz")), str(tmp_path / "studies" / f"a{suffix}"))
    volume = load(tmp_path / "studies")
    np.testing.assert_array_equal(volume.array, ct.array)
    np.testing.assert_allclose(volume.affine, affine, atol=1e-3)


def test_a_damaged_file_of_another_format_is_named(tmp_path):
    (tmp_path / "a.nrrd").write_bytes(b"NRRD0004\nnonsense")
    with pytest.raises(InputError, match=r"a\.nrrd: found a file that cannot be read"):
        load(tmp_path)


def test_a_truncated_file_of_another_format_is_named(tmp_path, ct):
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(ct.array), str(tmp_path / "a.mha"))
    (tmp_path / "a.mha").write_bytes((tmp_path / "a.mha").read_bytes()[:-100])
    with pytest.raises(InputError, match=r"a\.mha: found a file that cannot be read"):
        load(tmp_path)


@pytest.mark.parametrize("shape", [(20, 20), (3, 20, 20, 20)])
def test_other_dimensions_in_another_format_are_told(tmp_path, shape):
    SimpleITK.WriteImage(
        SimpleITK.GetImageFromArray(np.zeros(shape, np.int16), isVector=False), str(tmp_path / "a.mha")
    )
    with pytest.raises(InputError, match=f"{len(shape)} dimensions"):
        load(tmp_path)


def test_what_is_no_ct_is_named_with_its_values(tmp_path, ct):
    write_volume(ct.like((ct.array > 0).astype(np.uint8)), tmp_path / "p1.nii.gz")
    with pytest.raises(InputError, match=r"p1\.nii\.gz: found values from 0 to 1"):
        load(tmp_path)
