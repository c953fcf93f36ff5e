"""Where a lesion lies: the masks of patients of one's own, what stands in for one, and its places in other phases."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from livercad.core.geometry import Box, Point
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.evaluation.cases import LESION_NAMES
from livercad.papers.yasaka2018.labels import TABLE
from livercad.studies.nifti import read_volume

ELLIPSOID_STEPS = 25
"""Voxels along a box's side when an ellipsoid stands in for the lesion; odd, so that one section is the largest."""


def mask_file(folder: Path, case: str) -> Path:
    """Find the mask of a case's lesions.

    Parameters
    ----------
    folder : Path
        The studies.
    case : str
        In a folder of its own, or alone in `folder`.

    Returns
    -------
    Path
        Of the mask.

    Raises
    ------
    InputError
        If there is none.
    """
    home = folder / case if (folder / case).is_dir() else folder
    for name in LESION_NAMES:
        for extension in (".nii.gz", ".nii"):
            if (home / f"{name}{extension}").is_file():
                return home / f"{name}{extension}"
    raise InputError(
        folder / case,
        found="no lesion mask",
        expected=f"{case}/{LESION_NAMES[0]}.nii.gz, or a box in {TABLE}",
        todo="Add one of them.",
    )


def lesion_of(path: Path, number: int) -> Volume:
    """Read one lesion of a mask.

    Parameters
    ----------
    path : Path
        Of the mask.
    number : int
        The lesion's value.

    Returns
    -------
    Volume
        bool, on the mask's grid.

    Raises
    ------
    InputError
        If the mask cannot be read, or does not have this lesion.
    """
    mask = read_volume(path)
    own = mask.array == number
    if not own.any():
        values = np.unique(mask.array).tolist()
        raise InputError(
            path,
            found=f"no lesion {number} (values {', '.join(f'{value:g}' for value in values[:12])})",
            expected=f"the lesions' numbers of {TABLE} as values",
            todo="Correct the table or the mask.",
        )
    return mask.like(own)


def ellipsoid(box: Box) -> Volume:
    """The ellipsoid that fills a box: its largest section is in the middle, and as long as the box."""
    steps = ELLIPSOID_STEPS
    spacing = np.array(box.size) / steps
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = np.array(box.minimum) + spacing / 2
    axes = (np.arange(steps) + 0.5) / steps * 2 - 1
    squares = np.meshgrid(axes**2, axes**2, axes**2, indexing="ij")
    return Volume((np.sum(squares, axis=0) <= 1).astype(np.uint8), affine)


def laid_over(image: Volume, place: Point, center: Point) -> Volume:
    """Shift a phase so that a lesion lies where it does in the mask.

    Parameters
    ----------
    image : Volume
        The phase.
    place : tuple of float
        The lesion's middle in it, RAS mm.
    center : tuple of float
        The lesion's middle in the mask, RAS mm.

    Returns
    -------
    Volume
        The same voxels, with a shifted affine.
    """
    affine = image.affine.copy()
    affine[:3, 3] += np.subtract(center, place)
    return Volume(image.array, affine)
