"""Volumes for the tests of reading."""

import pytest

from livercad.core.volume import Volume
from study_files import GRIDS, ct_array


@pytest.fixture(params=list(GRIDS))
def affine(request):
    """One voxel-to-RAS matrix after another."""
    return GRIDS[request.param]


@pytest.fixture
def ct():
    """A small CT on an oblique grid, int16 HU."""
    return Volume(ct_array(), GRIDS["oblique"])
