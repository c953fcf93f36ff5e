"""The square region around a lesion that networks see: one definition for training, server and client.

Its side is L = D / ratio, where D is the lesion's longest diameter (Yamakawa 2020, section 2.3, calls the ratio D/L).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import Point, transform_points
from livercad.core.volume import Volume

DEFAULT_RATIO = 0.6
"""D/L; best in Yamakawa 2020, in cases (figure 5) together with 0.5, in images (figure 6) alone."""


def side_of(diameter_mm: float, ratio: float = DEFAULT_RATIO, minimum_mm: float = 0.0) -> float:
    """Side of the square around a lesion.

    Parameters
    ----------
    diameter_mm : float
        Longest diameter D in mm.
    ratio : float, default 0.6
        D / L.
    minimum_mm : float, default 0
        The smallest side wanted: a speck shown as large as the image would show only its blur.

    Returns
    -------
    float
        L in mm.

    Raises
    ------
    ValueError
        If diameter or ratio is not above 0.
    """
    if diameter_mm <= 0 or ratio <= 0:
        raise ValueError(f"A square needs a diameter and a ratio above 0, got {diameter_mm} mm and {ratio}.")
    return max(diameter_mm / ratio, minimum_mm)


def axial_squares(
    volume: Volume,
    center: Point,
    side_mm: float,
    pixels: int,
    *,
    offsets_mm: tuple[float, ...] = (0.0,),
    outside: float = -1024.0,
) -> npt.NDArray[np.float32]:
    """Sample axial squares around a point, however the volume's own axes lie.

    Parameters
    ----------
    volume : Volume
        HU, or any other values.
    center : tuple of float
        Middle of the square, RAS mm.
    side_mm : float
        Side of the square, to the outer edges of its pixels.
    pixels : int
        Pixels along a side.
    offsets_mm : tuple of float, default (0,)
        How far above the centre (towards the head) each plane lies.
    outside : float, default -1024
        Value beyond the volume: air.

    Returns
    -------
    ndarray of float32, shape (planes, rows, columns)
        Seen as radiologists do: rows run from front to back, columns from the patient's right to left. Trilinear.
    """
    step = side_mm / pixels
    along = (np.arange(pixels) - (pixels - 1) / 2) * step
    s, a, r = np.meshgrid(
        center[2] + np.asarray(offsets_mm, dtype=np.float64), center[1] - along, center[0] - along, indexing="ij"
    )
    # Columns run towards the patient's left, which is towards smaller R.
    voxels = transform_points(np.stack([r, a, s], axis=-1), np.linalg.inv(volume.affine))
    return _trilinear(volume.array, voxels, outside)


def _trilinear(
    array: npt.NDArray[np.generic], voxels: npt.NDArray[np.float64], outside: float
) -> npt.NDArray[np.float32]:
    shape = np.array(array.shape)
    # A voxel spans half a step to each side; within that the nearest value goes on.
    inside = ((voxels >= -0.5) & (voxels <= shape - 0.5)).all(axis=-1)
    held = np.clip(voxels, 0, shape - 1)
    low = np.minimum(held.astype(int), np.maximum(shape - 2, 0))
    high = np.minimum(low + 1, shape - 1)
    share = held - low
    result = np.zeros(voxels.shape[:-1])
    for corner in range(8):
        pick = [(corner >> axis) & 1 for axis in range(3)]
        index = tuple(np.where(pick[axis], high[..., axis], low[..., axis]) for axis in range(3))
        weight = np.prod([share[..., axis] if pick[axis] else 1 - share[..., axis] for axis in range(3)], axis=0)
        result += weight * array[index]
    return np.where(inside, result, outside).astype(np.float32)
