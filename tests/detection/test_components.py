"""Lesions out of a probability."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from livercad.core.volume import Volume
from livercad.detection.components import split_lesions
from livercad.settings import Settings

AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])  # a voxel is 0.008 ml


def volume(*blocks: tuple[slice, float]) -> Volume:
    array = np.zeros((30, 30, 30), dtype=np.float32)
    for cube, value in blocks:
        array[cube, cube, cube] = value
    return Volume(array, AFFINE)


def test_lesions_are_numbered_from_the_largest() -> None:
    probability = volume((slice(2, 5), 0.7), (slice(10, 20), 0.9))
    found = split_lesions(probability, probability, Settings())
    assert found.scores == pytest.approx({1: 0.9, 2: 0.7})
    assert np.bincount(found.instances.array.ravel())[1:].tolist() == [1000, 27]


def test_voxels_that_touch_at_a_corner_are_one_lesion() -> None:
    probability = volume((slice(2, 6), 0.8), (slice(6, 10), 0.8))
    assert len(split_lesions(probability, probability, Settings()).scores) == 1


def test_as_many_components_as_an_independent_library_finds() -> None:
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(40, 40, 40)), 1.5)
    probability = Volume((noise > 0.1).astype(np.float32), AFFINE)
    expected = ndimage.label(noise > 0.1, np.ones((3, 3, 3)))[1]
    found = split_lesions(probability, probability, Settings(minimum_volume_ml=0))
    assert len(found.scores) == expected


def test_specks_below_the_least_volume_are_dropped() -> None:
    probability = volume((slice(2, 3), 0.9), (slice(10, 13), 0.9))
    assert len(split_lesions(probability, probability, Settings(minimum_volume_ml=0.05)).scores) == 1


def test_what_has_little_evidence_is_dropped_however_large() -> None:
    probability, evidence = volume((slice(2, 12), 0.9)), volume((slice(2, 12), 0.45))
    assert split_lesions(probability, evidence, Settings(minimum_score=0.5)).scores == {}
    kept = split_lesions(probability, evidence, Settings(minimum_score=0.4))
    assert kept.scores == pytest.approx({1: 0.45})


def test_a_probability_of_zero_has_no_lesions() -> None:
    nothing = volume()
    found = split_lesions(nothing, nothing, Settings())
    assert found.scores == {}
    assert not found.instances.array.any()
