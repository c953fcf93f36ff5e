"""Labels of images whose axes are not as Slicer wants them, as its stock client sends them.

Slicer wants right-handed axes: of a left-handed image it reverses the slices when it reads it, and a label that it
saves has the reversed order. The label's voxels must come to lie on the image's own grid, where they lay.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from fakes import LESION_HU, synthetic_abdomen
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.server.datastore import StudyDatastore
from livercad.server.given import GivenLesions, instances_of
from livercad.server.labelled import labelled_cases
from livercad.studies.nifti import write_volume
from server.abdomens import abdomen_elsewhere, oblique_abdomen, voxels

REVERSED, TURNED = ((0, 1, 2), (False, False, True)), ((2, 0, 1), (True, False, True))
"""What a client did to the axes: their order, and which it reversed. Slicer's own, and what other programs may do."""


def mirrored_oblique() -> Volume:
    volume = oblique_abdomen()
    affine = volume.affine.copy()
    affine[:3, 0] *= -1
    return Volume(volume.array, affine)


IMAGES = {
    "straight": synthetic_abdomen(1),
    "left-handed": abdomen_elsewhere(1, Phase.PORTAL),
    "oblique": oblique_abdomen(),
    "left-handed and oblique": mirrored_oblique(),
}


def mask_of(image: Volume) -> np.ndarray:
    return (image.array > 0).astype(np.uint8) + (image.array == LESION_HU).astype(np.uint8)


def write_as_client(image: Volume, axes: tuple[int, ...], is_reversed: tuple[bool, ...], path: Path) -> Path:
    """Write an image's label through ITK, which moves the voxels' order and where it says they lie together."""
    write_volume(image.like(mask_of(image)), path.with_name("whole.nii.gz"))
    label = sitk.PermuteAxes(sitk.ReadImage(str(path.with_name("whole.nii.gz"))), axes)
    sitk.WriteImage(sitk.Flip(label, is_reversed), str(path))
    return path


def test_the_cases_are_what_their_names_say() -> None:
    handed = {name: np.linalg.det(image.affine[:3, :3]) > 0 for name, image in IMAGES.items()}
    assert handed == {"straight": True, "left-handed": False, "oblique": True, "left-handed and oblique": False}


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
@pytest.mark.parametrize("order", [REVERSED, TURNED], ids=["reversed", "turned"])
@pytest.mark.parametrize("name", IMAGES)
def test_a_stock_clients_label_comes_to_lie_on_its_images_grid(
    tmp_path: Path, name: str, order: tuple[tuple[int, ...], tuple[bool, ...]], suffix: str
) -> None:
    image = IMAGES[name]
    write_volume(image, tmp_path / "studies" / "case.nii.gz")
    store = StudyDatastore(tmp_path / "studies")
    label = write_as_client(image, *order, tmp_path / f"sent{suffix}")
    store.save_label("case", str(label), "final", {"client_id": "stock"})
    array, affine = voxels(Path(store.get_label_uri("case", "final")))
    assert np.array_equal(array, mask_of(image))
    assert np.allclose(affine, image.affine, atol=1e-4)
    (case,), problems = labelled_cases(store)
    assert problems == []
    case.check_grid(case.read_image(), case.read_label())


def test_a_label_as_the_server_wrote_the_image_is_kept_byte_for_byte(tmp_path: Path) -> None:
    image = IMAGES["left-handed and oblique"]
    write_volume(image, tmp_path / "studies" / "case.nii.gz")
    write_volume(image.like(mask_of(image)), tmp_path / "sent.nii.gz")
    store = StudyDatastore(tmp_path / "studies")
    store.save_label("case", str(tmp_path / "sent.nii.gz"), "final", {})
    assert Path(store.get_label_uri("case", "final")).read_bytes() == (tmp_path / "sent.nii.gz").read_bytes()


@pytest.mark.parametrize("name", ["left-handed", "oblique"])
def test_a_label_that_lies_elsewhere_is_refused_whatever_its_axes(tmp_path: Path, name: str) -> None:
    image = IMAGES[name]
    write_volume(image, tmp_path / "studies" / "case.nii.gz")
    moved = Volume(image.array, image.affine.copy())
    moved.affine[:3, 3] += image.affine[:3, 2]  # by a slice
    label = write_as_client(moved, *REVERSED, tmp_path / "sent.nii.gz")
    store = StudyDatastore(tmp_path / "studies")
    with pytest.raises(InputError, match=r"sent\.nii\.gz: found another grid .*expected the grid of its image"):
        store.save_label("case", str(label), "final", {})
    assert not store.get_labels_by_image_id("case") and store.label_versions("case", "final") == []


@pytest.mark.parametrize("name", IMAGES)
def test_lesions_of_a_reversed_label_are_taken_where_they_lie(tmp_path: Path, name: str) -> None:
    image = IMAGES[name]
    label = write_as_client(image, *REVERSED, tmp_path / "sent.nii.gz")
    instances = instances_of(GivenLesions(lesion_value=2), label, image)
    assert np.array_equal(instances.array > 0, image.array == LESION_HU)
    assert np.array_equal(instances.affine, image.affine)
