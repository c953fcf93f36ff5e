"""The ways in which people lay out their studies."""

from pathlib import Path

import pytest

from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.studies.discover import MOST_UNKNOWN, find_studies
from study_files import found, lay


def reasons(problems):
    return {(problem.case, problem.reason) for problem in problems}


def test_one_file_is_one_case(tmp_path):
    lay(tmp_path, "b.nii.gz", "a.nii", "c.nrrd", "d.mha", "e.txt")
    assert found(tmp_path) == {
        "a": {None: "a.nii"},
        "b": {None: "b.nii.gz"},
        "c": {None: "c.nrrd"},
        "d": {None: "d.mha"},
    }


def test_flat_files_of_one_case_differ_in_the_phase(tmp_path):
    lay(tmp_path, "caseA_arterial.nii.gz", "caseA_pv.nii.gz", "caseB_nc.nii.gz", "caseC.nii.gz")
    assert found(tmp_path) == {
        "caseA": {"arterial": "caseA_arterial.nii.gz", "portal": "caseA_pv.nii.gz"},
        "caseB": {"unenhanced": "caseB_nc.nii.gz"},
        "caseC": {None: "caseC.nii.gz"},
    }


def test_a_folder_is_a_case_with_a_file_for_each_phase(tmp_path):
    lay(tmp_path, "p1/art.nii.gz", "p1/ct_portal.nii.gz", "p1/p1_delayed.nii.gz", "p2/scan.nii.gz")
    assert found(tmp_path) == {
        "p1": {"arterial": "art.nii.gz", "portal": "ct_portal.nii.gz", "delayed": "p1_delayed.nii.gz"},
        "p2": {None: "scan.nii.gz"},
    }


def test_the_phases_of_a_case_come_in_the_order_they_are_taken_in(tmp_path):
    lay(tmp_path, *(f"p1/{name}.nii.gz" for name in ("late", "art", "pv", "nc")))
    assert [series.phase for series in find_studies(tmp_path).studies[0].series] == list(Phase)
    assert find_studies(tmp_path).studies[0].reference.phase is Phase.PORTAL


def test_the_folder_handed_in_may_be_one_case(tmp_path):
    lay(tmp_path / "p1", "arterial.nii.gz", "portal.nii.gz", "liver.nii.gz")
    assert found(tmp_path / "p1") == {"p1": {"arterial": "arterial.nii.gz", "portal": "portal.nii.gz"}}
    lay(tmp_path / "p2", "ct.nii.gz", "tumor.nii.gz")
    assert found(tmp_path / "p2") == {"p2": {None: "ct.nii.gz"}}
    assert {problem.case for problem in find_studies(tmp_path / "p2").left_out} == {"p2"}


def test_a_file_handed_in_is_one_case(tmp_path):
    lay(tmp_path, "p1.nii.gz", "p2.nii.gz")
    assert found(tmp_path / "p1.nii.gz") == {"p1": {None: "p1.nii.gz"}}


def test_the_name_of_the_folder_handed_in_counts_also_when_it_is_a_dot(tmp_path, monkeypatch):
    lay(tmp_path / "p1", "arterial.nii.gz")
    monkeypatch.chdir(tmp_path / "p1")
    assert list(found(Path("."))) == ["p1"]


def test_nested_folders_may_be_named_after_phases(tmp_path):
    lay(tmp_path, "p1/arterial/scan.nii.gz", "p1/portal phase/scan.nii.gz")
    assert found(tmp_path) == {"p1": {"arterial": "scan.nii.gz", "portal": "scan.nii.gz"}}


def test_a_folder_for_each_phase_holds_files_named_after_cases(tmp_path):
    lay(tmp_path, "arterial/p1.nii.gz", "arterial/p2.nii.gz", "portal/p1.nii.gz")
    assert found(tmp_path) == {
        "p1": {"arterial": "p1.nii.gz", "portal": "p1.nii.gz"},
        "p2": {"arterial": "p2.nii.gz"},
    }


