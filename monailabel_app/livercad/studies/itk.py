"""Images that ITK reads (NRRD, MetaImage, DICOM), turned into volumes in RAS."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK

from livercad.core.volume import Volume
from livercad.errors import InputError

ITK_SUFFIXES = (".nrrd", ".nhdr", ".mha", ".mhd")
"""Extensions of the single-file formats read through SimpleITK."""
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def read_itk_file(path: Path) -> Volume:
    """Read a volume from an NRRD or MetaImage file.

    Parameters
    ----------
    path : Path
        The file, or its header if the voxels have a file of their own.

    Returns
    -------
    Volume
        In the file's own axis order; integers keep their type, the rest becomes float32.

    Raises
    ------
    InputError
        If the file cannot be read or is no 3-D image of single numbers.
    """
    try:
        image = SimpleITK.ReadImage(str(path))
    except RuntimeError as error:
        raise InputError(
            path,
            found=f"a file that cannot be read ({reason_of(error)})",
            expected="a whole NRRD or MetaImage file",
            todo="Copy or export the file again.",
        ) from error
    if image.GetDimension() == 4 and image.GetSize()[3] == 1:
        image = image[:, :, :, 0]
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise InputError(
            path,
            found=f"an image of {image.GetDimension()} dimensions {image.GetSize()} "
            f"with {image.GetNumberOfComponentsPerPixel()} value(s) a voxel",
            expected="one 3-D volume with one grey value a voxel",
            todo="Split a 4-D file into one file for each phase; 2-D images cannot be used.",
        )
    return volume_of(image)


def volume_of(image: SimpleITK.Image) -> Volume:
    """Take an ITK image into RAS.

    Parameters
    ----------
    image : SimpleITK.Image
        Three dimensions, one value a voxel.

    Returns
    -------
    Volume
        Integers keep their type, the rest becomes float32. ITK's LPS millimetres become RAS.
    """
    array = SimpleITK.GetArrayFromImage(image).T  # ITK hands out (k, j, i)
    if array.dtype.kind == "f":
        array = array.astype(np.float32, copy=False)
    lps = np.eye(4)
    lps[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    lps[:3, 3] = image.GetOrigin()
    return Volume(array, LPS_TO_RAS @ lps)


def reason_of(error: Exception) -> str:
    """The part of an ITK error message that tells something to a user."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
