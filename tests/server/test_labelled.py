"""Submissions as cases to learn from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakes import synthetic_abdomen, write_case
from livercad.core.annotation import CaseState
from livercad.core.findings import PhaseRead
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass, LesionType
from livercad.server import submissions
from livercad.server.datastore import StudyDatastore
from livercad.server.errors import UnknownNameError
from livercad.server.labelled import labelled_cases, labels_of
from livercad.studies.hashing import hash_file
from livercad.studies.nifti import write_volume
from server.annotations import annotation_of, maps_of, write_maps

SHAPE = (32, 24, 20)


@pytest.fixture
def store(tmp_path: Path) -> StudyDatastore:
    for seed, name in enumerate(("one", "two", "three")):
        write_case(tmp_path / "studies", name, seed, SHAPE)
    return StudyDatastore(tmp_path / "studies")


def submit(
    store: StudyDatastore,
    folder: Path,
    numbers: tuple[int, ...] = (1, 2),
    state: CaseState = CaseState.COMPLETE,
    who: str = "ann",
    case: str = "one",
) -> None:
    annotation = replace(annotation_of(case, numbers, rejected=(9,)), state=state, annotator=who)
    maps = write_maps(folder / "sent", synthetic_abdomen(0, SHAPE), numbers)
    submissions.submit(store, annotation, *maps, force=True)


def test_a_submission_is_a_case_with_what_was_said(store: StudyDatastore, tmp_path: Path) -> None:
    submit(store, tmp_path, (1, 4))
    (case,), problems = labelled_cases(store)
    assert problems == []
    assert (case.case, case.patient, case.reference) == ("one", "one", store.study("one").reference)
    assert case.types == {1: LesionType.CYST, 4: LesionType.CYST}
    assert case.classes == {1: LesionClass.CYST, 4: LesionClass.CYST}
    assert (case.version.tag, case.version.number, case.version.annotator) == ("final", 1, "ann")
    assert case.version.sha256 == hash_file(case.label) and case.version.submitted.endswith("+00:00")
    label, instances = maps_of(synthetic_abdomen(0, SHAPE), (1, 4))
    assert np.array_equal(case.read_label().array, label.array)
    assert np.array_equal(case.read_instances().array, instances.array)
    case.check_grid(case.read_image(), case.read_label())


def test_the_newest_complete_version_counts(store: StudyDatastore, tmp_path: Path) -> None:
    submit(store, tmp_path, (1,), CaseState.IN_PROGRESS)
    assert labelled_cases(store) == ([], [])
    submit(store, tmp_path, (1, 2))
    before = labelled_cases(store)[0][0]
    assert [version.number for version in store.label_versions("one", "final")] == [1, 2]
    submit(store, tmp_path, (1, 2, 3), CaseState.NEEDS_REVIEW)
    after = labelled_cases(store)[0][0]
    assert (before.version.number, after.version.number) == (2, 2)
    assert after.fingerprint() == before.fingerprint() and after.version == before.version
    assert np.array_equal(after.read_label().array, maps_of(synthetic_abdomen(0, SHAPE), (1, 2))[0].array)
    assert len(labelled_cases(store, {CaseState.NEEDS_REVIEW})[0][0].types) == 3
    store.remove_label("one", "final")
    assert labelled_cases(store) == ([], [])


def test_the_labels_of_several_annotators_are_kept_apart(store: StudyDatastore, tmp_path: Path) -> None:
    submit(store, tmp_path, (1,), who="ann")
    submit(store, tmp_path, (1, 2), who="bob")
    submit(store, tmp_path, (3,), who="ann")
    submit(store, tmp_path, (4,), CaseState.IN_PROGRESS, who="cat")
    found = labels_of(store, "one")
    assert [(each.version.annotator, each.version.number, list(each.types)) for each in found] == [
        ("ann", 3, [3]),
        ("bob", 2, [1, 2]),
    ]
    assert labels_of(store, "two") == []
    with pytest.raises(UnknownNameError):
        labels_of(store, "nothing")


def test_a_stock_clients_label_is_complete_and_its_lesions_are_what_touches(
    store: StudyDatastore, tmp_path: Path
) -> None:
    label = write_maps(tmp_path, synthetic_abdomen(0, SHAPE), (5, 6))[0]
    told = [{"name": "liver", "idx": 1}, {"name": "lesion", "idx": 2}]
    store.save_label("two", str(label), "final", {"label_info": told, "client_id": "user-xyz"})
    (case,), _ = labelled_cases(store)
    assert (case.case, case.version.annotator, case.instances, case.types) == ("two", "user-xyz", None, {})
    assert case.read_instances().array.max() == 2


@pytest.mark.parametrize(
    ("told", "knows"),
    [
        ([{"name": "liver", "idx": 1}], False),
        ([{"name": "liver", "idx": 1}, {"name": "lesion", "idx": 2}], True),
        ([], True),
    ],
)
def test_a_stock_clients_liver_without_a_segment_for_lesions_does_not_say_that_there_are_none(
    store: StudyDatastore, tmp_path: Path, told: list[dict[str, object]], knows: bool
) -> None:
    label = write_maps(tmp_path, synthetic_abdomen(0, SHAPE), ())[0]
    store.save_label("two", str(label), "final", {"label_info": told})
    (case,), _ = labelled_cases(store)
    assert case.has_lesions is knows


def test_what_cannot_be_learnt_from_is_told_and_spoils_no_other(store: StudyDatastore, tmp_path: Path) -> None:
    submit(store, tmp_path)
    label = write_maps(tmp_path, synthetic_abdomen(0, SHAPE))[0]
    store.save_label("two", str(label), "final", {"label_info": [{"name": "lesion", "idx": 1}]})
    (tmp_path / "boxes.json").write_text("{}")
    store.save_label("three", str(tmp_path / "boxes.json"), "final", {})
    cases, problems = labelled_cases(store)
    assert [case.case for case in cases] == ["one"]
    told = {problem.case: problem.reason for problem in problems}
    assert "found the values 1 for lesion; expected 1 for liver and 2 for lesion" in told["two"]
    assert "found boxes or segments" in told["three"]


def test_recognised_phases_and_the_image_that_was_labelled_are_known(tmp_path: Path) -> None:
    folder = tmp_path / "studies" / "one"
    thin, thick = synthetic_abdomen(0, SHAPE), synthetic_abdomen(0, (32, 24, 10))
    write_volume(thin, folder / "a1.nii.gz")
    write_volume(thick, folder / "x7.nii.gz")

    def look(study) -> list[PhaseRead]:
        phases = {"a1.nii.gz": Phase.ARTERIAL, "x7.nii.gz": Phase.PORTAL}
        return [
            PhaseRead(phase, "image", one.source, (1, 1, 1), (1.0, 1.0, 1.0), phase is Phase.PORTAL)
            for one in study.series
            for phase in [phases[one.files[0].name]]
        ]

    store = StudyDatastore(tmp_path / "studies", look)
    maps = write_maps(tmp_path / "sent", thick, (1,))
    annotation = replace(annotation_of("one", (1,)), state=CaseState.COMPLETE)
    submissions.submit(store, annotation, *maps)
    (case,), _ = labelled_cases(store)
    assert case.reference.files[0].name == "x7.nii.gz" and case.reference in case.study.series
    assert {one.files[0].name: one.phase for one in case.study.series} == {
        "a1.nii.gz": Phase.ARTERIAL,
        "x7.nii.gz": Phase.PORTAL,
    }
    # An annotator says now that the other one is portal: the label lies on what it was drawn on.
    store.tell_phases("one", {"a1": "portal", "x7": "delayed"})
    (case,), _ = labelled_cases(store)
    assert case.reference.files[0].name == "x7.nii.gz"
    case.check_grid(case.read_image(), case.read_label())
    assert len(case.fingerprint()) == 64