def test_the_case_of_a_folder_is_no_phase(tmp_path):
    lay(tmp_path, "AP_001/AP_001_portal.nii.gz", "pv 7/scan.nii.gz", "A/Arterial.nii.gz")
    assert found(tmp_path) == {
        "A": {"arterial": "Arterial.nii.gz"},
        "AP_001": {"portal": "AP_001_portal.nii.gz"},
        "pv 7": {None: "scan.nii.gz"},
    }


def test_masks_are_left_out_with_the_reason(tmp_path):
    lay(tmp_path, "a.nii.gz", "a_liver.nii.gz", "p1/ct.nii.gz", "p1/tumour.nii.gz", "p1/segmentations/spleen.nii.gz")
    assert found(tmp_path) == {"a": {None: "a.nii.gz"}, "p1": {None: "ct.nii.gz"}}
    left_out = reasons(find_studies(tmp_path).left_out)
    assert any(case == "p1" and "p1/tumour.nii.gz" in reason and "mask" in reason for case, reason in left_out)
    assert any(case == "p1" and "p1/segmentations" in reason for case, reason in left_out)
    assert any("a_liver.nii.gz" in reason for _, reason in left_out)
    assert len(left_out) == 3


def test_a_case_folder_named_after_the_liver_is_no_folder_of_masks(tmp_path):
    lay(tmp_path, "liver_012/liver_012_arterial.nii.gz", "liver_3.nii.gz", "labelsTr/liver_3.nii.gz")
    assert found(tmp_path) == {
        "liver_012": {"arterial": "liver_012_arterial.nii.gz"},
        "liver_3": {None: "liver_3.nii.gz"},
    }


def test_hidden_files_labels_and_results_are_passed_over_in_silence(tmp_path):
    lay(tmp_path, "p1.nii.gz", ".hidden.nii.gz", ".cache/x.nii.gz", "labels/final/p1.nii.gz", "datastore_v2.json")
    lay(tmp_path, "results/run.json", "results/p1/ct.nii.gz")
    discovery = find_studies(tmp_path)
    assert [study.case for study in discovery.studies] == ["p1"]
    assert discovery.left_out == ()


def test_symbolic_links_are_followed_and_a_loop_ends(tmp_path):
    lay(tmp_path, "far/p1/arterial.nii.gz")
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "p1").symlink_to(tmp_path / "far" / "p1")
    (tmp_path / "far" / "p1" / "loop").symlink_to(tmp_path / "studies")
    assert found(tmp_path / "studies") == {"p1": {"arterial": "arterial.nii.gz"}}


def test_images_whose_names_tell_no_phase_are_a_study_whose_phases_are_to_be_recognised(tmp_path):
    lay(tmp_path, "p1/x7.nii.gz", "p1/a1.nii.gz", "p1/q.nii.gz", "p1/liver.nii.gz")
    (study,) = find_studies(tmp_path).studies
    assert [(series.files[0].name, series.phase) for series in study.series] == [
        ("a1.nii.gz", None),
        ("q.nii.gz", None),
        ("x7.nii.gz", None),
    ]
    assert study.needs_recognition


def test_phases_that_names_tell_stay_beside_images_whose_names_tell_none(tmp_path):
    lay(tmp_path, "p1/arterial.nii.gz", "p1/other.nii.gz", "p2_pv.nii.gz", "p2.nii.gz")
    p1, p2 = find_studies(tmp_path).studies
    assert [(series.phase, series.told_by) for series in p1.series] == [(Phase.ARTERIAL, "name"), (None, "unknown")]
    assert [series.files[0].name for series in p2.series] == ["p2_pv.nii.gz", "p2.nii.gz"]
    assert p1.needs_recognition and p2.needs_recognition


def test_beside_all_four_phases_an_image_whose_name_tells_none_is_left_out(tmp_path):
    lay(tmp_path, *(f"p1/{name}.nii.gz" for name in ("nc", "art", "pv", "late", "other")))
    discovery = find_studies(tmp_path)
    assert [series.phase for series in discovery.studies[0].series] == list(Phase)
    assert "p1/other.nii.gz: its name tells no phase" in discovery.left_out[0].reason


