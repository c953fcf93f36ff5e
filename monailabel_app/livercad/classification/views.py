"""What the classifier saw, to be shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.core.phases import Phase


@dataclass(frozen=True)
class LesionView:
    """What the classifier saw of a lesion.

    Parameters
    ----------
    crops : dict of Phase to ndarray, shape (rows, columns)
        HU of the middle plane, seen as radiologists do: from front to back, from the patient's right to left.
    saliency : dict of Phase to ndarray, shape (rows, columns)
        How much each place spoke for the label, in [0, 1].
    side_mm : float
        Side of the square in mm.
    """

    crops: dict[Phase, npt.NDArray[np.float32]]
    saliency: dict[Phase, npt.NDArray[np.float32]]
    side_mm: float
