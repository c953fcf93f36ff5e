"""DICOM series: the grid as it was written, and the reason for what is left out."""

import dataclasses
import shutil

import numpy as np
import pydicom
import pytest

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.studies.dicom_headers import is_dicom, read_series_headers
from livercad.studies.discover import find_studies
from livercad.studies.reading import load_series
from study_files import GRIDS, ct_array, write_dicom_series


def only(discovery):
    assert discovery.problems == ()
    (study,) = discovery.studies
    return study


@pytest.mark.parametrize("grid", sorted(GRIDS.keys() - {"permuted"}))  # which is no axial one
def test_a_series_is_read_on_the_grid_it_was_written_on(tmp_path, grid):
    affine = GRIDS[grid]
    volume = Volume(ct_array(), affine)
    write_dicom_series(tmp_path / "case", volume)
    read = load_series(only(find_studies(tmp_path)).reference)
    assert read.array.dtype == np.int16
    # GDCM stacks slices along the normal of rows and columns: one that was written the other way comes reversed.
    turned = np.dot(np.cross(affine[:3, 0], affine[:3, 1]), affine[:3, 2]) < 0
    array, expected = volume.array, affine.copy()
    if turned:
        array, expected[:3, 2] = array[:, :, ::-1], -affine[:3, 2]
        expected[:3, 3] = affine[:3, 3] + (volume.shape[2] - 1) * affine[:3, 2]
    np.testing.assert_array_equal(read.array, array)
    np.testing.assert_allclose(read.affine, expected, atol=1e-4)


def test_a_fractional_rescale_slope_gives_single_precision(tmp_path, ct):
    write_dicom_series(tmp_path / "case", ct, slope=0.5)
    read = load_series(only(find_studies(tmp_path)).reference)
    assert read.array.dtype == np.float32
    np.testing.assert_allclose(read.array, ct.array, atol=0.26)


@pytest.mark.parametrize("bits", [12, 16])
def test_whole_hu_come_as_int16_however_they_are_stored(tmp_path, ct, bits):
    write_dicom_series(tmp_path / "case", ct, BitsStored=bits, HighBit=bits - 1)
    read = load_series(only(find_studies(tmp_path)).reference)
    assert read.array.dtype == np.int16
    np.testing.assert_array_equal(read.array, ct.array)


def test_phases_come_from_series_descriptions_in_one_folder(tmp_path, ct):
    later = ct.like(ct.array + 5)
    write_dicom_series(tmp_path / "case", ct, "Abdomen art 3.0", study="1.2.3", prefix="a")
    write_dicom_series(tmp_path / "case", later, "Abdomen portal venous 3.0", study="1.2.3", prefix="b")
    study = only(find_studies(tmp_path))
    assert study.case == "case"
    assert [series.phase for series in study.series] == [Phase.ARTERIAL, Phase.PORTAL]
    np.testing.assert_array_equal(load_series(study.reference).array, later.array)


def test_phases_come_from_nested_folders_where_descriptions_are_silent(tmp_path, ct):
    for name in ("1-arterial", "2-delayed"):
        write_dicom_series(tmp_path / "p1" / "20200102" / name, ct, study="1.2.3")
    assert [series.phase for series in only(find_studies(tmp_path)).series] == [Phase.ARTERIAL, Phase.DELAYED]


def test_the_folder_may_itself_be_full_of_slices(tmp_path, ct):
    write_dicom_series(tmp_path / "p1", ct)
    assert only(find_studies(tmp_path / "p1")).case == "p1"


def test_the_series_folders_of_one_study_are_one_case(tmp_path, ct):
    for name in ("2-arterial", "3-portal"):
        write_dicom_series(tmp_path / "p1" / name, ct, study="1.2.3")
    study = only(find_studies(tmp_path / "p1"))
    assert study.case == "p1"
    assert [series.phase for series in study.series] == [Phase.ARTERIAL, Phase.PORTAL]


