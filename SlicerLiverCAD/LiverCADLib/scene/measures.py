"""What a lesion's voxels measure, and where it lies: recomputed after every edit, with the server's definitions."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from livercad.core.diameters import longest_axial_diameters
from livercad.core.geometry import Box, Frame, Line, Point, axial_axis, transform_points
from LiverCADLib.scene.masks import Mask
from LiverCADLib.translation import _

WHOLE = np.ones((3, 3, 3), dtype=bool)
"""Voxels that share a corner belong together, as in the server's analysis."""


@dataclass(frozen=True)
class Measured:
    """What the voxels of one lesion measure.

    Parameters
    ----------
    fingerprint : str
        Of the voxels.
    volumeMl : float
        In ml.
    center : tuple of float
        Centre of mass, RAS mm.
    box : Box
        Around it, RAS mm.
    longest, perpendicular : Line
        The longest axial diameter, and the longest at right angles to it in the same slice, RAS mm.
    pieces : int
        How many parts it has that touch nowhere.
    slice : int
        Index of the axial slice through its centre, from 0, as Slicer's data probe counts.
    """

    fingerprint: str
    volumeMl: float
    center: Point
    box: Box
    longest: Line
    perpendicular: Line
    pieces: int
    slice: int


def measure(mask: Mask, affine: np.ndarray) -> Measured:
    """Measure a lesion.

    Parameters
    ----------
    mask : Mask
        Its voxels.
    affine : ndarray, shape (4, 4)
        The grid's, IJK to RAS mm.

    Returns
    -------
    Measured
        Volume, centre, box and diameters by the definitions of the server's findings.
    """
    volume = mask.toVolume(affine)
    middle = np.argwhere(mask.array).mean(axis=0)
    x, y, z = transform_points(middle, volume.affine).tolist()
    longest, perpendicular = longest_axial_diameters(volume)
    axis = axial_axis(affine)
    return Measured(
        fingerprint=mask.fingerprint,
        volumeMl=mask.voxels * volume.voxel_volume_ml,
        center=(x, y, z),
        box=Box.around(mask.array).to(Frame.RAS, volume.affine),
        longest=longest,
        perpendicular=perpendicular,
        pieces=ndimage.label(mask.array, structure=WHOLE)[1],
        slice=round(float(middle[axis])) + mask.start[axis],
    )


def placeIn(center: Point, liver: Box | None) -> str:
    """Say in which part of the liver a point lies, by position alone: no lobe or segment is claimed.

    Parameters
    ----------
    center : tuple of float
        RAS mm.
    liver : Box or None
        Around the liver, RAS mm; None where there is none.

    Returns
    -------
    str
        The half of the box to the patient's right or left, and the upper, middle or lower third of it.
    """
    if liver is None:
        return _("no liver to compare with")
    low, high = np.array(liver.minimum), np.array(liver.maximum)
    if (np.array(center) < low).any() or (np.array(center) > high).any():
        return _("outside of the liver's box")
    r, _a, s = (np.array(center) - low) / (high - low)
    thirds = (_("lower third"), _("middle third"), _("upper third"))
    side = _("right part") if r >= 0.5 else _("left part")
    return _("{side}, {third}").format(side=side, third=thirds[min(int(s * 3), 2)])
