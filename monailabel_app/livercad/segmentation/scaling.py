"""How the Leuven networks want their CT."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

CT_SCALE_HU, CT_LIMIT, CT_GAIN = 1000.0, 0.2, 2.5
"""clip(HU / 1000, -0.2, 0.2) × 2.5 (pyliverlesionseg 0.3, cnn_liver_lesion_seg_CT_MR_functions.py)."""


def scale_ct(hu: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Bring -200 to 200 HU to [-0.5, 0.5]; what lies beyond is clipped.

    Parameters
    ----------
    hu : ndarray of float32
        CT in HU, of any shape.

    Returns
    -------
    ndarray of float32
        Of the same shape.
    """
    return np.clip(hu / CT_SCALE_HU, -CT_LIMIT, CT_LIMIT) * np.float32(CT_GAIN)
