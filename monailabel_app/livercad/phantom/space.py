"""Template space and patient space: one smooth random deformation makes every patient's anatomy from the same plan.

The template is a patient of average size whose cavity is 250 mm wide and 170 mm deep. Its coordinates, like the
patient's, are R, A, S in mm; R = A = 0 is the cavity's middle and S = 0 the top of the diaphragm's right dome.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.phantom.fields import Axes, FloatArray, SmoothField

Slices = tuple[slice, slice, slice]

HEADROOM_MM = 38.0
"""How much of the chest above the right dome a volume shows."""
WARP_SCALE_MM = 75.0
WARP_SD_MM = 4.5
"""Deformation: bumps the size of organs and a few mm high, so that the map folds nowhere (its gradient has SD 0.1)."""
FAR_MM = 1e3
"""Stands for "nowhere near" in a distance."""
MARGIN_MM = 16.0
"""More than the deformation moves anything: how much a box in template space grows to be safe in patient space."""


@dataclass(frozen=True)
class Grid:
    """Voxels in patient space, axes along R, A, S.

    Parameters
    ----------
    shape : tuple of int
        Voxels along R, A, S.
    spacing : tuple of float
        Voxel size along R, A, S in mm.
    center : tuple of float, optional
        Middle of the grid, patient R, A, S in mm. By default the grid is centred on the patient in R and A, and shows
        `HEADROOM_MM` of the chest.
    """

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    center: tuple[float, float, float] | None = None

    @property
    def axes(self) -> Axes:
        """Patient coordinates of the voxel centres along R, A, S in mm."""
        half = [(n - 1) / 2 * step for n, step in zip(self.shape, self.spacing, strict=True)]
        center = self.center or (0.0, 0.0, HEADROOM_MM - half[2])
        r, a, s = (
            (middle - reach + np.arange(n) * step).astype(np.float32)
            for middle, reach, n, step in zip(center, half, self.shape, self.spacing, strict=True)
        )
        return r, a, s

    @property
    def affine(self) -> npt.NDArray[np.float64]:
        """Voxel indices to patient R, A, S in mm."""
        affine = np.diag([*self.spacing, 1.0])
        affine[:3, 3] = [float(axis[0]) for axis in self.axes]
        return affine


@dataclass(frozen=True)
class Shape:
    """An organ's outline.

    Parameters
    ----------
    box : tuple of slice
        The voxels around it.
    distance : ndarray
        Signed distance to its surface in mm on the box, negative inside.
    """

    box: Slices
    distance: FloatArray

    def onto(self, box: Slices) -> FloatArray:
        """The distance on another box of voxels; `FAR_MM` where this shape's own box does not reach."""
        moved = np.full([part.stop - part.start for part in box], FAR_MM, np.float32)
        common = [
            slice(max(mine.start, other.start), max(mine.start, other.start, min(mine.stop, other.stop)))
            for mine, other in zip(self.box, box, strict=True)
        ]
        there = tuple(slice(c.start - o.start, c.stop - o.start) for c, o in zip(common, box, strict=True))
        here = tuple(slice(c.start - m.start, c.stop - m.start) for c, m in zip(common, self.box, strict=True))
        moved[there] = self.distance[here]
        return moved


class Space:
    """One patient's map between template and patient coordinates.

    Parameters
    ----------
    grid : Grid
        Where the patient is sampled.
    rng : numpy.random.Generator
        Draws body size and deformation.
    """

    def __init__(self, grid: Grid, rng: np.random.Generator) -> None:
        self.grid = grid
        self.scale = np.array([rng.uniform(0.92, 1.08), rng.uniform(0.88, 1.14), rng.uniform(0.92, 1.08)])
        self._fields = [SmoothField(rng, WARP_SCALE_MM) for _ in range(3)]
        sizes = WARP_SD_MM * np.array([1.0, 1.0, 1.2])
        self._sizes = sizes
        axes = grid.axes
        self._template: list[FloatArray] = []
        for n, field in enumerate(self._fields):
            shape = [1, 1, 1]
            shape[n] = -1
            straight = (axes[n] / np.float32(self.scale[n])).reshape(shape)
            self._template.append(straight + np.float32(sizes[n]) * field.on(axes))

    def template(self, box: Slices) -> Axes:
        """Template coordinates of voxels.

        Parameters
        ----------
        box : tuple of slice
            Which voxels.

        Returns
        -------
        tuple of ndarray
            R, A and S, each of the box's shape, in mm.
        """
        x, y, z = (field[box] for field in self._template)
        return x, y, z

    def axes(self, box: Slices) -> Axes:
        """Patient coordinates along R, A, S of a box of voxels, in mm."""
        r, a, s = (axis[part] for axis, part in zip(self.grid.axes, box, strict=True))
        return r, a, s

    def to_patient(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Take template points to the patient.

        Parameters
        ----------
        points : array_like, shape (n, 3)
            Template R, A, S in mm.

        Returns
        -------
        ndarray, shape (n, 3)
            Patient R, A, S in mm, to 0.1 mm.
        """
        template = np.atleast_2d(np.asarray(points, dtype=np.float64))
        patient = template * self.scale
        for _ in range(6):  # A contraction: the deformation's gradient is small.
            moved = np.stack([size * f.at(patient) for size, f in zip(self._sizes, self._fields, strict=True)], axis=1)
            patient = (template - moved) * self.scale
        return patient

    def box(self, low: npt.ArrayLike, high: npt.ArrayLike) -> Slices:
        """Voxels that hold a box of template space, in patient space.

        Parameters
        ----------
        low, high : array_like, shape (3,)
            Template corners in mm.

        Returns
        -------
        tuple of slice
            Clipped to the grid; may be empty.
        """
        return self.patient_box(np.asarray(low) * self.scale, np.asarray(high) * self.scale, MARGIN_MM)

    def patient_box(self, low: npt.ArrayLike, high: npt.ArrayLike, margin_mm: float = 0.0) -> Slices:
        """Voxels whose centres lie in a box of patient space, grown by a margin in mm."""
        first, last = np.asarray(low) - margin_mm, np.asarray(high) + margin_mm
        r, a, s = (
            slice(int(np.searchsorted(axis, first[n])), int(np.searchsorted(axis, last[n], side="right")))
            for n, axis in enumerate(self.grid.axes)
        )
        return r, a, s

    def touches(self, low: npt.ArrayLike, high: npt.ArrayLike, margin_mm: float = 0.0) -> bool:
        """Whether the grid has voxels in a box of patient space, grown by a margin in mm."""
        return all(part.stop > part.start for part in self.patient_box(low, high, margin_mm))
