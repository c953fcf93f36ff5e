"""Volumes from and to files, and whole cases from and to the server, off the GUI thread."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from case_fakes import FakeClient, affine, make_volume

from livercad.core.phases import Phase
from livercad.core.volume import grid_difference
from LiverCADLib.caseLoading import loadCase, loadRegistrations, localFile, uploadCase
from LiverCADLib.cases import CaseImage
from LiverCADLib.clientErrors import ConflictError
from LiverCADLib.imageFiles import ImageFileError, laidOutForScene, readVolume, reversedSlices, writeVolume
from LiverCADLib.tasks import Cancelled, Task


@pytest.mark.parametrize("left_handed", [False, True])
def test_an_oblique_volume_comes_back_from_its_file_voxel_for_voxel(tmp_path, left_handed):
    volume = make_volume(0, left_handed)
    writeVolume(volume, tmp_path / "a.nii.gz")
    back = readVolume(tmp_path / "a.nii.gz")
    assert np.array_equal(back.array, volume.array)
    assert back.array.dtype == np.int16
    assert np.allclose(back.affine, volume.affine, atol=1e-4)


def test_the_affine_takes_voxels_where_another_library_sees_them(tmp_path):
    volume = make_volume(0)
    writeVolume(volume, tmp_path / "a.nii.gz")
    x, y, z = sitk.ReadImage(str(tmp_path / "a.nii.gz")).TransformIndexToPhysicalPoint((3, 5, 7))
    assert np.allclose(volume.affine @ (3, 5, 7, 1), (-x, -y, z, 1), atol=1e-3)


@pytest.mark.parametrize("left_handed", [False, True])
def test_what_is_laid_out_for_the_scene_is_the_same_volume(left_handed):
    volume = make_volume(0, left_handed)
    laid_out = laidOutForScene(volume)
    assert np.array_equal(laid_out.array, volume.array)
    in_scene = reversedSlices(laid_out) if left_handed else laid_out
    assert in_scene.array.transpose().flags.c_contiguous


def test_reversed_slices_lie_where_they_lay():
    volume = make_volume(0)
    reverse = reversedSlices(volume)
    assert reverse.array[2, 3, 0] == volume.array[2, 3, -1]
    assert np.allclose(reverse.affine @ (2, 3, 0, 1), volume.affine @ (2, 3, volume.shape[2] - 1, 1))
    assert not grid_difference(reversedSlices(reverse), volume)


def test_a_damaged_file_is_named_in_the_error(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(b"no volume")
    with pytest.raises(ImageFileError, match=r"a\.nii\.gz"):
        readVolume(tmp_path / "a.nii.gz")


def test_a_write_that_fails_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(sitk, "WriteImage", lambda *arguments, **named: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        writeVolume(make_volume(0), tmp_path / "a.nii.gz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_disk_that_is_full_is_noticed(tmp_path):
    (tmp_path / "unfinished-a.nii.gz").symlink_to("/dev/full")
    with pytest.raises(ImageFileError, match=r"a\.nii\.gz could not be written whole"):
        writeVolume(make_volume(0), tmp_path / "a.nii.gz")
    assert list(tmp_path.iterdir()) == []


def test_a_case_of_a_server_on_this_computer_is_read_where_it_lies(tmp_path):
    client = FakeClient(tmp_path)
    loaded = loadCase(Task(), client, "case-2")
    assert client.downloads == []
    assert (loaded.case, loaded.version) == ("case-2", 2)
    assert [image.name for image in loaded.images] == ["first", "second", "third"]
    for name, volume in client.volumes.items():
        assert np.array_equal(loaded.volumes[name].array, volume.array)


def test_a_case_of_another_computer_is_downloaded_and_leaves_no_files(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    client, task = FakeClient(tmp_path, is_local=False), Task()
    loaded = loadCase(task, client, "case-1")
    assert client.downloads == ["first", "second", "third"]
    assert np.array_equal(loaded.volumes["second"].array, client.volumes["second"].array)
    assert task.news[0] == 1.0
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_file_of_the_same_path_and_another_size_is_not_the_servers(tmp_path):
    file = tmp_path / "a.nii.gz"
    file.write_bytes(b"four")
    client = FakeClient(tmp_path)
    assert localFile(client, CaseImage("a", size=4, path=str(file))) == file
    assert localFile(client, CaseImage("a", size=5, path=str(file))) is None
    assert localFile(client, CaseImage("a", size=4, path=str(tmp_path / "b"))) is None
    assert localFile(client, CaseImage("a", size=4)) is None
    client.isLocal = False
    assert localFile(client, CaseImage("a", size=4, path=str(file))) is None


def test_a_cancelled_task_ends_the_loading(tmp_path):
    client, task = FakeClient(tmp_path, is_local=False), Task()
    client.hold.clear()
    task.cancel()
    with pytest.raises(Cancelled):
        loadCase(task, client, "case-1")


def test_volumes_are_uploaded_with_their_phases_and_their_voxels(tmp_path):
    client = FakeClient(tmp_path)
    volumes = {Phase.ARTERIAL: make_volume(5), Phase.PORTAL: make_volume(6, left_handed=False)}
    case, images = uploadCase(Task(), client, "mine", volumes)
    name, files, phases = client.uploaded[0]
    assert case == name == "mine"
    assert phases == {"arterial.nii.gz": "arterial", "portal.nii.gz": "portal"}
    (tmp_path / "sent.nii.gz").write_bytes(files["portal.nii.gz"])
    sent = readVolume(tmp_path / "sent.nii.gz")
    assert np.array_equal(sent.array, volumes[Phase.PORTAL].array)
    assert np.allclose(sent.affine, affine(left_handed=False), atol=1e-4)
    assert [image.phase for image in images] == list(volumes)


def test_registrations_are_fetched_after_an_analysis_where_there_was_none(tmp_path):
    client = FakeClient(tmp_path)
    first, second = loadRegistrations(Task(), client, "case-1", ["first", "second"])
    assert client.is_analysed
    assert (first.name, second.name) == ("first", "second")
    assert first.displacement.shape == (4, 4, 4, 3)
    assert np.array_equal(second.volume.array, client.volumes["third"].array)


def test_a_server_that_cannot_register_even_then_says_why(tmp_path):
    client = FakeClient(tmp_path)
    client.infer = lambda *arguments: None
    with pytest.raises(ConflictError, match="Analyse"):
        loadRegistrations(Task(), client, "case-1", ["first"])
