"""What lesions are made of: their parts, and the forms that stray from the textbook."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.core.taxonomy import LesionType
from livercad.phantom.fields import FloatArray
from livercad.phantom.tissues import Tissue

CAPSULE_MM = 1.8
CAPSULE_SHARE = 0.6
"""Share of carcinomas above 20 mm with a capsule."""
HYPERVASCULAR_SHARE = 0.14
"""Share of metastases that are hypervascular: 16 of 88 of Yasaka 2018, table 1 (training, neuroendocrine of those from
colon and pancreas), a little fewer."""
FLASH_MM, FLASH_SHARE = 18.0, 0.5
"""Hemangiomas below this diameter fill at once in this share (small ones do: V. Vilgrain et al., Radiographics
2000;20:379-397)."""
SCAR_SHARE = 0.6
"""Share of focal nodular hyperplasias above 20 mm with a scar. All shares without a source are our choice."""


@dataclass(frozen=True)
class Inside:
    """Where a voxel lies in its lesion.

    Parameters
    ----------
    distance : ndarray
        Signed distance to the border in mm, negative inside.
    diameter_mm : float
        Mean diameter.
    grain : ndarray
        Random field, SD 1.
    """

    distance: FloatArray
    diameter_mm: float
    grain: FloatArray

    @property
    def depth(self) -> FloatArray:
        """0 at the border, 1 in the middle."""
        return -self.distance / np.float32(self.diameter_mm / 2)


def fill(
    tissues: npt.NDArray[np.uint8],
    inside: npt.NDArray[np.bool_],
    place: Inside,
    kind_of: LesionType,
    rng: np.random.Generator,
) -> None:
    """Paint a lesion's parts.

    Parameters
    ----------
    tissues : ndarray of uint8
        Painted in place.
    inside : ndarray of bool
        The lesion's voxels.
    place : Inside
        Where each lies.
    kind_of : LesionType
        What the lesion is.
    rng : numpy.random.Generator
        Draws its form.
    """
    typical = rng.uniform()
    depth, grain, large = place.depth, place.grain, place.diameter_mm
    tissues[inside] = _MAIN[kind_of]
    if kind_of is LesionType.HEMANGIOMA:
        if large < FLASH_MM and typical < FLASH_SHARE:
            tissues[inside] = Tissue.HEMANGIOMA_NODULE
        else:
            # From a few nodules to a nearly closed ring.
            tissues[inside & (grain > rng.uniform(-0.5, 0.6) + 2.2 * depth)] = Tissue.HEMANGIOMA_NODULE
    elif kind_of is LesionType.HCC:
        tissues[inside & (grain > 1.2) & (depth > 0.25) & (large > 35)] = Tissue.NECROSIS
        if large > 20 and typical < CAPSULE_SHARE:
            tissues[inside & (place.distance > -CAPSULE_MM)] = Tissue.HCC_CAPSULE
    elif kind_of is LesionType.METASTASIS:
        if typical < HYPERVASCULAR_SHARE:
            tissues[inside] = Tissue.METASTASIS_HYPERVASCULAR
        else:
            tissues[inside & (depth + 0.12 * grain < rng.uniform(0.12, 0.3))] = Tissue.METASTASIS_RIM
        tissues[inside & (grain > 0.3) & (depth > 0.5) & (large > 30)] = Tissue.NECROSIS
    elif kind_of is LesionType.CHOLANGIOCARCINOMA:
        tissues[inside & (depth + 0.15 * grain < rng.uniform(0.1, 0.3))] = Tissue.CHOLANGIOCARCINOMA_RIM
    elif kind_of is LesionType.FNH and large > 20 and typical < SCAR_SHARE:
        tissues[inside & (depth + 0.25 * grain > 0.85)] = Tissue.FNH_SCAR


_MAIN: dict[LesionType, Tissue] = {
    LesionType.CYST: Tissue.CYST,
    LesionType.HEMANGIOMA: Tissue.HEMANGIOMA_CENTER,
    LesionType.HCC: Tissue.HCC,
    LesionType.METASTASIS: Tissue.METASTASIS_CENTER,
    LesionType.CHOLANGIOCARCINOMA: Tissue.CHOLANGIOCARCINOMA_CENTER,
    LesionType.FNH: Tissue.FNH,
    LesionType.HYPERVASCULAR_NODULE: Tissue.HYPERVASCULAR_NODULE,
    LesionType.DYSPLASTIC_NODULE: Tissue.DYSPLASTIC_NODULE,
}
"""What each type is mostly made of."""
