"""Lesions that a client has marked: boxes, points or a label map, as instances on the reference image's grid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, Self

import cc3d
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from livercad.core.geometry import Point, corners_of, transform_points
from livercad.core.volume import Volume, grid_difference
from livercad.errors import InputError
from livercad.server.labels import in_order_of, read_map
from livercad.studies.itk import ITK_SUFFIXES

MOST_LESIONS = 200
LABEL_SUFFIXES = (".nii.gz", ".nii", *ITK_SUFFIXES)
LONGEST_MM = 500
"""A diameter: longer than any liver."""
LESION = "either a box, or a center with its diameter_mm"
EXPECTED = {
    "lesions": f"a list of up to {MOST_LESIONS} lesions, each {LESION}",
    "lesion_value": "a whole number from 1 to 65535",
    "frame": "RAS or LPS",
    "box": "two opposite corners, each three numbers in mm",
    "center": "three numbers in mm",
    "diameter_mm": f"a number of mm above 0, {LONGEST_MM} at most",
}
"""By the field of a request."""
SHOWN = 80
"""Characters of what was found: a list of points can be long."""


class GivenLesion(BaseModel):
    """A lesion as a box, or as a point with a diameter; all in mm."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frame: Literal["RAS", "LPS"] = "RAS"
    box: tuple[Point, Point] | None = Field(None, description="Two opposite corners.")
    center: Point | None = None
    diameter_mm: float | None = Field(None, gt=0, le=LONGEST_MM)

    @model_validator(mode="after")
    def _check(self) -> Self:
        numbers = [*(self.center or ()), *(number for corner in self.box or () for number in corner)]
        if (self.box is None) == (self.center is None) or (self.center is None) != (self.diameter_mm is None):
            raise ValueError(LESION)
        if not np.isfinite(numbers).all():
            raise ValueError("finite numbers")
        if self.box and min(self.half_mm) <= 0:
            raise ValueError("a box with a size")
        return self

    @property
    def middle(self) -> npt.NDArray[np.float64]:
        """Centre, RAS mm."""
        point = np.mean(self.box, axis=0) if self.box else np.asarray(self.center, dtype=float)
        return point * (np.array([-1.0, -1.0, 1.0]) if self.frame == "LPS" else 1.0)

    @property
    def half_mm(self) -> npt.NDArray[np.float64]:
        """Half of the size along R, A, S in mm."""
        if self.box:
            return np.abs(np.subtract(*self.box)) / 2
        return np.full(3, (self.diameter_mm or 0) / 2)


class GivenLesions(BaseModel):
    """What a request says of lesions beside its label map."""

    lesions: tuple[GivenLesion, ...] = Field((), max_length=MOST_LESIONS)
    lesion_value: int | None = Field(None, ge=1, le=65535)


def read_given(request: dict[str, Any]) -> GivenLesions:
    """Read what a request says of lesions.

    Parameters
    ----------
    request : dict
        ``lesions``: a list of `GivenLesion`; or ``label``: the path of a label map that was sent along, and perhaps
        ``lesion_value``: the voxels of this value are lesions, split where they do not touch. Otherwise every value
        above 0 is a lesion, as in ``lesions.nii.gz``.

    Returns
    -------
    GivenLesions
        Checked as far as is possible without the image.

    Raises
    ------
    InputError
        If there is neither, or something is wrong with it.
    """
    wishes = {name: request[name] for name in GivenLesions.model_fields if name in request}
    try:
        given = GivenLesions.model_validate(wishes)
    except ValidationError as error:
        raise _explained(error, wishes) from error
    if bool(given.lesions) == bool(request.get("label")):
        found = "both lesions and a label map" if given.lesions else "neither lesions nor a label map"
        raise _error("the request", found, "one of them: boxes, points with a diameter, or a label map")
    return given


def instances_of(given: GivenLesions, label: Path | None, reference: Volume) -> Volume:
    """Put the lesions that were given on the reference image's grid.

    Parameters
    ----------
    given : GivenLesions
        From `read_given`.
    label : Path or None
        The label map.
    reference : Volume
        The image.

    Returns
    -------
    Volume
        uint16, 0 or the lesion's number: its place in the list from 1, or its value in the label map. A box is
        filled with its ellipsoid.

    Raises
    ------
    InputError
        If a lesion lies outside of the image, or the label map is empty, unreadable or on another grid.
    """
    if label:
        return _from_label(label, given.lesion_value, reference)
    instances = np.zeros(reference.shape, dtype=np.uint16)
    for number, lesion in enumerate(given.lesions, start=1):
        _draw(instances, reference, number, lesion)
    return reference.like(instances)


