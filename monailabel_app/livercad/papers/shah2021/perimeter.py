"""The liver's perimeter: a mask as polygons and back, and the .json file that the paper marks it in ("Results").

The file has the layout of the VGG Image Annotator, which writes polygons as lists of x and of y coordinates (A. Dutta,
A. Zisserman, "The VIA annotation software for images, audio and video", ACM Multimedia 2019). Coordinates are pixels
from the middle of an image's first pixel, x to the right and y down.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.draw import polygon2mask
from skimage.measure import approximate_polygon, find_contours, label

from livercad.errors import InputError
from livercad.studies.atomic import write_text

Polygon = npt.NDArray[np.float64]
"""Shape (points, 2): row and column of each corner; closed, without repeating the first."""
Mask = npt.NDArray[np.bool_]
FEWEST = 3
"""Corners of a polygon."""


@dataclass(frozen=True)
class Perimeter:
    """The outline of a liver in one image.

    Parameters
    ----------
    pixels : int
        Along a side of the image.
    polygons : tuple of ndarray, shape (points, 2)
        One a part, the largest first; none where there is no liver.
    """

    pixels: int
    polygons: tuple[Polygon, ...]

    @classmethod
    def of(cls, mask: Mask, tolerance: float = 0.0, smallest_part: float = 0.0) -> Perimeter:
        """Outline a mask: holes are filled, small parts left out.

        Parameters
        ----------
        mask : ndarray of bool, shape (pixels, pixels)
            The liver.
        tolerance : float, default 0
            Pixels that a polygon may lie beside the outline.
        smallest_part : float, default 0
            Parts below this share of the largest are left out.

        Returns
        -------
        Perimeter
            Around what is left.
        """
        parts = label(ndimage.binary_fill_holes(mask), connectivity=1)
        sizes = np.bincount(parts.ravel())[1:]
        order = [n for n in np.argsort(-sizes, kind="stable") if sizes[n] >= smallest_part * sizes.max()]
        outlines = [_outline(parts == n + 1, tolerance) for n in order]
        return cls(mask.shape[0], tuple(each for each in outlines if len(each) >= FEWEST))

    def mask(self) -> Mask:
        """What lies inside, shape (pixels, pixels)."""
        shape = (self.pixels, self.pixels)
        inside = np.zeros(shape, bool)
        for polygon in self.polygons:
            inside |= polygon2mask(shape, polygon)
        return inside


def write_perimeters(path: Path, perimeters: Mapping[str, Perimeter]) -> None:
    """Write perimeters as one .json file.

    Parameters
    ----------
    path : Path
        The file.
    perimeters : mapping of str to Perimeter
        By image.
    """
    write_text(path, json.dumps({name: _entry(name, each) for name, each in perimeters.items()}, indent=1))


def read_perimeters(path: Path) -> dict[str, Perimeter]:
    """Read what `write_perimeters` has written, or the VGG Image Annotator has exported of it.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict of str to Perimeter
        By image.

    Raises
    ------
    InputError
        If it is no such file.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {entry["filename"]: _perimeter(entry) for entry in entries.values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            path,
            found=f"no perimeters that can be read ({type(error).__name__}: {error})",
            expected="polygons as the VGG Image Annotator writes them, with 'pixels' among an image's file attributes",
            todo="Make the file again, or mend that place.",
        ) from error


def _outline(part: Mask, tolerance: float) -> Polygon:
    contours = find_contours(np.pad(part, 1).astype(np.float64), 0.5)
    # Filled and in one piece, so that there is one contour; its last point is its first.
    return np.asarray(approximate_polygon(max(contours, key=len), tolerance)[:-1] - 1, np.float64)


def _entry(name: str, perimeter: Perimeter) -> dict[str, Any]:
    return {
        "filename": name,
        "size": -1,
        "regions": [
            {
                "shape_attributes": {
                    "name": "polygon",
                    "all_points_x": np.round(polygon[:, 1], 2).tolist(),
                    "all_points_y": np.round(polygon[:, 0], 2).tolist(),
                },
                "region_attributes": {"organ": "liver"},
            }
            for polygon in perimeter.polygons
        ],
        "file_attributes": {"pixels": str(perimeter.pixels)},
    }


def _perimeter(entry: Mapping[str, Any]) -> Perimeter:
    shapes = [region["shape_attributes"] for region in entry["regions"]]
    polygons = [
        np.column_stack([shape["all_points_y"], shape["all_points_x"]]).astype(np.float64)
        for shape in shapes
        if shape["name"] == "polygon"
    ]
    return Perimeter(int(entry["file_attributes"]["pixels"]), tuple(polygons))
