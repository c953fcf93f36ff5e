"""Small volumes on all kinds of grids."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from livercad.core.volume import Volume


def _affine(matrix, origin=(12.5, -40.25, 700.0)):
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = matrix, origin
    return affine


GRIDS = {
    "plain": _affine(np.diag([1.0, 1.0, 1.0])),
    "anisotropic": _affine(np.diag([0.7, 0.9, 5.0])),
    "flipped": _affine(np.diag([-0.75, -0.75, 2.5])),
    "left-handed": _affine(np.diag([0.75, -0.75, 2.5])),
    "upside down": _affine(np.diag([-0.75, 0.75, -2.5])),
    "permuted": _affine(np.array([[0, 0, -1.5], [0.8, 0, 0], [0, 0.9, 0]])),
    "oblique": _affine(Rotation.from_euler("xyz", [12, -7, 25], degrees=True).as_matrix() * [-0.7, -0.8, 3.0]),
}


@pytest.fixture(params=list(GRIDS))
def affine(request):
    """One voxel-to-RAS matrix after another."""
    return GRIDS[request.param]


def ct_array(shape=(24, 20, 12), seed=0):
    """A body in air: fat around soft tissue, a little bone; int16 HU with noise."""
    rng = np.random.default_rng(seed)
    x, y, _ = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    radius = np.hypot(x, y)
    hu = np.select([radius < 0.1, radius < 0.6, radius < 0.8], [600.0, 60.0, -100.0], -1000.0)
    return (hu + rng.normal(0, 8, shape)).astype(np.int16)


@pytest.fixture
def ct():
    """A small CT on an oblique grid, int16 HU."""
    return Volume(ct_array(), GRIDS["oblique"])
