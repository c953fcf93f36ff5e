"""The table studies.csv: the user's word against names, and every way to get it wrong."""

import pytest

from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.studies.discover import find_studies
from study_files import found, lay, write_dicom_series


def table(folder, *rows, header="case,phase,path"):
    (folder / "studies.csv").write_text("\n".join([header, *rows]) + "\n")


def test_the_table_overrides_names(tmp_path):
    lay(tmp_path, "x/arterial.nii.gz", "x/two.nii.gz")
    table(tmp_path, "case 1,delayed,x/arterial.nii.gz", "case 1,PV,x/two.nii.gz")
    assert found(tmp_path) == {"case 1": {"portal": "two.nii.gz", "delayed": "arterial.nii.gz"}}
    assert {series.told_by for series in find_studies(tmp_path).studies[0].series} == {"table"}


def test_what_the_table_does_not_list_goes_by_its_name(tmp_path):
    lay(tmp_path, "p1/one.nii.gz", "p1/two.nii.gz", "p1/three.nii.gz", "p2/art.nii.gz")
    table(tmp_path, "p1,art,p1/one.nii.gz", "p1,pv,p1/two.nii.gz")
    assert found(tmp_path) == {
        "p1": {"arterial": "one.nii.gz", "portal": "two.nii.gz"},
        "p2": {"arterial": "art.nii.gz"},
    }
    (left_out,) = find_studies(tmp_path).left_out
    assert "p1/three.nii.gz: studies.csv lists its case without it" in left_out.reason


def test_an_empty_phase_is_told_by_the_name_or_unknown(tmp_path):
    lay(tmp_path, "art.nii.gz", "plainly.nii.gz")
    table(tmp_path, "a,,art.nii.gz", "b,,plainly.nii.gz")
    a, b = find_studies(tmp_path).studies
    assert (a.series[0].phase, a.series[0].told_by) == (Phase.ARTERIAL, "name")
    assert (b.series[0].phase, b.series[0].told_by) == (None, "unknown")


def test_a_mask_like_name_may_be_listed_as_an_image(tmp_path):
    lay(tmp_path, "ct_liver.nii.gz")
    table(tmp_path, "a,portal,ct_liver.nii.gz")
    assert found(tmp_path) == {"a": {"portal": "ct_liver.nii.gz"}}
    assert find_studies(tmp_path).left_out == ()


def test_absolute_paths_semicolons_byte_order_marks_and_other_columns_are_fine(tmp_path):
    lay(tmp_path / "far", "a.nii.gz")
    (tmp_path / "near").mkdir()
    text = f"\ufeffPath;Note;Case;Phase\r\n{tmp_path}/far/a.nii.gz;hello;A;Late\r\n\r\n"
    (tmp_path / "near" / "studies.csv").write_bytes(text.encode())
    assert found(tmp_path / "near") == {"A": {"delayed": "a.nii.gz"}}


def test_a_row_may_name_a_dicom_folder_or_one_slice_of_a_series(tmp_path, ct):
    write_dicom_series(tmp_path / "d1", ct)
    write_dicom_series(tmp_path / "d2", ct, prefix="a")
    wanted = write_dicom_series(tmp_path / "d2", ct, prefix="b")
    table(tmp_path, "p,arterial,d1", f"p,portal,d2/{wanted[3].name}")
    (study,) = find_studies(tmp_path).studies
    assert [series.phase for series in study.series] == [Phase.ARTERIAL, Phase.PORTAL]
    assert set(study.reference.files) == set(wanted)
    assert "(DICOM series" in find_studies(tmp_path).left_out[0].reason


def test_a_case_renamed_by_the_table_does_not_come_a_second_time(tmp_path):
    lay(tmp_path, "x/one.nii.gz", "x/two.nii.gz", "y_art.nii.gz", "y_pv.nii.gz")
    table(tmp_path, "case 1,pv,x/one.nii.gz", "case 2,pv,y_pv.nii.gz")
    assert found(tmp_path) == {"case 1": {"portal": "one.nii.gz"}, "case 2": {"portal": "y_pv.nii.gz"}}
    assert len(find_studies(tmp_path).left_out) == 2


def refused(folder, words):
    with pytest.raises(InputError, match=rf"studies\.csv: found .*{words}"):
        find_studies(folder)


def test_a_dicom_folder_with_two_series_is_told(tmp_path, ct):
    for prefix in "ab":
        write_dicom_series(tmp_path / "d", ct, prefix, prefix=prefix)
    table(tmp_path, "p,arterial,d")
    refused(tmp_path, r"2 DICOM series in .*'a'.*'b'.*line 2.*; expected one")


def test_a_wrong_phase_word_is_told_with_its_line(tmp_path):
    lay(tmp_path, "a.nii.gz", "b.nii.gz")
    table(tmp_path, "a,art,a.nii.gz", "b,artrial,b.nii.gz")
    refused(tmp_path, "'artrial' in line 3; expected unenhanced, arterial, portal, delayed")


def test_a_missing_file_is_told_with_its_line(tmp_path):
    table(tmp_path, "a,art,gone.nii.gz")
    refused(tmp_path, r"'gone\.nii\.gz' in line 2")


def test_something_that_is_no_image_is_told(tmp_path):
    lay(tmp_path, "a.txt")
    table(tmp_path, "a,art,a.txt")
    refused(tmp_path, r"no CT volume in .*a\.txt")


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ("a,art,a.nii.gz", "line 3 and again in line 2"),
        ("a,arterial,b.nii.gz", "arterial phase of case a, in lines 2 and 3"),
    ],
)
def test_duplicate_rows_are_told_with_both_lines(tmp_path, second, words):
    lay(tmp_path, "a.nii.gz", "b.nii.gz")
    table(tmp_path, "a,art,a.nii.gz", second)
    refused(tmp_path, words)


@pytest.mark.parametrize("case", ["", "../evil", "a/b", ".hidden"])
def test_a_case_that_is_no_folder_name_is_told(tmp_path, case):
    lay(tmp_path, "a.nii.gz")
    table(tmp_path, f"{case},art,a.nii.gz")
    refused(tmp_path, "in line 2; expected a name fit for a folder")


def test_missing_columns_and_missing_rows_are_told(tmp_path):
    table(tmp_path, "a,b", header="case,file")
    refused(tmp_path, "no column phase and no column path")
    table(tmp_path)
    refused(tmp_path, "no rows")
    (tmp_path / "studies.csv").write_bytes(b"")
    refused(tmp_path, "no column case")


def test_a_table_that_is_no_text_is_told(tmp_path):
    (tmp_path / "studies.csv").write_bytes(b"case,phase,path\n\xff\xfe\xe9,art,a")
    refused(tmp_path, "cannot be read")


def test_a_row_with_too_few_cells_is_told(tmp_path):
    table(tmp_path, "a,art")
    refused(tmp_path, "path '' in line 2")
