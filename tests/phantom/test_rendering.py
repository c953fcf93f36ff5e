from __future__ import annotations

import numpy as np
import pytest

from livercad.core.phases import Phase
from livercad.phantom.rendering import Acquisition, render
from livercad.phantom.space import Grid
from livercad.phantom.tissues import Enhancement, Tissue

GRID = Grid((96, 96, 24), (1.5, 1.5, 2.5))


def water_like(acquisition: Acquisition, tissues: np.ndarray | None = None) -> np.ndarray:
    """An image of a block of bile, or of the tissues given."""
    block = np.full(GRID.shape, Tissue.BILE, np.uint8) if tissues is None else tissues
    return render(
        block,
        np.zeros(block.shape, np.uint16),
        np.zeros(block.shape, np.float32),
        Phase.PORTAL,
        Enhancement(np.random.default_rng(0)),
        {},
        GRID,
        acquisition,
        np.random.default_rng(1),
    ).astype(float)


def middle(image: np.ndarray) -> np.ndarray:
    return image[32:64, 32:64]


def test_noise_has_the_size_asked_for_in_the_middle_of_the_body() -> None:
    image = water_like(Acquisition(2.5, 1.4, noise_hu=12))
    assert middle(image).std() == pytest.approx(12, rel=0.1)


def test_four_times_the_dose_halves_the_noise() -> None:
    low, high = (water_like(Acquisition(2.5, 1.4, noise_hu=12, dose=dose)) for dose in (1, 4))
    assert middle(high).std() == pytest.approx(middle(low).std() / 2, rel=0.05)


def test_noise_is_band_limited_as_filtered_back_projection_leaves_it() -> None:
    image = water_like(Acquisition(2.5, 1.4, noise_hu=12))
    power = (np.abs(np.fft.fft2(image - image.mean(axis=(0, 1)), axes=(0, 1))) ** 2).mean(axis=2)
    frequency = np.hypot(np.fft.fftfreq(96, 1.5)[:, None], np.fft.fftfreq(96, 1.5)[None, :])
    low, mid, high = (power[(frequency >= a) & (frequency < b)].mean() for a, b in ((0, 0.03), (0.1, 0.2), (0.4, 0.48)))
    assert mid > 2 * low and mid > 2 * high


def edge_width_voxels(image: np.ndarray, axis: int) -> float:
    """Distance between 10 % and 90 % of the way across a step in the middle of an axis, in voxels."""
    profile = np.moveaxis(image, axis, 0).reshape(image.shape[axis], -1).mean(axis=1)
    way = (profile - profile[0]) / (profile[-1] - profile[0])
    return float(np.interp(0.9, way, np.arange(len(way))) - np.interp(0.1, way, np.arange(len(way))))


def test_thicker_slices_and_a_softer_kernel_blur_more() -> None:
    across, along = (np.full(GRID.shape, Tissue.BILE, np.uint8) for _ in range(2))
    across[:, :, 12:] = Tissue.LIVER
    along[48:] = Tissue.LIVER
    thin, thick, soft = Acquisition(2.5, 1.2, 0), Acquisition(7.5, 1.2, 0), Acquisition(2.5, 4.0, 0)
    assert edge_width_voxels(water_like(thick, across), 2) > edge_width_voxels(water_like(thin, across), 2) + 1
    assert edge_width_voxels(water_like(soft, along), 0) > edge_width_voxels(water_like(thin, along), 0) + 1