def test_two_studies_of_one_patient_are_two_cases_named_by_date(tmp_path, ct):
    write_dicom_series(tmp_path / "p1" / "a", ct, StudyDate="20200102")
    write_dicom_series(tmp_path / "p1" / "b", ct, StudyDate="20200607")
    assert [study.case for study in find_studies(tmp_path).studies] == ["p1_20200102", "p1_20200607"]


def test_series_whose_descriptions_tell_no_phase_are_one_study(tmp_path, ct):
    for name in ("series 3", "series 4"):
        write_dicom_series(tmp_path / "p1" / name, ct, "Abdomen 3.0", study="1.2.3")
    assert [series.phase for series in only(find_studies(tmp_path)).series] == [None, None]


def test_a_phase_of_another_date_belongs_to_the_one_case_that_the_user_names(tmp_path, ct):
    write_dicom_series(tmp_path / "p1" / "a", ct, StudyDate="20200102")
    write_dicom_series(tmp_path / "p1" / "b", ct, StudyDate="20200103")
    study = only(find_studies(tmp_path, one_case=True))
    assert (study.case, len(study.series)) == (tmp_path.name, 2)


def test_copies_with_the_same_uids_stay_cases_of_their_own(tmp_path, ct):
    write_dicom_series(tmp_path / "p1", ct)
    shutil.copytree(tmp_path / "p1", tmp_path / "p2")
    assert [study.case for study in find_studies(tmp_path).studies] == ["p1", "p2"]


