"""What is measured of the organs to tell the phase: HU and their differences, missing where an organ is not seen."""

from __future__ import annotations

import cc3d
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.phases.organs import Organ

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.uint8]

FACES = ndimage.generate_binary_structure(3, 1)
VESSELS = (Organ.PORTAL_VEIN, Organ.HEPATIC_VEIN, Organ.AORTA, Organ.CAVA)
KIDNEY = (Organ.KIDNEY_CORTEX, Organ.KIDNEY_MEDULLA, Organ.KIDNEY_PELVIS)
IN_ONE_PIECE = (Organ.LIVER, Organ.SPLEEN, Organ.AORTA, Organ.CAVA, Organ.HEART)
"""Of these only the largest piece counts: what lies apart is something else."""
LEAST_VOXELS = 8
"""Half a millilitre: less of a vessel is edge all over."""
LEAST_ORGAN_VOXELS = 40
"""Likewise for organs, 2.5 ml."""
CORE_NEIGHBOURS = (7, 6)
"""Of a voxel and its six neighbours, how many are a vessel's: all where it is wide enough, else all but one."""

SINUS_CLOSING = 4
"""Voxels by which the kidneys are closed: what that fills in is their sinus, with the pelvis in it."""

MEASURES = {
    "liver": (25, 50, 75),
    "aorta": (50, 80),
    "portal_vein": (50, 80),
    "hepatic_vein": (50, 80),
    "cava": (20, 50, 80),
    "spleen": (10, 50, 90),
    "kidney": (10, 30, 50, 70, 90, 98),
    "kidney_cortex": (50,),
    "kidney_medulla": (50,),
    "whole_kidney": (90, 97, 99),
    "muscle": (50,),
    "heart": (20, 50, 90),
}
"""Percentiles taken of each organ's voxels."""
DIFFERENCES = (
    ("aorta_50", "portal_vein_50"),
    ("aorta_50", "cava_50"),
    ("aorta_50", "liver_50"),
    ("aorta_50", "muscle_50"),
    ("aorta_50", "spleen_50"),
    ("aorta_50", "kidney_50"),
    ("portal_vein_50", "liver_50"),
    ("portal_vein_50", "hepatic_vein_50"),
    ("portal_vein_50", "muscle_50"),
    ("hepatic_vein_50", "liver_50"),
    ("hepatic_vein_50", "muscle_50"),
    ("cava_50", "liver_50"),
    ("cava_80", "cava_20"),
    ("spleen_50", "liver_50"),
    ("spleen_50", "muscle_50"),
    ("spleen_90", "spleen_10"),
    ("liver_50", "muscle_50"),
    ("kidney_cortex_50", "kidney_medulla_50"),
    ("kidney_90", "kidney_30"),
    ("kidney_98", "kidney_50"),
    ("whole_kidney_99", "kidney_50"),
    ("whole_kidney_99", "kidney_90"),
    ("whole_kidney_99", "aorta_50"),
    ("kidney_50", "spleen_50"),
    ("kidney_50", "liver_50"),
    ("heart_90", "heart_20"),
    ("heart_50", "aorta_50"),
)
"""Pairs whose difference is a feature as well: trees cannot subtract."""
FEATURES = (
    *(f"{organ}_{percentile}" for organ, percentiles in MEASURES.items() for percentile in percentiles),
    *(f"{one}-{other}" for one, other in DIFFERENCES),
)
"""Names of the features in their order."""


def measure_organs(image: Array, labels: Labels, liver: Mask | None = None) -> dict[str, float]:
    """Measure the HU of organs.

    Parameters
    ----------
    image : ndarray of float32, shape (i, j, k)
        HU at the organ network's spacing.
    labels : ndarray of uint8, shape (i, j, k)
        `Organ` of every voxel.
    liver : ndarray of bool, shape (i, j, k), optional
        The liver where it is known better; its vessels are still those of `labels`.

    Returns
    -------
    dict of str to float
        ``<organ>_<percentile>`` in HU; organs that are not seen are left out.
    """
    measured = {}
    for organ, percentiles in MEASURES.items():
        values = image[_voxels_of(organ, labels, liver)]
        vessel = organ.upper() in [each.name for each in VESSELS]
        if values.size >= (LEAST_VOXELS if vessel else LEAST_ORGAN_VOXELS):
            hu = np.percentile(values, percentiles)
            measured.update({f"{organ}_{p}": float(v) for p, v in zip(percentiles, hu, strict=True)})
    return measured


def features_of(measured: dict[str, float]) -> npt.NDArray[np.float64]:
    """Arrange measurements as the classifier takes them.

    Parameters
    ----------
    measured : dict of str to float
        From `measure_organs`.

    Returns
    -------
    ndarray, shape (len(FEATURES),)
        In HU; NaN where an organ is missing.
    """
    values = {**measured}
    for one, other in DIFFERENCES:
        values[f"{one}-{other}"] = measured.get(one, np.nan) - measured.get(other, np.nan)
    return np.array([values.get(name, np.nan) for name in FEATURES])


def largest_pieces(mask: Mask, count: int) -> Mask:
    """Keep so many of a mask's largest connected pieces."""
    return np.asarray(cc3d.largest_k(np.asfortranarray(mask), k=count, connectivity=26) > 0)


def _voxels_of(organ: str, labels: Labels, liver: Mask | None) -> Mask:
    """The voxels of an organ that are surely its own."""
    if organ == "kidney":
        return largest_pieces(np.isin(labels, KIDNEY), 2)
    if organ == "whole_kidney":
        return _with_sinus(labels)
    kind = Organ[organ.upper()]
    if kind is Organ.LIVER and liver is not None:
        return np.asarray(ndimage.binary_erosion(liver) & ~np.isin(labels, VESSELS))
    mask = labels == kind
    if kind in IN_ONE_PIECE:
        mask = largest_pieces(mask, 1)
    if kind in VESSELS:
        return _core(mask)
    return np.asarray(mask if kind in KIDNEY else ndimage.binary_erosion(mask))


def _with_sinus(labels: Labels) -> Mask:
    """The kidneys and their hollow, whose pelvis the network names as this or that: its brightest voxels tell."""
    kidneys = largest_pieces(np.isin(labels, KIDNEY), 2)
    hollow = ndimage.binary_closing(kidneys, FACES, SINUS_CLOSING) & (labels == Organ.BACKGROUND)
    return np.asarray(kidneys | hollow)


def _core(mask: Mask) -> Mask:
    """What of a vessel lies off its edge, or all of it where it is too thin for that."""
    neighbours = ndimage.convolve(mask.astype(np.uint8), FACES.astype(np.uint8), mode="nearest")
    cores = (mask & (neighbours >= least) for least in CORE_NEIGHBOURS)
    return np.asarray(next((core for core in cores if core.sum() >= LEAST_VOXELS), mask))
