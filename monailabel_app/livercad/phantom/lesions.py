"""Lesions of the liver: what they look like, how large they are, where they lie."""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial.transform import Rotation

from livercad.core.geometry import Point
from livercad.core.taxonomy import LesionType
from livercad.phantom.anatomy import Anatomy
from livercad.phantom.fields import Axes, FloatArray, SmoothField
from livercad.phantom.fillings import Inside, fill
from livercad.phantom.tissues import INTRAHEPATIC, Tissue


@dataclass(frozen=True)
class Kind:
    """How lesions of one type vary.

    Parameters
    ----------
    median_mm, log_sd : float
        Log-normal distribution of the diameter.
    range_mm : tuple of float
        Smallest and largest diameter in mm.
    irregularity : float
        SD of the border over the radius.
    most : int
        Largest number in one patient.
    """

    median_mm: float
    log_sd: float
    range_mm: tuple[float, float]
    irregularity: float
    most: int


KINDS: dict[LesionType, Kind] = {
    LesionType.CYST: Kind(15, 0.7, (5, 70), 0.02, 4),
    LesionType.HEMANGIOMA: Kind(22, 0.6, (8, 80), 0.07, 2),
    LesionType.HCC: Kind(30, 0.65, (10, 100), 0.06, 3),
    LesionType.METASTASIS: Kind(22, 0.5, (7, 70), 0.09, 7),
    LesionType.CHOLANGIOCARCINOMA: Kind(36, 0.45, (14, 110), 0.09, 1),
    LesionType.FNH: Kind(28, 0.45, (10, 80), 0.05, 1),
    LesionType.HYPERVASCULAR_NODULE: Kind(13, 0.35, (6, 30), 0.07, 2),
    LesionType.DYSPLASTIC_NODULE: Kind(14, 0.35, (7, 30), 0.05, 3),
}
"""Sizes: log-normal after mean and SD of Yasaka 2018 ("Image Data": test patients, by category), a little smaller,
because those are each patient's largest. Numbers and borders are our choice."""

PATIENTS: tuple[tuple[float, tuple[LesionType, ...]], ...] = (
    (0.22, (LesionType.METASTASIS,)),
    (0.17, (LesionType.HCC,)),
    (0.11, (LesionType.CYST,)),
    (0.11, (LesionType.HEMANGIOMA,)),
    (0.08, (LesionType.METASTASIS, LesionType.CYST)),
    (0.06, (LesionType.HCC, LesionType.DYSPLASTIC_NODULE)),
    (0.06, (LesionType.HEMANGIOMA, LesionType.CYST)),
    (0.07, (LesionType.CHOLANGIOCARCINOMA,)),
    (0.05, (LesionType.FNH,)),
    (0.04, (LesionType.HYPERVASCULAR_NODULE,)),
    (0.03, (LesionType.DYSPLASTIC_NODULE,)),
)
"""Which types a patient has, with probability."""

GAP_MM = 4.0
"""Between two lesions, so that they stay two 26-connected components."""
INSIDE_SHARE = 0.6
"""At least this share of a lesion must lie inside the liver; the rest is cut off at the liver's surface."""
FEWEST_VOXELS = 8


@dataclass(frozen=True)
class Placed:
    """One lesion of a phantom.

    Parameters
    ----------
    number : int
        From 1, largest first; its value in the map of instances.
    type : LesionType
        What it is.
    """

    number: int
    type: LesionType


def outline(
    axes: Axes, center: npt.ArrayLike, diameter_mm: float, irregularity: float, rng: np.random.Generator
) -> FloatArray:
    """Signed distance to a lesion's border.

    Parameters
    ----------
    axes : tuple of ndarray
        Patient coordinates along R, A, S in mm.
    center : array_like, shape (3,)
        Patient R, A, S in mm.
    diameter_mm : float
        Mean diameter.
    irregularity : float
        SD of the border over the radius; at 0 the lesion is a sphere.
    rng : numpy.random.Generator
        Draws orientation, elongation and border.

    Returns
    -------
    ndarray
        Distance in mm on the grid of the axes, negative inside.
    """
    radius = diameter_mm / 2
    stretch = np.exp(rng.normal(0, min(1.5 * irregularity, 0.15), 3))
    turn = Rotation.random(rng=rng).as_matrix() / (stretch / np.cbrt(stretch.prod()))[:, None]
    offsets = np.meshgrid(*(a - c for a, c in zip(axes, np.asarray(center), strict=True)), indexing="ij", sparse=True)
    turned = [sum(np.float32(turn[n, m]) * offsets[m] for m in range(3)) for n in range(3)]
    distance: FloatArray = np.sqrt(sum(t * t for t in turned)) - np.float32(radius)
    border = _field_around(center, diameter_mm, max(4.0, 0.7 * radius), rng).on(axes)
    return (distance + np.float32(irregularity * radius) * border).astype(np.float32)


def _field_around(center: npt.ArrayLike, diameter_mm: float, scale_mm: float, rng: np.random.Generator) -> SmoothField:
    r, a, s = ((c - diameter_mm, c + diameter_mm) for c in np.asarray(center, dtype=float))
    return SmoothField(rng, scale_mm, (r, a, s))