def _draw(instances: npt.NDArray[np.uint16], reference: Volume, number: int, lesion: GivenLesion) -> None:
    to_voxels = np.linalg.inv(reference.affine)
    middle = np.round(transform_points(lesion.middle, to_voxels)).astype(int)
    if (middle < 0).any() or (middle >= reference.shape).any():
        where = ", ".join(f"{mm:.1f}" for mm in lesion.middle)
        raise _error(f"lesion {number}", f"its centre at RAS {where} mm, outside of the image", "a lesion in the image")
    corners = transform_points(corners_of(lesion.middle - lesion.half_mm, lesion.middle + lesion.half_mm), to_voxels)
    first = np.clip(np.floor(corners.min(axis=0)), 0, None).astype(int)
    last = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, reference.shape)
    block = instances[tuple(slice(a, b) for a, b in zip(first, last, strict=True))]
    voxels = np.indices(block.shape).reshape(3, -1).T + first
    away = (transform_points(voxels, reference.affine) - lesion.middle) / lesion.half_mm
    inside = (np.square(away).sum(axis=1) <= 1).reshape(block.shape)
    inside[tuple(np.clip(middle - first, 0, np.subtract(block.shape, 1)))] = True
    free = inside & (block == 0)
    if not free.any():
        raise _error(f"lesion {number}", "that it lies wholly in another", "lesions beside each other")
    block[free] = number


def _from_label(label: Path, lesion_value: int | None, reference: Volume) -> Volume:
    name = label.name.lower()
    if not name.endswith(LABEL_SUFFIXES):
        raise _error(label.name, "a file of another kind", f"a label map that ends in {', '.join(LABEL_SUFFIXES)}")
    volume = in_order_of(read_map(label), reference)
    if difference := grid_difference(volume, reference):
        raise _error(label.name, f"another grid ({difference})", "the grid of the case's image")
    values = np.unique(volume.array)
    if not np.isin(values, np.arange(65536)).all():
        raise _error(label.name, f"values from {values[0]} to {values[-1]}", "whole numbers from 0 to 65535")
    if lesion_value is None:
        instances = volume.array.astype(np.uint16)
    else:
        instances = cc3d.connected_components(np.asfortranarray(volume.array == lesion_value)).astype(np.uint16)
    count = len(np.unique(instances)) - (0 if instances.all() else 1)
    if not 1 <= count <= MOST_LESIONS:
        wanted = f" of value {lesion_value}" if lesion_value else ""
        raise _error(label.name, f"{count} lesions{wanted}", f"1 to {MOST_LESIONS}")
    return reference.like(instances)


def _explained(error: ValidationError, wishes: dict[str, Any]) -> InputError:
    """Say in plain words what is wrong: pydantic's are about Python's types."""
    first = error.errors()[0]
    field, *inside = map(str, first["loc"])
    if field != "lesions" or not inside:
        return _error(field, _shown(wishes[field]), EXPECTED[field])
    number, *deeper = inside
    name, given = f"lesion {int(number) + 1}", wishes["lesions"][int(number)]
    if not deeper:
        # What our own validator says is plain.
        expected = str(first["ctx"]["error"]) if first["type"] == "value_error" else LESION
        return _error(name, _shown(given), expected)
    key = deeper[0]
    if first["type"] == "extra_forbidden":
        return _error(name, f"a field {_shown(key)}", f"only {', '.join(GivenLesion.model_fields)}")
    return _error(f"{key} of {name}", _shown(given[key]), EXPECTED[key])


def _shown(value: Any) -> str:
    """A value as the request has it, not too long."""
    if isinstance(value, list) and len(value) > MOST_LESIONS:
        return f"a list of {len(value)}"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _error(thing: str, found: str, expected: str) -> InputError:
    return InputError(thing, found=found, expected=expected, todo="Mend the request (docs/server.md).")
