"""Excerpts: the surroundings of one lesion in every phase, for training classifiers by the thousand.

A whole abdomen takes seconds and is thrown away but for one lesion. Here a patient is first made coarsely, to see where
his liver is, then again from the same seed, finely, around one place of it.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import Point
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionType
from livercad.core.volume import Volume
from livercad.phantom.anatomy import Anatomy, build_anatomy, liver_outline
from livercad.phantom.fields import Region
from livercad.phantom.lesions import draw_diameter, paint_lesion
from livercad.phantom.rendering import Acquisition, draw_acquisition, render, texture
from livercad.phantom.space import Grid
from livercad.phantom.tissues import Enhancement

COARSE = Grid((48, 48, 30), (8.0, 8.0, 8.0))
"""Shows where the liver is."""
STEP_MM = 1.25
"""Between slices while an excerpt is made; slices as thick as the scanner's are taken out of these."""
SLICES: dict[Phase, tuple[float, int]] = {
    Phase.UNENHANCED: (5.0, 4),
    Phase.ARTERIAL: (3.0, 2),
    Phase.PORTAL: (3.0, 2),
    Phase.DELAYED: (3.0, 2),
}
"""Thickness (mm) and interval (steps of `STEP_MM`) by phase: 5 mm every 5 mm unenhanced, 3 mm or 2.5 mm every 1.5 mm
enhanced in Yasaka 2018, "CT Imaging"; our interval is 2.5 mm."""
WIDTH = 2.9
"""Width of an excerpt over the lesion's diameter, so that crops down to D/L 0.5 can turn and move inside it."""
WIDTHS_MM = (76.0, 280.0)
PIXELS = 128
FINEST_MM = 0.75
SHIFT_SD_MM: Point = (1.0, 1.2, 1.6)
"""What registration leaves of the breathing between phases, along R, A, S. Our choice; the registration of phantoms
leaves about as much."""
DEPTH = 0.4
DEPTHS_MM = (3.0, 16.0)
"""How deep under the liver's surface a lesion's centre lies at least: this share of its diameter, within these limits.
Where it is less, most of the lesion would lie outside and another place would have to be tried."""
TRIES = 12


@dataclass(frozen=True)
class Excerpt:
    """One lesion and what is around it.

    Parameters
    ----------
    patient : str
        Whose it is: excerpts of one patient share his name, his organs and his blood.
    number : int
        Which of his lesions.
    type : LesionType
        What it is.
    diameter_mm : float
        Mean diameter.
    center : tuple of float
        Its middle, RAS mm.
    images : dict of Phase to Volume
        HU, int16, each phase on its own axial grid.
    lesion : Volume
        uint8, 1 inside the lesion, on a grid finer than the images'.
    liver : Volume
        Likewise, the liver with its lesion.
    """

    patient: str
    number: int
    type: LesionType
    diameter_mm: float
    center: Point
    images: dict[Phase, Volume]
    lesion: Volume
    liver: Volume


