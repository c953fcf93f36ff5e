"""Whether a file can be a case's label."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import SimpleITK as sitk

from livercad.core.volume import Volume, grid_difference
from livercad.errors import InputError
from livercad.studies.itk import read_itk_file, reason_of
from livercad.studies.nifti import is_nifti, read_volume

EXTENSIONS = (".nii.gz", ".nii", ".nrrd", ".seg.nrrd", ".json")
"""A later one wins where two fit; the order that MONAI Label's datastore goes by."""


def check_label(label: Path, image: Path) -> None:
    """Refuse what cannot be read or does not lie on the image's grid.

    Parameters
    ----------
    label : Path
        NIfTI or NRRD on the image's grid, a Slicer segmentation (``.seg.nrrd``, which may be cropped), or JSON.
    image : Path
        The case's reference image as NIfTI.

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
    elif name.endswith(".nrrd"):
        _check_grid(label, read_itk_file(label), grid_of(image))
    elif is_nifti(label):
        _check_grid(label, read_volume(label), grid_of(image))
    else:
        raise InputError(
            label.name,
            found="a file of another kind",
            expected=f"a label that ends in one of {', '.join(EXTENSIONS)}",
            todo="Save it as NIfTI.",
        )


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


def _check_grid(label: Path, volume: Volume, image: Volume) -> None:
    difference = grid_difference(volume, image)
    if difference:
        raise InputError(
            label.name,
            found=f"another grid ({difference})",
            expected="the grid of its image",
            todo="Resample the label to the image before it is saved.",
        )
