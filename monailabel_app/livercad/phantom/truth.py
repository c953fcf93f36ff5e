"""The truth table: every lesion of a phantom, measured in its map of instances."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import pdist
from skimage.measure import find_contours, regionprops

from livercad.core.taxonomy import LesionType
from livercad.core.volume import Volume
from livercad.phantom.lesions import Placed


@dataclass(frozen=True)
class TrueLesion:
    """A row of the truth table.

    Parameters
    ----------
    case : str
        The study.
    lesion : int
        Its value in the map of instances; 1 is the largest.
    type : LesionType
        What it is.
    diameter_mm : float
        Longest diameter in an axial slice.
    volume_ml : float
        Volume in ml.
    center_r_mm, center_a_mm, center_s_mm : float
        Centre of mass, RAS mm.
    """

    case: str
    lesion: int
    type: LesionType
    diameter_mm: float
    volume_ml: float
    center_r_mm: float
    center_a_mm: float
    center_s_mm: float


def true_lesions(case: str, placed: list[Placed], instances: Volume) -> list[TrueLesion]:
    """Measure lesions in their map of instances.

    Parameters
    ----------
    case : str
        The study.
    placed : list of Placed
        Every number of the map with its type.
    instances : Volume
        Lesion numbers; the third axis must run across axial slices.

    Returns
    -------
    list of TrueLesion
        In the order given.
    """
    regions = {region.label: region for region in regionprops(instances.array)}
    rows = []
    for lesion in placed:
        region = regions[lesion.number]
        center = instances.affine[:3, :3] @ np.array(region.centroid) + instances.affine[:3, 3]
        diameter = max(_longest_mm(region.image[:, :, k], instances.spacing) for k in range(region.image.shape[2]))
        volume = float(region.area) * instances.voxel_volume_ml
        rows.append(TrueLesion(case, lesion.number, lesion.type, diameter, volume, *(float(c) for c in center)))
    return rows


def _longest_mm(section: npt.NDArray[np.bool_], spacing: tuple[float, float, float]) -> float:
    """Longest diameter of a section in mm, its outline along the middles of voxel faces; 0 where it is empty."""
    outline = find_contours(np.pad(section, 1).astype(np.float32), 0.5)
    return float(pdist(np.vstack(outline) * spacing[:2]).max()) if outline else 0.0


def table_of(rows: list[TrueLesion]) -> str:
    """The truth table as CSV, numbers to a thousandth.

    Parameters
    ----------
    rows : list of TrueLesion
        May be empty.

    Returns
    -------
    str
        With a header line.
    """
    names = [field.name for field in fields(TrueLesion)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        values = [getattr(row, name) for name in names]
        writer.writerow([f"{value:.3f}" if isinstance(value, float) else value for value in values])
    return text.getvalue()
