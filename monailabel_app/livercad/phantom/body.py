"""A patient while organs are painted into the trunk, and what the painters of organs share.

A painter takes the `Body`, which it paints in place, the `Neighbours` that it keeps clear of, and the generator that it
draws size, place and shape from. What is painted first holds its place: organs take only what is free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.phantom import tubes
from livercad.phantom.fields import FloatArray, SmoothField, smooth_intersection
from livercad.phantom.space import Shape, Slices, Space
from livercad.phantom.tissues import Tissue

Neighbours = Sequence[tuple[Shape, float]]
"""Organs that leave their impression on the next one, each with the fat (mm) that stays between."""
FREE = (Tissue.VISCERAL_FAT,)
"""What an organ may take."""


@dataclass(frozen=True)
class Body:
    """A patient's tissues so far, and the surfaces that bound the organs.

    Parameters
    ----------
    space : Space
        Body size and deformation, and the grid.
    tissues : ndarray of uint8, shape (R, A, S)
        `Tissue` of every voxel, painted in place.
    cavity : ndarray, shape (R, A, S)
        Signed distance (template mm, negative inside) to chest and abdominal cavity.
    abdomen : ndarray, shape (R, A, S)
        Likewise, to what is inside the cavity and under the diaphragm.
    """

    space: Space
    tissues: npt.NDArray[np.uint8]
    cavity: FloatArray
    abdomen: FloatArray

    def paint(
        self, box: Slices, inside: npt.NDArray[np.bool_], tissue: Tissue, only: tuple[Tissue, ...] = FREE
    ) -> npt.NDArray[np.bool_]:
        """Turn the voxels of a box that are inside, and of one of the tissues `only`, into another tissue.

        Returns
        -------
        ndarray of bool, of the box's shape
            The voxels that were painted.
        """
        view = self.tissues[box]
        painted = inside & np.isin(view, only)
        view[painted] = tissue
        return painted

    def paint_tubes(self, pieces: list[tubes.Tube], tissue: Tissue, only: tuple[Tissue, ...] = FREE) -> None:
        """Fill tubes, of which there may be none, with a tissue; see `paint`."""
        if pieces:
            shape = tubes.distance_to(self.space, pieces)
            self.paint(shape.box, shape.distance < 0, tissue, only)

    def bumps(self, box: Slices, scale_mm: float, height_mm: float, rng: np.random.Generator) -> FloatArray:
        """Unevenness of a surface on a box: a `SmoothField` of a scale, its SD a height in mm."""
        return np.float32(height_mm) * SmoothField(rng, scale_mm).on(self.space.axes(box))

    def under_wall(self, outline: FloatArray, box: Slices, depth_mm: float) -> FloatArray:
        """Cut an outline to what lies at least a depth (mm) under the wall of the abdomen and the diaphragm."""
        return smooth_intersection(outline, self.abdomen[box] + np.float32(depth_mm), 6)


def clear_of(neighbours: Neighbours, outline: FloatArray, box: Slices) -> FloatArray:
    """Cut the neighbours, and the fat around each, out of an outline on a box."""
    for organ, gap_mm in neighbours:
        outline = smooth_intersection(outline, np.float32(gap_mm) - organ.onto(box), 5)
    return outline
