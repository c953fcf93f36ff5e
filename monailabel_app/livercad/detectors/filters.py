"""What is seen around every voxel of a liver: each phase at several scales, and how its brightness bends."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.phases import Phase
from livercad.detectors.scene import Array, Scene

SCALES = (1.5, 3.0, 6.0)
"""SD (voxels) of the Gaussians beside the image itself: lesions of 5 to 50 mm differ from their surroundings at one."""
BEND_SCALE = 2.0
"""SD (voxels) of the Gaussian under the second derivatives, which tell balls, tubes and plates apart (A. F. Frangi et
al., MICCAI 1998)."""
UNIT_HU, DEEPEST_MM = 25.0, 20.0
"""Bring contrasts and depths to about 1."""
OF_PHASE = 1 + 1 + len(SCALES) + 3
"""Presence, image, image at each scale, three second derivatives."""
WIDTH = len(Phase) * OF_PHASE + 1 + 2
"""Values a voxel: those of the phases in their order, 0 where a phase is missing; depth; share of the two larger
Gaussians that lies in the liver."""


def look_around(scene: Scene, places: npt.NDArray[np.int64] | None = None) -> Array:
    """Compute what is seen around the voxels that are searched.

    Parameters
    ----------
    scene : Scene
        Of a study.
    places : ndarray of int, shape (voxels,), optional
        Flat indices of some of its voxels; all that are searched if not given.

    Returns
    -------
    ndarray of float32, shape (voxels, WIDTH)
        In the order of the places, or of ``scene.searched``'s voxels.
    """
    inside = scene.searched
    places = np.flatnonzero(inside) if places is None else places
    seen = np.zeros((len(places), WIDTH), np.float32)
    weights = inside.astype(np.float32)
    shares = [ndimage.gaussian_filter(weights, scale, truncate=3.0) for scale in SCALES]
    for number, phase in enumerate(Phase):
        if phase not in scene.contrast:
            continue
        first = number * OF_PHASE
        image = scene.contrast[phase] / np.float32(UNIT_HU)
        within = image * weights
        seen[:, first] = 1
        seen[:, first + 1] = image.flat[places]
        for column, (scale, share) in enumerate(zip(SCALES, shares, strict=True), start=first + 2):
            smooth = ndimage.gaussian_filter(within, scale, truncate=3.0)
            seen[:, column] = smooth.flat[places] / share.flat[places]
        seen[:, first + 2 + len(SCALES) : first + OF_PHASE] = _bends(within, places)
    seen[:, -3] = np.clip(scene.depth_mm.flat[places], 0, DEEPEST_MM) / DEEPEST_MM
    seen[:, -2], seen[:, -1] = shares[1].flat[places], shares[2].flat[places]
    return seen


def _bends(image: Array, places: npt.NDArray[np.int64]) -> Array:
    """Eigenvalues of the matrix of second derivatives, rising, shape (places, 3); in units of the image."""
    smooth = ndimage.gaussian_filter(image, BEND_SCALE, truncate=3.0)
    first = np.gradient(smooth)
    second = np.empty((len(places), 3, 3), np.float32)
    for i in range(3):
        for j in range(i, 3):
            second[:, i, j] = second[:, j, i] = np.gradient(first[i], axis=j).flat[places]
    return np.asarray(np.linalg.eigvalsh(second * np.float32(BEND_SCALE**2)), np.float32)
