"""What the server's classifier saw of a lesion, and what spoke for its choice."""

from dataclasses import dataclass

import numpy as np

from livercad.core.crops import PIXELS, side_mm
from livercad.core.geometry import Point
from livercad.core.phases import Phase
from livercad.core.roi import axial_squares
from livercad.core.volume import Volume

SAME_MM = 0.01
"""Squares that lie closer are one."""


@dataclass(frozen=True)
class Seen:
    """What the classifier saw of a lesion.

    Parameters
    ----------
    crops : dict of Phase to ndarray, shape (planes, rows, columns)
        HU.
    saliency : dict of Phase to ndarray, shape (rows, columns)
        How much each place of the middle plane spoke for the class, in [0, 1].
    sideMm : float
        Side of the square.
    center : tuple of float
        Its middle, RAS mm.
    """

    crops: dict[Phase, np.ndarray]
    saliency: dict[Phase, np.ndarray]
    sideMm: float
    center: Point

    @classmethod
    def fromServer(cls, answer):
        """Read the arrays of `Client.views`; phases that this version does not know are left out."""
        known = {str(name): n for n, name in enumerate(answer["phases"]) if str(name) in set(Phase)}
        x, y, z = (float(value) for value in answer["center"])
        return cls(
            crops={Phase(name): answer["crops"][n] for name, n in known.items()},
            saliency={Phase(name): answer["saliency"][n] for name, n in known.items()},
            sideMm=float(answer["side_mm"]),
            center=(x, y, z),
        )

    def isOf(self, found):
        """Whether it is what was seen of this livercad.core.lesion.Lesion, and of no other one or earlier outline."""
        apart = max(abs(a - b) for a, b in zip(self.center, found.center, strict=True))
        return apart < SAME_MM and abs(self.sideMm - side_mm(found.diameter_mm)) < SAME_MM

    def saliencyAt(self, phase, center, sideMm):
        """Saliency in another square, which lies where it lies in the patient.

        Parameters
        ----------
        phase : Phase
            Which.
        center : tuple of float
            Middle of the other square, RAS mm.
        sideMm : float
            Its side.

        Returns
        -------
        ndarray, shape (rows, columns)
            0 beyond the square that the classifier saw, and in a phase that it did not see.
        """
        if phase not in self.saliency:
            return np.zeros((PIXELS, PIXELS), np.float32)
        rows, columns = self.saliency[phase].shape
        affine = np.diag([-self.sideMm / columns, -self.sideMm / rows, self.sideMm, 1.0])
        middle = np.array([(columns - 1) / 2, (rows - 1) / 2, 0.0])
        affine[:3, 3] = self.center - affine[:3, :3] @ middle
        flat = Volume(self.saliency[phase].T[..., None], affine)  # columns run to the left, rows to the back
        return axial_squares(flat, center, sideMm, PIXELS, outside=0.0)[0]
