"""The organs that tell a phase, and the network's view of a CT volume."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

SPACING_MM = (4.0, 4.0, 4.0)
"""The aorta is 5 voxels wide and the portal vein 3, and a whole abdomen takes a second on two cores."""
HU_WINDOW = (-250.0, 500.0)
"""Fat and everything that contrast medium reaches; the renal pelvis exceeds it, which is enough to know."""
_MIDDLE_HU, _UNIT_HU = 50.0, 150.0


class Organ(IntEnum):
    """Classes of the organ network."""

    BACKGROUND = 0
    LIVER = 1
    PORTAL_VEIN = 2
    HEPATIC_VEIN = 3
    AORTA = 4
    CAVA = 5
    SPLEEN = 6
    KIDNEY_CORTEX = 7
    KIDNEY_MEDULLA = 8
    KIDNEY_PELVIS = 9
    MUSCLE = 10
    HEART = 11


def scale_hu(image: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    """Bring HU to what the organ network takes.

    Parameters
    ----------
    image : ndarray
        HU.

    Returns
    -------
    ndarray of float32
        In [-2, 3]; 0 is 50 HU.
    """
    clipped = np.clip(np.asarray(image, dtype=np.float32), *HU_WINDOW)
    return (clipped - np.float32(_MIDDLE_HU)) / np.float32(_UNIT_HU)