def test_files_without_extension_are_found_and_others_passed_over(tmp_path, ct):
    for path in write_dicom_series(tmp_path / "case", ct):
        path.rename(path.with_suffix(""))
    (tmp_path / "case" / "readme.txt").write_text("nothing")
    (tmp_path / "case" / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    discovery = find_studies(tmp_path)
    assert len(only(discovery).reference.files) == ct.shape[2]
    assert discovery.left_out == ()


def volume(slices=12, grid="anisotropic"):
    return Volume(ct_array((24, 20, slices)), GRIDS[grid])


@pytest.mark.parametrize(
    ("tags", "slices", "reason"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, 3, "scout"),
        ({"Modality": "MR"}, 12, "modality is MR, not CT"),
        ({"Modality": "SR"}, 1, "modality is SR"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, 5, "secondary capture"),
        ({"NumberOfFrames": 12}, 1, "multi-frame"),
        ({}, 2, "2 slice"),
        ({"PixelSpacing": None}, 12, "no PixelSpacing"),
        ({"PixelSpacing": [0, 0]}, 12, "no voxel spacing"),
        ({"ImagePositionPatient": None}, 12, "no ImagePositionPatient"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}, 12, "coronal, not axial"),
        ({"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}, 12, "sagittal, not axial"),
        ({"ImagePositionPatient": [0, 0, 5]}, 12, "several images at one place"),
    ],
)
def test_what_is_no_axial_ct_volume_is_left_out_with_the_reason(tmp_path, ct, tags, slices, reason):
    write_dicom_series(tmp_path / "case", ct, "portal", study="1.2.3", prefix="good")
    write_dicom_series(tmp_path / "case", volume(slices), "other", study="1.2.3", prefix="bad", **tags)
    discovery = find_studies(tmp_path)
    assert len(only(discovery).series) == 1
    (left_out,) = discovery.left_out
    assert left_out.case == "case"
    assert reason in left_out.reason
    assert "'other'" in left_out.reason


def test_a_case_without_any_usable_series_is_a_problem_with_all_reasons(tmp_path):
    write_dicom_series(tmp_path / "p1", volume(2), "short")
    write_dicom_series(tmp_path / "p1", volume(), "resonance", Modality="MR", prefix="m")
    discovery = find_studies(tmp_path)
    (problem,) = discovery.problems
    assert discovery.studies == ()
    assert problem.case == "p1"
    assert "2 slice(s)" in problem.reason
    assert "modality is MR" in problem.reason


def test_a_missing_slice_is_told_with_its_place(tmp_path):
    paths = write_dicom_series(tmp_path / "case", volume())
    paths[6].unlink()
    (problem,) = find_studies(tmp_path).problems
    assert "a step of 10.00 mm" in problem.reason
    assert "5.00 mm is usual" in problem.reason
    assert paths[7].name in problem.reason


def test_a_scout_inside_a_series_is_taken_out_of_it(tmp_path):
    paths = write_dicom_series(tmp_path / "case", volume())
    (scout,) = write_dicom_series(tmp_path / "scout", volume(1), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    (uid,) = {series.uid for series in read_series_headers(paths)}
    rewritten = _with_uid(scout, uid)
    found = read_series_headers([*paths, rewritten])
    assert [(len(series.files), series.problem) for series in found] == [(12, "")]


def _with_uid(path, uid):
    dataset = pydicom.dcmread(path)
    dataset.SeriesInstanceUID = uid
    dataset.save_as(path)
    return path


def test_a_tilted_gantry_is_left_out(tmp_path):
    tilted = GRIDS["anisotropic"].copy()
    tilted[1, 2] = 5.0 * np.tan(np.radians(15))
    write_dicom_series(tmp_path / "case", Volume(ct_array(), tilted))
    (problem,) = find_studies(tmp_path).problems
    assert "tilted by 15 degrees" in problem.reason


def test_two_series_of_one_phase_are_a_problem(tmp_path, ct):
    for prefix in "ab":
        write_dicom_series(tmp_path / "case", ct, f"portal kernel {prefix}", study="1.2.3", prefix=prefix)
    (problem,) = find_studies(tmp_path).problems
    assert "2 images of the portal phase" in problem.reason
    assert "'portal kernel a'" in problem.reason


def test_a_slice_cut_off_after_its_header_is_named_in_the_error(tmp_path, ct):
    path = write_dicom_series(tmp_path / "case", ct)[4]
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=path.name):
        load_series(only(find_studies(tmp_path)).reference)


def test_a_slice_that_vanished_is_named_in_the_error(tmp_path, ct):
    paths = write_dicom_series(tmp_path / "case", ct)
    series = only(find_studies(tmp_path)).reference
    paths[4].unlink()
    with pytest.raises(InputError, match=paths[4].name):
        load_series(series)


@pytest.mark.parametrize("content", [b"", b"text", b"\0" * 128 + b"DICM", bytes(range(256)) * 8])
def test_a_damaged_header_is_told_and_the_rest_is_used(tmp_path, ct, content):
    write_dicom_series(tmp_path / "case", ct)
    (tmp_path / "case" / "broken.dcm").write_bytes(content)
    discovery = find_studies(tmp_path)
    assert len(only(discovery).reference.files) == ct.shape[2]
    assert "broken.dcm" in discovery.left_out[0].reason


@pytest.mark.parametrize(("tag", "damage"), [(b"\x28\x00\x10\x00US", b"\x01"), (b"\x20\x00\x0e\x00UI", b"")])
def test_a_header_that_pydicom_refuses_in_its_own_way_stops_nothing(tmp_path, ct, tag, damage):
    paths = write_dicom_series(tmp_path / "case", ct)
    broken = tmp_path / "case" / "broken.dcm"
    content = paths[4].read_bytes()
    place = content.index(tag)
    if damage:  # rows of one byte
        broken.write_bytes(content[: place + 6] + b"\x01\x00" + content[place + 8 : place + 9] + content[place + 10 :])
    else:  # a kind of value that does not exist
        broken.write_bytes(content[: place + 4] + b"QX" + content[place + 6 :])
    discovery = find_studies(tmp_path)
    assert len(only(discovery).reference.files) == ct.shape[2]
    assert "broken.dcm" in discovery.left_out[0].reason and "cannot be read" in discovery.left_out[0].reason


def test_mr_values_under_a_ct_header_are_refused_on_reading(tmp_path, ct):
    write_dicom_series(tmp_path / "case", dataclasses.replace(ct, array=np.abs(ct.array)))
    with pytest.raises(InputError, match=r"case \(series"):
        load_series(only(find_studies(tmp_path)).reference)


def test_a_file_that_cannot_be_opened_is_no_dicom(tmp_path):
    assert not is_dicom(tmp_path / "gone")
