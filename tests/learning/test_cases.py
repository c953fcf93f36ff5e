"""Labelled cases: what is read, and by what changes are noticed."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest

from fakes import LESION_HU, LIVER_HU, synthetic_abdomen, write_case
from learning.labelled import SHAPE, labelled_case
from livercad.core.annotation import AnnotatedLesion, Annotation, CaseState, Origin, Verdict
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass, LesionType
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.learning.cases import LabelledCase, told_in
from livercad.learning.contents import hash_voxels
from livercad.learning.truth import cases_of_truth
from livercad.phantom.studies import reorient, write_ct_studies
from livercad.studies.discover import find_studies
from livercad.studies.hashing import hash_file
from livercad.studies.nifti import write_volume
from livercad.studies.patients import Patients
from server.abdomens import oblique_abdomen, write_dicom


def test_image_and_label_lie_on_one_grid(tmp_path: Path) -> None:
    case = labelled_case(tmp_path)
    image, label = case.read_image(), case.read_label()
    case.check_grid(image, label)
    assert label.array.dtype == np.uint8
    assert np.array_equal(label.array == 2, image.array == LESION_HU)
    assert np.array_equal(label.array == 1, image.array == LIVER_HU)
    instances = case.read_instances()
    assert instances.array.dtype == np.uint16
    assert set(np.unique(instances.array)) == {0, 1, 2}
    assert np.array_equal(instances.array > 0, label.array == 2)


def test_a_label_on_another_grid_or_with_other_values_is_refused(tmp_path: Path) -> None:
    case = labelled_case(tmp_path, value=7)
    with pytest.raises(InputError, match=r"one\.nii\.gz: found values \[7\]"):
        case.read_label()
    moved = case.read_image().affine.copy()
    moved[0, 3] += 3
    write_volume(Volume(np.zeros(SHAPE, np.uint8), moved), case.label)
    with pytest.raises(InputError, match=r"one\.nii\.gz: found another grid than .*one\.nii\.gz"):
        case.check_grid(case.read_image(), case.read_label())


def test_a_fingerprint_changes_with_image_label_and_types_and_with_no_name(tmp_path: Path) -> None:
    case = labelled_case(tmp_path)
    same = labelled_case(tmp_path / "elsewhere", "renamed")
    assert case.fingerprint() == same.fingerprint()
    others = [
        labelled_case(tmp_path / "other", seed=1),
        dataclasses.replace(case, types={1: LesionType.HCC}),
        dataclasses.replace(case, classes={}),
        dataclasses.replace(case, has_lesions=False),
        dataclasses.replace(case, instances=case.label),
        dataclasses.replace(case, label=labelled_case(tmp_path / "drawn", value=1).label),
    ]
    assert len({other.fingerprint() for other in [case, *others]}) == 1 + len(others)
    assert len({other.stamp() for other in [case, *others]}) == 1 + len(others)
    before = case.fingerprint(), case.stamp()
    write_case(tmp_path / "studies", "one", 5, SHAPE)
    assert case.fingerprint() != before[0] and case.stamp() != before[1]
    (tmp_path / "studies" / "one.nii.gz").unlink()
    for hashed in (case.fingerprint, case.stamp):
        with pytest.raises(InputError, match=r"one\.nii\.gz: found a file that cannot be read"):
            hashed()


def test_a_copy_is_known_whatever_its_file(tmp_path: Path) -> None:
    image = oblique_abdomen()
    expected = hash_voxels(image)
    for axes in ("RAS", "LPS", "PIR"):
        assert hash_voxels(reorient(image, axes)) == expected
    assert hash_voxels(image.like(image.array.astype(np.float32))) == expected
    changed = image.array.copy()
    changed[3, 4, 5] += 1
    assert hash_voxels(image.like(changed)) != expected
    straight = synthetic_abdomen(0, SHAPE)
    write_dicom(tmp_path / "dicom" / "a", straight)
    write_volume(straight, tmp_path / "nifti" / "b.nii.gz")
    found = [find_studies(tmp_path / kind).studies[0] for kind in ("dicom", "nifti")]
    contents = [set(_case(study).contents()) for study in found]
    assert len(contents[0] & contents[1]) == 1
    assert _case(found[0]).fingerprint() != _case(found[1]).fingerprint()


def _case(study) -> LabelledCase:
    return LabelledCase(study.case, study.case, study, study.reference, study.reference.files[0], version=None)


def test_a_file_is_hashed_again_when_it_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("one")
    first = hash_file(file)
    assert first == hash_file(file) == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    file.write_text("three")
    assert hash_file(file) != first
    file.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        hash_file(file)


def test_what_an_annotator_tells_of_lesions_that_are_none_does_not_count() -> None:
    def lesion(number: int, verdict: Verdict, **told: object) -> AnnotatedLesion:
        return AnnotatedLesion(number, Origin.MODEL, verdict, (0.0, 0.0, 0.0), 10.0, **told)  # type: ignore[arg-type]

    annotation = Annotation(
        "one",
        "Ann Otator",
        CaseState.COMPLETE,
        (
            lesion(1, Verdict.ACCEPTED, type=LesionType.FNH, label=LesionClass.OTHER_BENIGN),
            lesion(2, Verdict.REJECTED, type=LesionType.CYST, label=LesionClass.CYST),
            lesion(3, Verdict.ACCEPTED, label=LesionClass.HCC),
            lesion(4, Verdict.ACCEPTED),
        ),
    )
    types, classes = told_in(annotation)
    assert types == {1: LesionType.FNH}
    assert classes == {1: LesionClass.OTHER_BENIGN, 3: LesionClass.HCC}


# -- folders of truth


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    write_ct_studies(folder, 2, seed=3, shape=(40, 40, 24), spacing=(9.0, 9.0, 10.0))
    return folder


@pytest.mark.parametrize("way", ["whole", "studies", "told", "folder that holds it"])
def test_phantoms_are_cases_with_types(phantoms: Path, way: str) -> None:
    cases, problems = {
        "whole": lambda: cases_of_truth(phantoms),
        "studies": lambda: cases_of_truth(phantoms / "studies"),
        "told": lambda: cases_of_truth(phantoms / "studies", phantoms / "truth"),
        "folder that holds it": lambda: cases_of_truth(phantoms / "studies", phantoms),
    }[way]()
    assert [case.case for case in cases] == ["phantom-001", "phantom-002"] and problems == []
    for case in cases:
        assert case.reference.phase is Phase.PORTAL and case.has_lesions
        image, label, instances = case.read_image(), case.read_label(), case.read_instances()
        case.check_grid(image, label)
        assert set(np.unique(label.array)) == {0, 1, 2}
        assert np.array_equal(instances.array > 0, label.array == 2)
        assert set(np.unique(instances.array)) - {0} == set(case.types) == set(case.classes)
        assert case.version.tag == "truth" and len(case.version.sha256) == 64


def test_a_mask_of_zeros_and_ones_is_split_into_lesions(phantoms: Path, tmp_path: Path) -> None:
    shutil.copytree(phantoms / "studies" / "phantom-001", tmp_path / "one")
    truth = phantoms / "truth" / "phantom-001"
    shutil.copy(truth / "liver.nii.gz", tmp_path / "one")
    known = cases_of_truth(phantoms)[0][0].read_instances()
    write_volume(known.like((known.array > 0).astype(np.uint8)), tmp_path / "one" / "tumor.nii.gz")
    (case,), problems = cases_of_truth(tmp_path)
    assert (problems, case.types) == ([], {})
    # Two lesions of a phantom never touch.
    assert case.read_instances().array.max() == len(np.unique(known.array)) - 1


def test_a_case_without_a_liver_is_a_problem_and_one_without_lesions_is_for_the_liver(
    phantoms: Path, tmp_path: Path
) -> None:
    for name in ("no liver", "no lesions", "twice"):
        shutil.copytree(phantoms / "studies" / "phantom-001", tmp_path / "studies" / name)
    for name, files in (("no liver", "lesions"), ("no lesions", "liver"), ("twice", "liver lesions tumor")):
        (tmp_path / "masks" / name).mkdir(parents=True)
        for file in files.split():
            source = phantoms / "truth" / "phantom-001" / f"{'lesions' if file == 'tumor' else file}.nii.gz"
            shutil.copy(source, tmp_path / "masks" / name / f"{file}.nii.gz")
    cases, problems = cases_of_truth(tmp_path / "studies", tmp_path / "masks")
    assert [(case.case, case.has_lesions) for case in cases] == [("no lesions", False)]
    assert cases[0].read_label().array.max() == 1
    told = {problem.case: problem.reason for problem in problems}
    assert "no mask of the liver" in told["no liver"]
    assert "lesions.nii.gz and tumor.nii.gz for one mask" in told["twice"]


def test_masks_on_different_grids_are_refused(phantoms: Path, tmp_path: Path) -> None:
    shutil.copytree(phantoms / "studies" / "phantom-001", tmp_path / "one")
    for name in ("liver", "lesions"):
        shutil.copy(phantoms / "truth" / "phantom-001" / f"{name}.nii.gz", tmp_path / "one")
    write_volume(synthetic_abdomen(0, SHAPE), tmp_path / "one" / "lesions.nii.gz")
    (case,), _ = cases_of_truth(tmp_path)
    with pytest.raises(InputError, match=r"lesions\.nii\.gz: found another grid than liver\.nii\.gz's"):
        case.read_label()


def test_a_folder_of_truth_that_is_not_there_is_told(phantoms: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        cases_of_truth(phantoms / "studies", tmp_path / "nothing")


# -- patients


def test_patients_are_as_table_and_headers_tell(tmp_path: Path) -> None:
    for name in ("before", "after", "alone"):
        write_case(tmp_path, name, shape=SHAPE)
    write_dicom(tmp_path / "dicom", synthetic_abdomen(0, SHAPE))
    for file in (tmp_path / "dicom").iterdir():
        header = pydicom.dcmread(file)
        header.PatientID = "P-17"
        header.save_as(file)
    table = "case,phase,path,patient\nbefore,,before.nii.gz,Ann\nafter,,after.nii.gz, Ann \nalone,,alone.nii.gz,\n"
    (tmp_path / "studies.csv").write_text(table)
    patients = Patients(tmp_path)
    found = {study.case: patients.of(study) for study in find_studies(tmp_path).studies}
    assert found == {"before": "Ann", "after": "Ann", "alone": "alone", "dicom": "P-17"}
    (tmp_path / "studies.csv").write_text("case,phase,path,patient\na,art,before.nii.gz,Ann\na,pv,after.nii.gz,Bob\n")
    with pytest.raises(InputError, match="the patients Ann and Bob for case a"):
        Patients(tmp_path)