class PhantomPatient:
    """A patient who is sampled around his lesions only.

    Parameters
    ----------
    *seed : int
        The same seed gives the same patient and the same lesions, in whatever order they are asked for.
    """

    def __init__(self, *seed: int) -> None:
        self.name = "phantom-" + "-".join(str(part) for part in seed)
        self._seed = tuple(seed)
        liver = liver_outline(COARSE, np.random.default_rng((*self._seed, 0)))
        self._depth = -liver.onto(np.s_[0 : COARSE.shape[0], 0 : COARSE.shape[1], 0 : COARSE.shape[2]])
        self._axes = COARSE.axes
        blood, scanner = np.random.default_rng((*self._seed, 1)).spawn(2)
        self._blood = Enhancement(blood)
        self._scanner = scanner

    def excerpt(
        self,
        number: int,
        kind: LesionType,
        diameter_mm: float | None = None,
        *,
        phases: tuple[Phase, ...] = tuple(Phase),
    ) -> Excerpt:
        """Make one lesion and its surroundings.

        Parameters
        ----------
        number : int
            Which of the patient's lesions: another number lies at another place.
        kind : LesionType
            What it is.
        diameter_mm : float, optional
            Mean diameter; drawn where not given.
        phases : tuple of Phase
            Which images to make.

        Returns
        -------
        Excerpt
            With the lesion in its middle.

        Raises
        ------
        RuntimeError
            If no place for it is found in `TRIES` tries.
        """
        rng = np.random.default_rng((*self._seed, 2, number))
        place, shape, lesion_rng, noise, moved, uneven = rng.spawn(6)
        diameter = diameter_mm or draw_diameter(kind, shape)
        for _ in range(TRIES):
            center = self._some_place(diameter, place)
            anatomy = self._anatomy(_grid_around(center, diameter))
            instances = np.zeros(anatomy.tissues.shape, np.uint16)
            if paint_lesion(anatomy, instances, kind, center, diameter, 1, shape.spawn(1)[0]):
                break
        else:
            raise RuntimeError(f"{self.name}: no place for a {kind} of {diameter:.0f} mm.")
        grid = anatomy.space.grid
        scanner = draw_acquisition(grid, deepcopy(self._scanner))  # the same one for all of his lesions
        grain, lesion = texture(grid, uneven, _extent(grid)), Enhancement(lesion_rng, self._blood)
        images = {}
        for phase, phase_noise, phase_moved in zip(Phase, noise.spawn(4), moved.spawn(4), strict=True):
            if phase in phases:
                thickness, interval = SLICES[phase]
                acquisition = Acquisition(thickness, scanner.resolution_mm, scanner.noise_hu)
                array = render(
                    anatomy.tissues, instances, grain, phase, self._blood, {1: lesion}, grid, acquisition, phase_noise
                )
                images[phase] = _scanned(array, grid, interval, phase, phase_moved)
        return Excerpt(
            patient=self.name,
            number=number,
            type=kind,
            diameter_mm=diameter,
            center=center,
            images=images,
            lesion=Volume(instances.astype(np.uint8), grid.affine),
            liver=Volume(anatomy.liver_mask.astype(np.uint8), grid.affine),
        )

    def _anatomy(self, grid: Grid) -> Anatomy:
        return build_anatomy(grid, np.random.default_rng((*self._seed, 0)))

    def _some_place(self, diameter_mm: float, rng: np.random.Generator) -> Point:
        """Draw a place that is deep enough, or one as deep as there is."""
        wanted = min(float(np.clip(DEPTH * diameter_mm, *DEPTHS_MM)), 0.9 * float(self._depth.max()))
        places = np.argwhere(self._depth >= wanted)
        voxel = places[rng.integers(len(places))]
        r, a, s = (float(axis[n] + rng.uniform(-3, 3)) for axis, n in zip(self._axes, voxel, strict=True))
        return r, a, s


def _grid_around(center: Point, diameter_mm: float) -> Grid:
    width = float(np.clip(WIDTH * diameter_mm, *WIDTHS_MM))
    spacing = max(FINEST_MM, width / PIXELS)
    pixels = round(width / spacing)
    slices = 2 * int(np.ceil((0.3 * diameter_mm + 8) / STEP_MM)) + 1
    return Grid((pixels, pixels, slices), (spacing, spacing, STEP_MM), center)


def _extent(grid: Grid) -> Region:
    r, a, s = ((float(axis[0]), float(axis[-1])) for axis in grid.axes)
    return r, a, s


def _scanned(array: npt.NDArray[np.int16], grid: Grid, interval: int, phase: Phase, rng: np.random.Generator) -> Volume:
    """Take a scanner's slices out of fine ones, and lay them where a registration would: nearly in place."""
    first = int(rng.integers(interval))
    affine = grid.affine
    affine[:3, 3] += affine[:3, 2] * first
    affine[:3, 2] *= interval
    if phase is not Phase.PORTAL:
        affine[:3, 3] += rng.normal(0, SHIFT_SD_MM)
    return Volume(np.ascontiguousarray(array[:, :, first::interval]), affine)
