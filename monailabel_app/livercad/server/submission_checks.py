"""Whether a label map, a map of lesions and an annotation go with each other, and with the case."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from livercad.core.annotation import Annotation, Verdict
from livercad.core.taxonomy import Label
from livercad.core.volume import Volume, grid_difference
from livercad.errors import InputError
from livercad.server.labels import grid_of
from livercad.server.sent_json import parse_json
from livercad.studies.itk import read_itk_file
from livercad.studies.nifti import is_nifti, read_volume

MAP_SUFFIXES = (".nii.gz", ".nii", ".nrrd")
HIGHEST_NUMBER = np.iinfo(np.uint16).max
SLAB = 16
"""Slices looked at at once."""


def read_annotation(text: str, case: str) -> Annotation:
    """Read what an annotator says about a case.

    Parameters
    ----------
    text : str
        JSON as `Annotation.to_dict` makes it.
    case : str
        The case that it has to be about.

    Returns
    -------
    Annotation
        Checked.

    Raises
    ------
    InputError
        If it is no annotation, or another case's.
    """
    try:
        annotation = Annotation.from_dict(parse_json(text, "annotation"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _error(
            "annotation", f"what cannot be read ({error})", "an annotation as livercad.core writes it"
        ) from error
    if annotation.case != case:
        raise _error("annotation", f"case {annotation.case!r}", f"case {case!r}")
    return annotation


def check_maps(annotation: Annotation, label: Path, instances: Path, image: Path) -> None:
    """Refuse maps that contradict the annotation, each other, or the image's grid.

    Parameters
    ----------
    annotation : Annotation
        Its lesions that are not rejected are those of the maps.
    label : Path
        NIfTI or NRRD, `Label` values.
    instances : Path
        Likewise, lesion numbers.
    image : Path
        The case's reference image as NIfTI.

    Raises
    ------
    InputError
        With what differs.
    """
    grid = grid_of(image)
    labels, numbers = (_read(path, grid) for path in (label, instances))
    known = {int(value) for value in Label}
    if strange := values_in(labels.array, label.name) - known:
        raise _error(label.name, f"values {_listed(strange)}", f"only {_listed(known)}")
    outlined = values_in(numbers.array, instances.name) - {0}
    wanted = {lesion.number for lesion in annotation.lesions if lesion.verdict is not Verdict.REJECTED}
    if outlined != wanted:
        raise _error(
            instances.name,
            f"lesions {_listed(outlined)}",
            f"those that the annotation does not reject: {_listed(wanted)}",
        )
    pairs = zip(_slabs(labels.array), _slabs(numbers.array), strict=True)
    apart = sum(np.count_nonzero((a == Label.LESION) != (b > 0)) for a, b in pairs)
    if apart:
        raise _error(
            label.name,
            f"{apart} voxels where only one of label map and map of instances shows a lesion",
            f"{Label.LESION:d} in the label map where there are instances, and nowhere else",
        )


def check_rejected(annotation: Annotation, rejected: Path, image: Path) -> None:
    """Refuse a map of rejected lesions with others in it, or on another grid.

    Parameters
    ----------
    annotation : Annotation
        Tells which are rejected; they need not be in the map.
    rejected : Path
        NIfTI or NRRD, lesion numbers.
    image : Path
        The case's reference image as NIfTI.

    Raises
    ------
    InputError
        With what differs.
    """
    shown = values_in(_read(rejected, grid_of(image)).array, rejected.name) - {0}
    known = {lesion.number for lesion in annotation.lesions if lesion.verdict is Verdict.REJECTED}
    if shown - known:
        raise _error(
            rejected.name, f"lesions {_listed(shown)}", f"only those that the annotation rejects: {_listed(known)}"
        )


def values_in(array: npt.NDArray[Any], name: str) -> set[int]:
    """The values of a map.

    Parameters
    ----------
    array : ndarray, shape (I, J, K)
        Whole numbers, of any type.
    name : str
        What to call it in a message.

    Returns
    -------
    set of int
        From 0 to 65535.

    Raises
    ------
    InputError
        If there are other numbers.
    """
    found: set[int] = set()
    for slab in _slabs(array):
        whole = slab.astype(np.uint16)
        if slab.size and (slab.min() < 0 or slab.max() > HIGHEST_NUMBER or (whole != slab).any()):
            raise _error(name, f"values from {slab.min()} to {slab.max()}", f"whole numbers from 0 to {HIGHEST_NUMBER}")
        found |= set(np.flatnonzero(np.bincount(whole.ravel(order="K"))).tolist())
    return found


def _slabs(array: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    return [array[:, :, start : start + SLAB] for start in range(0, array.shape[2], SLAB)]


def _read(path: Path, grid: Volume) -> Volume:
    name = path.name.lower()
    if not name.endswith(MAP_SUFFIXES):
        raise _error(path.name, "a file of another kind", f"a map that ends in {', '.join(MAP_SUFFIXES)}")
    volume = read_volume(path) if is_nifti(path) else read_itk_file(path)
    if difference := grid_difference(volume, grid):
        raise _error(path.name, f"another grid ({difference})", "the grid of the case's reference image")
    return volume


def _listed(numbers: Collection[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "none"


def _error(thing: str, found: str, expected: str) -> InputError:
    return InputError(thing, found=found, expected=expected, todo="Nothing was saved; mend it and send it again.")
