"""One patient without lesions: every tissue in its place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.phantom import digestive, organs, torso
from livercad.phantom.body import Body
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
    body, liver, (left_kidney, streams) = _up_to_the_liver(grid, rng)
    organs.paint_lung_vessels(body, streams["lung vessels"])
    paint_vessels(body, liver, streams["liver vessels"])
    organs.paint_pancreas(body, streams["pancreas"])
    stomach = digestive.paint_stomach(body, [(liver, 2.0), (left_kidney, 2.0)], streams["stomach"])
    organs.paint_spleen(body, [(liver, 3.0), (left_kidney, 3.0), (stomach, 3.0)], streams["spleen"])
    digestive.paint_duodenum(body, streams["duodenum"])
    digestive.paint_colon(body, streams["colon"])
    digestive.paint_small_bowel(body, streams["small bowel"])
    torso.paint_table(body, rng)
    return Anatomy(body.space, body.tissues, liver)


def liver_outline(grid: Grid, rng: np.random.Generator) -> Shape:
    """Only the liver of the patient that `build_anatomy` makes, at a third of the time."""
    return _up_to_the_liver(grid, rng)[1]


STREAMS = (
    *("space", "trunk", "ribs", "spine", "heart", "great vessels", "lung vessels", "right kidney", "left kidney"),
    *("liver", "liver vessels", "pancreas", "stomach", "spleen", "duodenum", "colon", "small bowel"),
)
"""Every part draws from a stream of its own: what one part draws does not move the next, whatever the grid."""


def _up_to_the_liver(
    grid: Grid, rng: np.random.Generator
) -> tuple[Body, Shape, tuple[Shape, dict[str, np.random.Generator]]]:
    """The body with what bounds the liver, the liver, the left kidney and the streams of all parts."""
    streams = dict(zip(STREAMS, rng.spawn(len(STREAMS)), strict=True))
    space = Space(grid, streams["space"])
    body = torso.build_trunk(space, streams["trunk"])
    torso.paint_ribs(body, streams["ribs"])
    torso.paint_spine(body, streams["spine"])
    organs.paint_heart(body, streams["heart"])
    cava = organs.paint_great_vessels(body, streams["great vessels"])
    right, left = (
        organs.paint_kidney(body, center, streams[name])
        for name, center in (("right kidney", organs.RIGHT_KIDNEY), ("left kidney", organs.LEFT_KIDNEY))
    )
    return body, build_liver(body, [(cava, 0.0), (right, 5.0)], streams["liver"]), (left, streams)
