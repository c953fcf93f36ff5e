"""The phases of an examination, each a breath-hold of its own with slices of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.phantom.breathing import Breathing
from livercad.phantom.fields import FloatArray
from livercad.phantom.rendering import Acquisition, render
from livercad.phantom.space import Grid
from livercad.phantom.tissues import Enhancement

SLICE_MM: Mapping[Phase, float] = MappingProxyType({Phase.UNENHANCED: 5.0})
"""Slices of phases that are taken thicker than the others, in mm: the unenhanced one often is."""
THIN_MM = 1.25
"""Displaced patients are painted on slices no thicker than this, so that voxels do not round their motion."""


@dataclass(frozen=True)
class Patient:
    """What does not change from phase to phase; all arrays on one grid.

    Parameters
    ----------
    grid : Grid
        Voxels.
    tissues : ndarray of uint8, shape (R, A, S)
        `Tissue` of every voxel.
    instances : ndarray of uint16, shape (R, A, S)
        Lesion numbers.
    liver : ndarray of uint8, shape (R, A, S)
        1 inside the liver.
    uneven : ndarray, shape (R, A, S)
        From `livercad.phantom.rendering.texture`.
    blood : Enhancement
        HU of the patient's tissues.
    lesions : dict of int to Enhancement
        HU of each lesion's tissues.
    """

    grid: Grid
    tissues: npt.NDArray[np.uint8]
    instances: npt.NDArray[np.uint16]
    liver: npt.NDArray[np.uint8]
    uneven: FloatArray
    blood: Enhancement
    lesions: dict[int, Enhancement]

    def image(self, phase: Phase, acquisition: Acquisition, noise: np.random.Generator) -> npt.NDArray[np.int16]:
        """HU of one phase on the patient's grid."""
        return render(
            self.tissues,
            self.instances,
            self.uneven,
            phase,
            self.blood,
            self.lesions,
            self.grid,
            acquisition,
            noise,
        )

    def breathed(self, breathing: Breathing, spacing_s: float) -> Patient:
        """The patient in another breath-hold.

        Parameters
        ----------
        breathing : Breathing
            Where it puts what this patient shows.
        spacing_s : float
            Distance of the slices to paint on, in mm; the uppermost lies where this grid's does.

        Returns
        -------
        Patient
            What comes in from beyond this grid shows as what lies at its edge.
        """
        r, a, s = self.grid.spacing
        count = int((self.grid.shape[2] - 1) * s / spacing_s + 1e-6) + 1
        grid = Grid((*self.grid.shape[:2], count), (r, a, spacing_s))
        index = tuple(
            np.clip(np.rint((rest - axis[0]) / np.float32(step)), 0, len(axis) - 1).astype(np.int16)
            for rest, axis, step in zip(breathing.at_rest(grid.axes), self.grid.axes, self.grid.spacing, strict=True)
        )
        return replace(
            self,
            grid=grid,
            tissues=self.tissues[index],
            instances=self.instances[index],
            liver=self.liver[index],
            uneven=self.uneven[index],
        )


def take_phase(
    patient: Patient,
    phase: Phase,
    breathing: Breathing,
    slice_mm: float,
    acquisition: Acquisition,
    noise: np.random.Generator,
) -> tuple[Volume, Volume]:
    """Take one phase in a breath-hold of its own.

    Parameters
    ----------
    patient : Patient
        At rest.
    phase : Phase
        When it is taken.
    breathing : Breathing
        Where the breath-hold puts the patient.
    slice_mm : float
        Distance of the slices in mm.
    acquisition : Acquisition
        The scanner, with the slices of the grid at rest.
    noise : numpy.random.Generator
        Draws the noise.

    Returns
    -------
    image : Volume
        HU, int16, axes along R, A, S, affine to patient coordinates.
    liver : Volume
        uint8, the true liver in this phase on the image's grid.
    """
    step = int(np.ceil(slice_mm / THIN_MM - 1e-6))
    held = patient.breathed(breathing, slice_mm / step)
    thickness = acquisition.slice_thickness_mm * slice_mm / patient.grid.spacing[2]
    image = held.image(phase, replace(acquisition, slice_thickness_mm=thickness), noise)
    first = (held.grid.shape[2] - 1) % step
    affine = held.grid.affine @ np.diag([1.0, 1.0, step, 1.0])
    affine[2, 3] = held.grid.affine[2, 3] + first * held.grid.spacing[2]
    return Volume(image[:, :, first::step], affine), Volume(held.liver[:, :, first::step], affine)
