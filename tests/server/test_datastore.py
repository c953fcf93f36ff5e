"""The datastore, without a server."""

from __future__ import annotations

import json
import os
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from fakes import synthetic_abdomen, write_case
from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.server.datastore import StudyDatastore
from livercad.server.errors import ConflictError, UnknownNameError
from livercad.studies.nifti import write_volume
from server.abdomens import oblique_abdomen, voxels, write_oblique, write_phases


@pytest.fixture
def store(tmp_path: Path) -> StudyDatastore:
    studies = tmp_path / "studies"
    write_case(studies, "one")
    write_phases(studies, "two")
    return StudyDatastore(studies)


def write_label(folder: Path, value: int, name: str = "label.nii.gz") -> Path:
    volume = synthetic_abdomen()
    path = folder / name
    write_volume(volume.like(np.full(volume.shape, value, dtype=np.uint8)), path)
    return path


def index_of(store: StudyDatastore) -> dict:
    return json.loads((store.catalogue.root / "datastore_v2.json").read_text())


def test_a_file_and_a_folder_of_phases_are_one_case_each(store: StudyDatastore) -> None:
    assert sorted(store.list_images()) == ["one", "two"]
    phases = store.get_image_info("two")["phases"]
    assert {phase: Path(path).name for phase, path in phases.items()} == {
        "arterial": "arterial.nii.gz",
        "portal": "portal.nii.gz",
    }


def test_stock_clients_see_the_reference_phase(store: StudyDatastore) -> None:
    assert Path(store.get_image_uri("two")).name == "portal.nii.gz"
    assert store.study("two").reference.phase is Phase.PORTAL
    assert store.get_image_info("two")["name"] == "two.nii.gz"


def test_a_case_that_is_added_or_removed_is_noticed_without_a_restart(store: StudyDatastore) -> None:
    write_case(store.catalogue.root, "three", 3)
    (store.catalogue.root / "one.nii.gz").unlink()
    store.refresh_if_changed()
    assert sorted(store.list_images()) == ["three", "two"]
    assert sorted(index_of(store)["objects"]) == ["three", "two"]


def test_saved_labels_are_no_cases(store: StudyDatastore, tmp_path: Path) -> None:
    store.save_label("one", str(write_label(tmp_path, 1)), "final", {})
    again = StudyDatastore(store.catalogue.root)
    assert sorted(again.list_images()) == ["one", "two"]
    assert again.get_labeled_images() == ["one"]


def test_every_save_keeps_the_former_label_and_its_info(store: StudyDatastore, tmp_path: Path) -> None:
    for value in (1, 2, 3):
        store.save_label("one", str(write_label(tmp_path, value)), "final", {"by": f"reader {value}"})
    versions = store.label_versions("one", "final")
    assert [(v.number, v.is_current, v.info["by"]) for v in versions] == [
        (1, False, "reader 1"),
        (2, False, "reader 2"),
        (3, True, "reader 3"),
    ]
    assert [int(voxels(v.file)[0].max()) for v in versions] == [1, 2, 3]


def test_a_removed_label_stays_in_the_history(store: StudyDatastore, tmp_path: Path) -> None:
    store.save_label("one", str(write_label(tmp_path, 7)), "final", {"by": "me"})
    store.remove_label("one", "final")
    assert store.get_label_uri("one", "final") == ""
    (version,) = store.label_versions("one", "final")
    assert not version.is_current
    assert int(voxels(version.file)[0].max()) == 7
    store.save_label("one", str(write_label(tmp_path, 8)), "final", {})
    assert [v.number for v in store.label_versions("one", "final")] == [1, 2]


def test_a_label_of_another_file_type_takes_the_former_ones_place(store: StudyDatastore, tmp_path: Path) -> None:
    store.save_label("one", str(write_label(tmp_path, 1)), "final", {})
    store.save_label("one", str(write_label(tmp_path, 2, "label.nii")), "final", {})
    folder = store.catalogue.root / "labels" / "final"
    assert sorted(path.name for path in folder.iterdir()) == ["history", "one.nii"]


