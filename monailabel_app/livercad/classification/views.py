"""What the classifier saw, to be shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import Point
from livercad.core.phases import Phase


@dataclass(frozen=True)
class LesionView:
    """What the classifier saw of a lesion.

    Parameters
    ----------
    crops : dict of Phase to ndarray, shape (planes, rows, columns)
        HU, before it is scaled for the network; planes from below to above, seen as radiologists do: from front to
        back, from the patient's right to left.
    saliency : dict of Phase to ndarray, shape (rows, columns)
        How much each place of the middle plane spoke for the label, in [0, 1].
    center : tuple of float
        Middle of the square and of the planes, RAS mm.
    side_mm : float
        Side of the square in mm.
    """

    crops: dict[Phase, npt.NDArray[np.float32]]
    saliency: dict[Phase, npt.NDArray[np.float32]]
    center: Point
    side_mm: float

    def middle(self, phase: Phase) -> npt.NDArray[np.float32]:
        """The crop of the plane through the lesion's middle."""
        planes = self.crops[phase]
        return planes[len(planes) // 2]
