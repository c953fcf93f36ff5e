"""Whether a file can be a case's label."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import SimpleITK as sitk

from livercad.core.volume import Volume, grid_difference
from livercad.errors import InputError
from livercad.studies.itk import read_itk_file, reason_of
from livercad.studies.nifti import is_nifti, read_volume, write_volume

EXTENSIONS = (".nii.gz", ".nii", ".nrrd", ".seg.nrrd", ".json")
"""A later one wins where two fit; the order that MONAI Label's datastore goes by."""


@contextmanager
def checked_label(label: Path, image: Path) -> Iterator[Path]:
    """Refuse what cannot be read or does not lie on the image's grid; answer the file to save.

    Slicer, and so its stock client, reverses the slices of an image whose axes are left-handed: its labels have the
    image's voxels in another order.

    Parameters
    ----------
    label : Path
        NIfTI or NRRD on the image's grid, its axes in any order and direction, a Slicer segmentation (``.seg.nrrd``,
        which may be cropped), or JSON.
    image : Path
        The case's reference image as NIfTI.

    Yields
    ------
    Path
        The label, or a NIfTI file with its voxels in the image's order, which goes with the context.

    Raises
    ------
    InputError
        If the file is damaged, of another kind, or has another grid.
    """
    name = label.name.lower()
    if name.endswith(".json"):
        _check_json(label)
    elif name.endswith(".seg.nrrd"):
        _check_segmentation(label)
    elif name.endswith(".nrrd") or is_nifti(label):
        volume, grid = read_map(label), grid_of(image)
        if grid_difference(volume, grid):
            with tempfile.TemporaryDirectory(prefix="livercad-label-") as folder:
                ordered = Path(folder) / "label.nii.gz"
                write_volume(_ordered(label, volume, grid), ordered)
                yield ordered
            return
    else:
        raise InputError(
            label.name,
            found="a file of another kind",
            expected=f"a label that ends in one of {', '.join(EXTENSIONS)}",
            todo="Save it as NIfTI.",
        )
    yield label


def read_map(path: Path) -> Volume:
    """Read a label map from a NIfTI, NRRD or MetaImage file, in the file's own axis order."""
    return read_volume(path) if is_nifti(path) else read_itk_file(path)


def in_order_of(volume: Volume, grid: Volume) -> Volume:
    """Give voxels the order that a grid has, by axes and their directions; where they lie stays.

    Parameters
    ----------
    volume : Volume
        Axes in any order and direction.
    grid : Volume
        Its voxels do not count.

    Returns
    -------
    Volume
        On the grid, if it is one that differs in no more.
    """
    turns = nib.orientations.io_orientation(np.linalg.inv(grid.affine) @ volume.affine)
    array = nib.orientations.apply_orientation(volume.array, turns)
    return Volume(array, volume.affine @ nib.orientations.inv_ornt_aff(turns, volume.shape))


def _check_json(label: Path) -> None:
    try:
        json.loads(label.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            label.name, found=f"no valid JSON ({error})", expected="markups", todo="Save the label again."
        ) from error


def _check_segmentation(label: Path) -> None:
    try:
        sitk.ReadImage(str(label))
    except RuntimeError as error:
        raise InputError(
            label.name,
            found=f"a file that cannot be read ({reason_of(error)})",
            expected="a whole segmentation",
            todo="Save the label again.",
        ) from error


def grid_of(image: Path) -> Volume:
    """Shape and affine of a NIfTI image, without reading its voxels."""
    header: Any = nib.load(image)
    return Volume(np.broadcast_to(np.uint8(0), header.shape[:3]), header.affine)


def _ordered(label: Path, volume: Volume, image: Volume) -> Volume:
    ordered = in_order_of(volume, image)
    if grid_difference(ordered, image):
        raise InputError(
            label.name,
            found=f"another grid ({grid_difference(volume, image)})",
            expected="the grid of its image",
            todo="Resample the label to the image before it is saved.",
        )
    return ordered