def test_a_save_that_fails_half_way_leaves_label_and_index_as_they_were(
    store: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_label("one", str(write_label(tmp_path, 1)), "final", {"by": "first"})
    before = index_of(store)

    def full(source: object, target: Path) -> None:
        Path(target).write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(OSError, match="No space"):
        store.save_label("one", str(write_label(tmp_path, 2)), "final", {"by": "second"})
    assert index_of(store) == before
    assert int(voxels(Path(store.get_label_uri("one", "final")))[0].max()) == 1
    assert not list((store.catalogue.root / "labels").rglob(".*"))


def test_the_index_is_replaced_never_rewritten(
    store: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = index_of(store)
    monkeypatch.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(OSError("killed")))
    with pytest.raises(OSError, match="killed"):
        store.update_image_info("one", {"note": "x" * 10_000})
    assert index_of(store) == before


def test_an_oblique_label_keeps_its_grid(tmp_path: Path) -> None:
    studies = tmp_path / "studies"
    studies.mkdir()
    write_oblique(studies, "oblique")
    store = StudyDatastore(studies)
    image = oblique_abdomen()
    mask = (image.array > 50).astype(np.uint8)
    write_volume(image.like(mask), tmp_path / "label.nii.gz")
    store.save_label("oblique", str(tmp_path / "label.nii.gz"), "final", {})
    array, affine = voxels(Path(store.get_label_uri("oblique", "final")))
    assert np.array_equal(array, mask)
    assert np.allclose(affine, image.affine, atol=1e-4)


def test_a_label_on_another_grid_is_refused(store: StudyDatastore, tmp_path: Path) -> None:
    label = nib.load(write_label(tmp_path, 1))
    shifted = label.affine.copy()
    shifted[0, 3] += 3.0
    nib.save(nib.Nifti1Image(np.asarray(label.dataobj), shifted), tmp_path / "shifted.nii.gz")
    with pytest.raises(InputError, match="grid of its image"):
        store.save_label("one", str(tmp_path / "shifted.nii.gz"), "final", {})
    assert store.get_labeled_images() == []


def test_a_truncated_label_is_refused(store: StudyDatastore, tmp_path: Path) -> None:
    label = write_label(tmp_path, 1)
    label.write_bytes(label.read_bytes()[:-20])
    with pytest.raises(InputError, match="truncated"):
        store.save_label("one", str(label), "final", {})


@pytest.mark.parametrize("tag", ["../../x", "a/b", ".hidden", "", "a\\b", "x\n"])
def test_a_tag_cannot_lead_out_of_the_labels_folder(store: StudyDatastore, tmp_path: Path, tag: str) -> None:
    with pytest.raises(InputError, match="could lead out"):
        store.save_label("one", str(write_label(tmp_path, 1)), tag, {})


def test_an_uploaded_image_becomes_a_case(store: StudyDatastore, tmp_path: Path) -> None:
    upload = write_case(tmp_path / "upload", "x", 5)
    assert store.add_image("new", str(upload), {"from": "scanner"}) == "new"
    assert store.get_image_info("new")["from"] == "scanner"
    assert Path(store.get_image_uri("new")).read_bytes() == upload.read_bytes()


def test_sending_the_same_image_again_keeps_its_labels(store: StudyDatastore, tmp_path: Path) -> None:
    store.save_label("one", str(write_label(tmp_path, 1)), "final", {})
    assert store.add_image("one", str(store.catalogue.root / "one.nii.gz"), {}) == "one"
    assert store.get_labeled_images() == ["one"]


def test_another_image_never_slips_under_labels(store: StudyDatastore, tmp_path: Path) -> None:
    store.save_label("one", str(write_label(tmp_path, 1)), "final", {})
    before = Path(store.get_image_uri("one")).read_bytes()
    with pytest.raises(ConflictError, match="labels"):
        store.add_image("one", str(write_case(tmp_path / "upload", "x", 5)), {})
    assert Path(store.get_image_uri("one")).read_bytes() == before
    assert store.get_labeled_images() == ["one"]


def test_an_upload_without_labels_replaces_the_image(store: StudyDatastore, tmp_path: Path) -> None:
    upload = write_case(tmp_path / "upload", "x", 5)
    store.add_image("one", str(upload), {})
    assert Path(store.get_image_uri("one")).read_bytes() == upload.read_bytes()


def test_an_upload_does_not_take_the_name_of_a_folder_of_phases(store: StudyDatastore, tmp_path: Path) -> None:
    with pytest.raises(ConflictError):
        store.add_image("two", str(write_case(tmp_path / "upload", "x", 5)), {})


def test_an_upload_that_is_no_ct_is_refused(store: StudyDatastore, tmp_path: Path) -> None:
    (tmp_path / "x.nii.gz").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"^new\.nii\.gz: found"):  # the server's file for what comes is of any name
        store.add_image("new", str(tmp_path / "x.nii.gz"), {})
    assert sorted(store.list_images()) == ["one", "two"]


def test_removing_a_case_removes_its_files_and_labels(store: StudyDatastore, tmp_path: Path) -> None:
    store.save_label("one", str(write_label(tmp_path, 1)), "final", {})
    store.remove_image("one")
    assert store.list_images() == ["two"]
    assert not (store.catalogue.root / "one.nii.gz").exists()
    assert not (store.catalogue.root / "labels" / "final" / "one.nii.gz").exists()


def test_unknown_names_are_told_from_empty_answers(store: StudyDatastore) -> None:
    for ask in (
        lambda: store.get_image_info("none"),
        lambda: store.get_label_info("one", "final"),
        lambda: store.remove_label("one", "final"),
        lambda: store.remove_image("none"),
        lambda: store.label_versions("none", "final"),
        lambda: store.get_dataset_archive(None),
    ):
        with pytest.raises(UnknownNameError):
            ask()


def test_the_dataset_archive_names_files_by_case(store: StudyDatastore, tmp_path: Path) -> None:
    store.save_label("two", str(write_label(tmp_path, 1)), "final", {})
    with zipfile.ZipFile(store.get_dataset_archive(None)) as pack:
        assert sorted(pack.namelist()) == ["image/two.nii.gz", "label/two.nii.gz", "metadata.json"]


def test_threads_never_see_a_case_missing_while_the_folder_is_looked_at_again(store: StudyDatastore) -> None:
    def write(number: int) -> None:
        write_case(store.catalogue.root, f"more-{number}", number)
        store.refresh_if_changed()

    def look(_: int) -> bool:
        time.sleep(0.002)
        store.get_image_info("one")
        return "one" in store.list_images()

    with ThreadPoolExecutor(4) as pool:
        writes = [pool.submit(write, number) for number in range(10)]
        assert all(pool.map(look, range(100)))
        for written in writes:
            written.result()
