"""Volumes from and to files, without the scene: for worker threads. SimpleITK lets other threads run meanwhile."""

import gzip
import os
import zlib
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from livercad.core.volume import Volume
from LiverCADLib.translation import _

HEADER_BYTES = 352
"""Of NIfTI-1, with the four bytes after it that tell of extensions (https://nifti.nimh.nih.gov/nifti-1)."""
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


class ImageFileError(Exception):
    """A file that is no volume, or that cannot be written whole; its text is a sentence for the user."""


def readVolume(path):
    """Read a NIfTI file, or any other that SimpleITK reads.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    livercad.core.volume.Volume
        HU, axes I, J, K, with the affine from voxels to RAS mm.

    Raises
    ------
    ImageFileError
        If it cannot be read, or is not three-dimensional.
    """
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ImageFileError(
            _("{name} cannot be read: {reason}").format(name=Path(path).name, reason=reason)
        ) from error
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise ImageFileError(_("{name} is no volume of three dimensions.").format(name=Path(path).name))
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    return laidOutForScene(Volume(sitk.GetArrayFromImage(image).transpose(), LPS_TO_RAS @ affine))


def isRightHanded(affine):
    """Whether a grid's axes are as Slicer wants them."""
    return np.linalg.det(affine[:3, :3]) > 0


def reversedSlices(volume):
    """The same volume with its slices (K) in the reverse order; shares its voxels, and lies where it lay."""
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, 2] * (volume.shape[2] - 1)
    affine[:3, 2] *= -1
    return Volume(volume.array[:, :, ::-1], affine)


def laidOutForScene(volume):
    """The same volume, with the order in memory that a volume node has: right-handed, I fastest."""
    if isRightHanded(volume.affine):
        return Volume(np.ascontiguousarray(volume.array.transpose()).transpose(), volume.affine)
    reverse = np.ascontiguousarray(reversedSlices(volume).array.transpose()).transpose()
    return Volume(reverse[:, :, ::-1], volume.affine)


def writeVolume(volume, path):
    """Write a volume as NIfTI; a cancelled or failed write leaves no file of this name.

    Parameters
    ----------
    volume : livercad.core.volume.Volume
        Of any type; its axes are kept.
    path : Path
        Ends in ``.nii.gz``.

    Raises
    ------
    ImageFileError
        If less has reached the disk: SimpleITK says nothing where that is full.
    """
    path = Path(path)
    affine = LPS_TO_RAS @ volume.affine
    image = sitk.GetImageFromArray(np.ascontiguousarray(volume.array.transpose()))
    image.SetSpacing(volume.spacing)
    image.SetDirection((affine[:3, :3] / volume.spacing).flatten().tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    unfinished = path.with_name("unfinished-" + path.name)
    try:
        sitk.WriteImage(image, str(unfinished), useCompression=True, compressionLevel=1)
        _checkWritten(unfinished, HEADER_BYTES + volume.array.nbytes, path.name)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _checkWritten(path, expected, name):
    """Read a file through, and have it on the disk itself."""
    try:
        with gzip.open(path) as file:
            size = sum(map(len, iter(lambda: file.read(1 << 20), b"")))
        with path.open("r+b") as file:
            os.fsync(file.fileno())
    except (OSError, EOFError, zlib.error):
        size = 0
    if size != expected:
        raise ImageFileError(_("{name} could not be written whole; the disk may be full.").format(name=name))
