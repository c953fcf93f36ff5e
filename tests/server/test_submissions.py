"""What annotators submit, without a server: versions, conflicts, checks, and kills in the middle of a save."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import shutil
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from fakes import synthetic_abdomen, write_case
from livercad.core.annotation import Annotation
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.server import submissions
from livercad.server.datastore import StudyDatastore
from livercad.server.errors import ConflictError, UnknownNameError
from livercad.server.submission_checks import read_annotation
from livercad.server.submissions import Submission
from livercad.studies.nifti import write_volume
from server.abdomens import oblique_abdomen, voxels, write_oblique
from server.annotations import annotation_of, maps_of, write_maps

SHAPE = (32, 24, 20)


@pytest.fixture
def store(tmp_path: Path) -> StudyDatastore:
    write_case(tmp_path / "studies", "one", shape=SHAPE)
    return StudyDatastore(tmp_path / "studies")


def image() -> Volume:
    return synthetic_abdomen(0, SHAPE)


def submit(
    store: StudyDatastore, folder: Path, numbers: tuple[int, ...] = (1, 2), comment: str = "", **options: Any
) -> Submission:
    annotation = annotation_of("one", numbers, comment=comment)
    return submissions.submit(store, annotation, *write_maps(folder / "sent", image(), numbers), **options)


def is_whole(found: Submission, numbers: tuple[int, ...], comment: str) -> bool:
    label, instances = maps_of(image(), numbers)
    return (
        found.annotation is not None
        and found.instances is not None
        and Annotation.from_dict(found.annotation) == annotation_of("one", numbers, comment=comment)
        and np.array_equal(voxels(found.label)[0], label.array)
        and np.array_equal(voxels(found.instances)[0], instances.array)
    )


def test_every_version_keeps_its_map_its_lesions_and_what_was_said(store: StudyDatastore, tmp_path: Path) -> None:
    assert submit(store, tmp_path, (1, 2), "first").version == 1
    assert submit(store, tmp_path, (1, 2, 7), "second", based_on=1).version == 2
    assert submit(store, tmp_path, (7,), "third", based_on=2).version == 3
    for each in (store, StudyDatastore(store.catalogue.root)):
        assert is_whole(submissions.find(each, "one", 1), (1, 2), "first")
        assert is_whole(submissions.find(each, "one", 2), (1, 2, 7), "second")
        assert is_whole(submissions.find(each, "one"), (7,), "third")
    assert [version.number for version in store.label_versions("one", "final")] == [1, 2, 3]


def test_lists_show_the_latest_state_without_opening_a_file(store: StudyDatastore, tmp_path: Path) -> None:
    submit(store, tmp_path)
    shutil.rmtree(store.catalogue.root / "labels")
    summary = submissions.summary_of(store.label_infos("final")["one"])
    assert (summary["state"], summary["annotator"], summary["version"]) == ("in_progress", "Ann Otator", 1)
    assert summary["submitted"].endswith("+00:00")


def test_the_label_map_is_what_stock_clients_see(store: StudyDatastore, tmp_path: Path) -> None:
    submit(store, tmp_path)
    array, affine = voxels(Path(store.get_label_uri("one", "final")))
    assert np.array_equal(array, maps_of(image())[0].array)
    assert np.allclose(affine, image().affine)
    assert store.get_labeled_images() == ["one"]
    assert store.get_label_info("one", "final")["label_info"] == [
        {"name": "liver", "idx": 1},
        {"name": "lesion", "idx": 2},
    ]


def test_a_stock_clients_label_is_a_version_without_an_annotation(store: StudyDatastore, tmp_path: Path) -> None:
    submit(store, tmp_path, comment="mine")
    store.save_label("one", str(write_maps(tmp_path / "stock", image(), (5,))[0]), "final", {})
    stock = submissions.find(store, "one")
    assert (stock.version, stock.annotation, stock.instances) == (2, None, None)
    with pytest.raises(ConflictError, match="version 2"):
        submit(store, tmp_path, (3,), based_on=1)
    assert submit(store, tmp_path, (3,), based_on=2).version == 3
    assert is_whole(submissions.find(store, "one", 1), (1, 2), "mine")


def test_what_somebody_else_has_submitted_meanwhile_is_not_passed_over(store: StudyDatastore, tmp_path: Path) -> None:
    submit(store, tmp_path, (1,), "hers")
    for based_on in (0, 2):
        with pytest.raises(ConflictError, match=r"version 1, submitted by Ann Otator .* force=true"):
            submit(store, tmp_path, (2,), "his", based_on=based_on)
    assert is_whole(submissions.find(store, "one"), (1,), "hers")
    assert submit(store, tmp_path, (2,), "his", force=True).version == 2
    assert is_whole(submissions.find(store, "one", 1), (1,), "hers")
    assert is_whole(submissions.find(store, "one"), (2,), "his")


def test_the_same_sent_again_is_the_same_version(store: StudyDatastore, tmp_path: Path) -> None:
    first = submit(store, tmp_path, (1,), "same")
    again = submit(store, tmp_path, (1,), "same")
    assert again == first
    assert submit(store, tmp_path, (1,), "other words", based_on=1).version == 2


def test_after_a_removal_a_submission_is_a_new_version(store: StudyDatastore, tmp_path: Path) -> None:
    submit(store, tmp_path, (1,), "removed")
    store.remove_label("one", "final")
    with pytest.raises(UnknownNameError):
        submissions.find(store, "one")
    assert is_whole(submissions.find(store, "one", 1), (1,), "removed")
    assert submit(store, tmp_path, (2,), based_on=1).version == 2


def test_rejected_lesions_are_in_no_map(store: StudyDatastore, tmp_path: Path) -> None:
    annotation = annotation_of("one", (1,), rejected=(2,))
    with pytest.raises(InputError, match=r"lesions 1, 2; expected .* reject: 1"):
        submissions.submit(store, annotation, *write_maps(tmp_path, image(), (1, 2)))
    assert submissions.submit(store, annotation, *write_maps(tmp_path, image(), (1,))).version == 1


def test_a_map_of_rejected_lesions_is_kept_beside_the_others(store: StudyDatastore, tmp_path: Path) -> None:
    annotation, maps = annotation_of("one", (1,), rejected=(2,)), write_maps(tmp_path, image(), (1,))
    rejected = write_maps(tmp_path / "rejected", image(), (2,))[1]
    first = submissions.submit(store, annotation, *maps, rejected=rejected)
    again = submissions.submit(store, annotation, *maps, rejected=rejected)
    assert (first.version, again) == (1, first) and first.rejected is not None
    assert np.array_equal(voxels(first.rejected)[0], maps_of(image(), (2,))[1].array)
    without = submissions.submit(store, annotation, *maps, based_on=1)
    assert (without.version, without.rejected) == (2, None)
    assert submissions.find(store, "one", 1).rejected is not None
    assert submissions.submit(store, annotation, *maps, rejected=rejected, based_on=2).version == 3


def test_a_map_of_rejected_lesions_shows_no_others_and_lies_on_the_images_grid(
    store: StudyDatastore, tmp_path: Path
) -> None:
    annotation, maps = annotation_of("one", (1,), rejected=(2,)), write_maps(tmp_path, image(), (1,))
    for sent, message in (
        (write_maps(tmp_path / "others", image(), (1, 2))[1], "lesions 1, 2; expected only those .* rejects: 2"),
        (write_maps(tmp_path / "grid", synthetic_abdomen(0, (32, 24, 21)), (2,))[1], "another grid"),
    ):
        with pytest.raises(InputError, match=message):
            submissions.submit(store, annotation, *maps, rejected=sent)
    assert store.label_versions("one", "final") == []


def test_a_case_without_lesions_can_be_submitted(store: StudyDatastore, tmp_path: Path) -> None:
    assert submit(store, tmp_path, ()).version == 1


def test_maps_on_an_oblique_grid_stay_on_it(tmp_path: Path) -> None:
    studies = tmp_path / "studies"
    studies.mkdir()
    write_oblique(studies, "oblique")
    store, grid = StudyDatastore(studies), oblique_abdomen()
    paths = write_maps(tmp_path / "sent", grid)
    found = submissions.submit(store, annotation_of("oblique"), *paths)
    assert found.instances is not None
    for path, expected in zip((found.label, found.instances), maps_of(grid), strict=True):
        array, affine = voxels(path)
        assert np.array_equal(array, expected.array)
        assert np.allclose(affine, grid.affine, atol=1e-4)
    flipped = Volume(maps_of(grid)[1].array[::-1].copy(), grid.affine)
    write_volume(flipped, paths[1])
    with pytest.raises(InputError, match="only one of label map and map of instances"):
        submissions.submit(store, annotation_of("oblique"), *paths, based_on=1)


def test_nrrd_maps_will_do(store: StudyDatastore, tmp_path: Path) -> None:
    paths = []
    for path in write_maps(tmp_path, image(), (4,)):
        sitk.WriteImage(sitk.ReadImage(str(path)), str(path.with_name(path.name.replace(".nii.gz", ".nrrd"))))
        paths.append(path.with_name(path.name.replace(".nii.gz", ".nrrd")))
    found = submissions.submit(store, annotation_of("one", (4,)), *paths)
    assert found.instances is not None
    assert [found.label.name, found.instances.name] == ["one.nrrd", "instances.nrrd"]


def damaged(change: str, label: Path, instances: Path) -> None:
    """Make one of the maps wrong."""
    if change == "grid":
        moved = image().affine.copy()
        moved[2, 3] += 5
        write_volume(Volume(maps_of(image())[1].array, moved), instances)
    elif change == "shape":
        write_maps(label.parent, synthetic_abdomen(0, (32, 24, 21)))
    elif change == "value":
        write_volume(image().like(maps_of(image())[0].array * 2), label)
    elif change == "fraction":
        nib.save(nib.Nifti1Image(maps_of(image())[0].array * np.float32(0.5), image().affine), label)
    elif change == "negative":
        write_volume(image().like(-maps_of(image())[1].array.astype(np.int16)), instances)
    elif change == "number":
        write_volume(maps_of(image(), (1, 3))[1], instances)
    elif change == "liver only":
        write_volume(image().like(np.minimum(maps_of(image())[0].array, 1)), label)
    else:
        label.write_bytes(label.read_bytes()[:-30])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("grid", r"instances\.nii\.gz: found another grid"),
        ("shape", r"label\.nii\.gz: found another grid \(shape"),
        ("value", "values 4; expected only 0, 1, 2"),
        ("fraction", r"values from 0\.0 to 1\.0; expected whole numbers"),
        ("negative", "whole numbers from 0 to 65535"),
        ("number", "lesions 1, 3; expected those that the annotation does not reject: 1, 2"),
        ("liver only", "16 voxels where only one"),
        ("cut off", "truncated"),
    ],
)
def test_maps_that_do_not_fit_are_refused_and_nothing_is_saved(
    store: StudyDatastore, tmp_path: Path, change: str, message: str
) -> None:
    paths = write_maps(tmp_path / "sent", image())
    damaged(change, *paths)
    with pytest.raises(InputError, match=message):
        submissions.submit(store, annotation_of("one"), *paths)
    assert store.label_versions("one", "final") == []
    assert not any(path.is_file() for path in (store.catalogue.root / "labels").rglob("*"))


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "{}", '{"schema_version": "9.0"}', '{"schema_version": "1"}', '{"schema_version": "1.0", "case": 3}'],
)
def test_what_is_no_annotation_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="annotation: found what cannot be read"):
        read_annotation(text, "one")


def test_an_annotation_is_of_its_case(store: StudyDatastore) -> None:
    text = json.dumps(annotation_of("two").to_dict())
    with pytest.raises(InputError, match="case 'two'; expected case 'one'"):
        read_annotation(text, "one")
    twice = annotation_of("one").to_dict()
    twice["lesions"] *= 2
    with pytest.raises(InputError, match="number of its own"):
        read_annotation(json.dumps(twice), "one")


# -- a server that is killed


KILLED = 9


def _submit_and_die(root: Path, folder: Path, moment: int) -> None:
    """In a process of its own, which ends before so many steps that change what a folder shows."""
    store, count = StudyDatastore(root), 0

    def counted(step: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            if count == moment:
                os._exit(KILLED)
            count += 1
            return step(*args, **kwargs)

        return call

    for module, name in ((os, "replace"), (os, "rename"), (shutil, "rmtree")):
        setattr(module, name, counted(getattr(module, name)))
    submit(store, folder, (1, 2, 3), "second", based_on=1)


def test_a_kill_at_any_moment_leaves_the_old_submission_or_the_new_one_and_never_a_mixture(tmp_path: Path) -> None:
    write_case(tmp_path / "studies", "one", shape=SHAPE)
    submit(StudyDatastore(tmp_path / "studies"), tmp_path, (1,), "first")
    seen = []
    for moment in range(30):
        folder = tmp_path / str(moment)
        root = folder / "studies"
        shutil.copytree(tmp_path / "studies", root)
        process = multiprocessing.get_context("fork").Process(target=_submit_and_die, args=(root, folder, moment))
        process.start()
        process.join(60)
        again = StudyDatastore(root)
        again.recover()
        found = submissions.find(again, "one")
        seen.append(found.version)
        expected = ((1,), "first") if found.version == 1 else ((1, 2, 3), "second")
        assert is_whole(found, *expected)
        assert is_whole(submissions.find(again, "one", 1), (1,), "first")
        # The client has heard nothing and sends it again: there is one new version, whatever had been done.
        assert submit(again, folder, (1, 2, 3), "second", based_on=1).version == 2
        assert [version.number for version in again.label_versions("one", "final")] == [1, 2]
        assert is_whole(submissions.find(again, "one", 1), (1,), "first")
        assert is_whole(submissions.find(again, "one"), (1, 2, 3), "second")
        if process.exitcode != KILLED:
            assert process.exitcode == 0
            break
    assert seen == sorted(seen) and set(seen) == {1, 2} and len(seen) > 6


def test_a_full_disk_is_told_and_the_next_save_goes_on_from_there(
    store: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(store, tmp_path, (1,), "first")
    with monkeypatch.context() as patch:
        patch.setattr(store, "_update_datastore_file", lambda: (_ for _ in ()).throw(OSError("No space left")))
        with pytest.raises(OSError, match="No space"):
            submit(store, tmp_path, (2,), "second", based_on=1)
    assert submit(store, tmp_path, (2,), "second", based_on=1).version == 2
    assert is_whole(submissions.find(store, "one", 1), (1,), "first")
    assert is_whole(submissions.find(store, "one"), (2,), "second")


def test_a_client_may_know_more_than_this_server(store: StudyDatastore, tmp_path: Path) -> None:
    newer = dataclasses.replace(annotation_of("one"), schema_version="1.9").to_dict() | {"mood": "good"}
    annotation = read_annotation(json.dumps(newer), "one")
    assert submissions.submit(store, annotation, *write_maps(tmp_path, image())).version == 1
