"""One patient without lesions: every tissue in its place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.phantom import digestive, organs, torso
from livercad.phantom.liver import build_liver, paint_vessels
from livercad.phantom.space import Grid, Shape, Space


@dataclass(frozen=True)
class Anatomy:
    """A patient.

    Parameters
    ----------
    space : Space
        Body size and deformation, and the grid.
    tissues : ndarray of uint8, shape (R, A, S)
        `Tissue` of every voxel.
    liver : Shape
        The liver's outline, vessels included.
    """

    space: Space
    tissues: npt.NDArray[np.uint8]
    liver: Shape

    @property
    def liver_mask(self) -> npt.NDArray[np.bool_]:
        """The liver with its vessels and lesions, shape (R, A, S)."""
        mask = np.zeros(self.tissues.shape, bool)
        mask[self.liver.box] = self.liver.distance < 0
        return mask


def build_anatomy(grid: Grid, rng: np.random.Generator) -> Anatomy:
    """Make a patient.

    What is painted first holds its place: organs only take free fat, so that no two overlap.

    Parameters
    ----------
    grid : Grid
        Where the patient is sampled. Another grid with the same seed gives the same organs; only small vessels differ.
    rng : numpy.random.Generator
        Draws everything that differs between patients.

    Returns
    -------
    Anatomy
        Without lesions.
    """
    # Every part draws from a stream of its own: what one part draws does not move the next, whatever the grid.
    streams = iter(rng.spawn(20))
    space = Space(grid, next(streams))
    body = torso.build_trunk(space, next(streams))
    torso.paint_ribs(body, next(streams))
    torso.paint_spine(body, next(streams))
    organs.paint_heart(body, next(streams))
    cava = organs.paint_great_vessels(body, next(streams))
    organs.paint_lung_vessels(body, next(streams))
    right_kidney, left_kidney = (
        organs.paint_kidney(body, center, next(streams)) for center in (organs.RIGHT_KIDNEY, organs.LEFT_KIDNEY)
    )
    liver = build_liver(body, [(cava, 0.0), (right_kidney, 5.0)], next(streams))
    paint_vessels(body, liver, next(streams))
    organs.paint_pancreas(body, next(streams))
    stomach = digestive.paint_stomach(body, [(liver, 2.0), (left_kidney, 2.0)], next(streams))
    organs.paint_spleen(body, [(liver, 3.0), (left_kidney, 3.0), (stomach, 3.0)], next(streams))
    digestive.paint_duodenum(body, next(streams))
    digestive.paint_colon(body, next(streams))
    digestive.paint_small_bowel(body, next(streams))
    torso.paint_table(body, rng)
    return Anatomy(space, body.tissues, liver)