def test_flat_files_are_one_case_only_where_the_user_says_so(tmp_path):
    lay(tmp_path / "p1", "a1.nii.gz", "x7.nii.gz", "below/q.nii.gz", "liver.nii.gz", "masks/x.nii.gz")
    assert [study.case for study in find_studies(tmp_path / "p1").studies] == ["a1", "below", "x7"]
    discovery = find_studies(tmp_path / "p1", one_case=True)
    (study,) = discovery.studies
    assert study.case == "p1"
    assert [series.files[0].name for series in study.series] == ["a1.nii.gz", "x7.nii.gz", "q.nii.gz"]
    assert {problem.case for problem in discovery.left_out} == {"p1"}


def test_a_folder_of_many_files_whose_names_tell_no_phase_is_no_case(tmp_path):
    lay(tmp_path, *(f"site/patient{number}.nii.gz" for number in range(MOST_UNKNOWN + 1)), "p2/art.nii.gz")
    discovery = find_studies(tmp_path)
    assert [study.case for study in discovery.studies] == ["p2"]
    (problem,) = discovery.problems
    assert problem.case == "site"
    assert "9 images whose names tell no phase: site/patient0.nii.gz" in problem.reason
    assert "studies.csv" in problem.reason


def test_of_many_images_without_a_phase_those_that_are_left_out_are_told(tmp_path):
    lay(tmp_path, "p1/art.nii.gz", *(f"p1/{number}.nii.gz" for number in range(MOST_UNKNOWN + 2)))
    discovery = find_studies(tmp_path)
    assert len(discovery.studies[0].series) == 1 + MOST_UNKNOWN
    assert [problem.reason.split(":")[0] for problem in discovery.left_out] == ["p1/8.nii.gz", "p1/9.nii.gz"]


def test_two_files_for_one_phase_are_a_problem_of_that_case_only(tmp_path):
    lay(tmp_path, "p1/art.nii.gz", "p1/arterial.nii", "p2/art.nii.gz")
    discovery = find_studies(tmp_path)
    assert [study.case for study in discovery.studies] == ["p2"]
    (problem,) = discovery.problems
    assert problem.case == "p1"
    assert "2 images of the arterial phase: p1/art.nii.gz and p1/arterial.nii" in problem.reason


def test_an_empty_folder_holds_no_studies(tmp_path):
    discovery = find_studies(tmp_path)
    assert (discovery.studies, discovery.problems, discovery.left_out) == ((), (), ())


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="nowhere: found nothing there"):
        find_studies(tmp_path / "nowhere")


def test_names_of_another_encoding_are_told_in_letters_and_leave_the_other_files_alone(tmp_path):
    lay(tmp_path, "a.nii.gz", "M\udcfcller.png", "p1/portal.nii.gz", "p1/M\udcfc.nii.gz")
    lay(tmp_path, "d\udce9/1.nii.gz", "d\udce9/2.png")
    discovery = find_studies(tmp_path)
    assert [study.case for study in discovery.studies] == ["a", "p1"] and not discovery.flat
    assert [problem.case for problem in discovery.problems] == ["M�ller", "d�"]
    (within,) = discovery.left_out
    assert within.case == "p1"
    names = ("M�ller.png", "d�/1.nii.gz and 1 more", "p1/M�.nii.gz")
    for problem, name in zip((*discovery.problems, within), names, strict=True):
        assert f"{name}: found a name that is no UTF-8" in problem.reason and problem.reason.encode()


def test_the_real_layouts_are_found(real_data):
    cases = found(real_data / "ct")
    assert set(cases["hcc009_baseline"]) == {"unenhanced", "arterial", "portal"}
    assert cases["ircadb01"] == {None: "ct.nii.gz"}
    assert found(real_data / "ct" / "hcc009_baseline")["hcc009_baseline"] == cases["hcc009_baseline"]