def draw_types(rng: np.random.Generator) -> list[tuple[LesionType, float]]:
    """Draw a patient's lesions.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws types, numbers and sizes.

    Returns
    -------
    list of tuple of (LesionType, float)
        Type and diameter (mm), largest first.
    """
    weights = np.array([weight for weight, _ in PATIENTS])
    types = PATIENTS[rng.choice(len(PATIENTS), p=weights / weights.sum())][1]
    drawn = []
    for kind_of in types:
        kind = KINDS[kind_of]
        drawn += [(kind_of, draw_diameter(kind_of, rng)) for _ in range(int(rng.integers(1, kind.most + 1)))]
    return sorted(drawn, key=lambda item: -item[1])


def draw_diameter(kind_of: LesionType, rng: np.random.Generator) -> float:
    """Draw the mean diameter (mm) of a lesion of one type."""
    kind = KINDS[kind_of]
    return float(np.clip(kind.median_mm * np.exp(rng.normal(0, kind.log_sd)), *kind.range_mm))


def place_lesions(
    anatomy: Anatomy, wanted: list[tuple[LesionType, float]], rng: np.random.Generator
) -> tuple[npt.NDArray[np.uint16], list[Placed]]:
    """Put lesions into a liver.

    Parameters
    ----------
    anatomy : Anatomy
        Its tissues are painted over.
    wanted : list of tuple of (LesionType, float)
        Type and diameter in mm. One that finds no room is left out.
    rng : numpy.random.Generator
        Draws places and shapes.

    Returns
    -------
    instances : ndarray of uint16, shape (R, A, S)
        0, or the lesion's number.
    placed : list of Placed
        Largest volume first.
    """
    instances = np.zeros(anatomy.tissues.shape, np.uint16)
    types: list[LesionType] = []
    for kind_of, diameter in wanted:
        # A stream a lesion: how often one has to be tried does not change the next.
        if _place_one(anatomy, instances, kind_of, diameter, len(types) + 1, rng.spawn(1)[0]):
            types.append(kind_of)
    sizes = np.bincount(instances.ravel(), minlength=len(types) + 1)[1:]
    order = np.argsort(-sizes, kind="stable")
    numbers = np.zeros(len(types) + 1, np.uint16)
    numbers[order + 1] = np.arange(1, len(types) + 1)
    return numbers[instances], [Placed(n + 1, types[old]) for n, old in enumerate(order)]


def _place_one(
    anatomy: Anatomy,
    instances: npt.NDArray[np.uint16],
    kind_of: LesionType,
    diameter: float,
    number: int,
    rng: np.random.Generator,
) -> bool:
    space, liver = anatomy.space, anatomy.liver
    deep = np.argwhere((liver.distance < -min(0.45 * diameter, 14.0)) & (anatomy.tissues[liver.box] == Tissue.LIVER))
    axes = space.axes(liver.box)
    for _ in range(25 if len(deep) else 0):
        r, a, s = (float(axis[n]) for axis, n in zip(axes, deep[rng.integers(len(deep))], strict=True))
        if paint_lesion(anatomy, instances, kind_of, (r, a, s), diameter, number, rng):
            return True
    return False


def paint_lesion(
    anatomy: Anatomy,
    instances: npt.NDArray[np.uint16],
    kind_of: LesionType,
    center: Point,
    diameter: float,
    number: int,
    rng: np.random.Generator,
) -> bool:
    """Put one lesion at one place, if there is room for it.

    Parameters
    ----------
    anatomy : Anatomy
        Its tissues are painted over.
    instances : ndarray of uint16, shape (R, A, S)
        Lesions so far; painted in place.
    kind_of : LesionType
        What it is.
    center : tuple of float
        Patient R, A, S in mm.
    diameter : float
        Mean diameter in mm.
    number : int
        Its value in `instances`.
    rng : numpy.random.Generator
        Draws its shape and form.

    Returns
    -------
    bool
        Whether it was painted: it must lie inside the liver for the most part, and clear of other lesions.
    """
    space = anatomy.space
    reach = 0.5 * diameter * (1 + 5 * KINDS[kind_of].irregularity) + max(GAP_MM, *space.grid.spacing)
    box = space.patient_box(center, center, reach)
    distance = outline(space.axes(box), center, diameter, KINDS[kind_of].irregularity, rng)
    tissues = anatomy.tissues[box]
    inside = (distance < 0) & np.isin(tissues, INTRAHEPATIC) & (anatomy.liver.onto(box) < 0)
    if inside.sum() < max(FEWEST_VOXELS, INSIDE_SHARE * (distance < 0).sum()):
        return False
    around = (distance < GAP_MM) | ndimage.binary_dilation(inside, np.ones((3, 3, 3)))
    if instances[box][around].any():
        return False
    inside = cc3d.largest_k(inside, k=1, connectivity=26) > 0
    grain = _field_around(center, diameter, max(3.5, diameter / 7), rng).on(space.axes(box))
    fill(tissues, inside, Inside(distance, diameter, grain), kind_of, rng)
    instances[box][inside] = number
    return True
