"""What of a network's maps counts: means, means within the sector, the strongest place of it; and where that lies."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from livercad.ultrasound.pooling import Pooling, pooled, spread
from livercad.ultrasound.sector import scanned

SHAPES = (5, 16, 16), (7, 8, 8)


def maps_and_sectors() -> tuple[list[torch.Tensor], torch.Tensor]:
    torch.manual_seed(0)
    sectors = torch.zeros(2, 32, 32)
    sectors[0, 4:28, 8:24] = 1
    sectors[1, 4:8, 4:12] = 1
    return [torch.rand(2, *shape) for shape in SHAPES], sectors


def inside(n: int, side: int, sectors: torch.Tensor) -> np.ndarray:
    step = 32 // side
    return sectors[n].numpy().reshape(side, step, side, step).mean(axis=(1, 3)) >= 0.5


@pytest.mark.parametrize("pooling", Pooling)
def test_each_channel_is_pooled_over_what_counts(pooling: Pooling) -> None:
    maps, sectors = maps_and_sectors()
    told = pooled(maps, pooling, sectors).numpy()
    for n in range(2):
        expected: list[float] = []
        for each in maps:
            for channel in each[n].numpy():
                seen = channel if pooling is Pooling.MEAN else channel[inside(n, channel.shape[0], sectors)]
                expected.append(float(seen.max() if pooling is Pooling.STRONGEST else seen.mean()))
        np.testing.assert_allclose(told[n], expected, rtol=1e-5)


@pytest.mark.parametrize("pooling", Pooling)
def test_what_places_give_adds_up_to_what_is_pooled(pooling: Pooling) -> None:
    maps, sectors = maps_and_sectors()
    told = spread(maps, pooling, sectors)
    means = torch.cat([each.mean(dim=(2, 3)) for each in told], dim=1)
    torch.testing.assert_close(means, pooled(maps, pooling, sectors))
    if pooling is not Pooling.MEAN:
        for each in told:
            side = each.shape[2]
            assert not each[0][:, ~torch.from_numpy(inside(0, side, sectors))].any(), "nothing from outside"


def test_the_strongest_place_is_where_it_is_told() -> None:
    maps, sectors = maps_and_sectors()
    maps[0][0, 2, 11, 6] = 9.0
    maps[0][0, 2, 0, 0] = 99.0  # outside
    told = spread(maps, Pooling.STRONGEST, sectors)[0][0, 2]
    assert told.nonzero().tolist() == [[5, 3]] and told[5, 3] == pytest.approx(9 * 64)


def test_a_sliver_of_a_sector_counts_where_it_is_widest() -> None:
    maps, sectors = maps_and_sectors()
    sectors[:] = 0
    sectors[:, 10, 5:20] = 1
    assert torch.isfinite(pooled(maps, Pooling.STRONGEST, sectors)).all()


def test_without_the_sector_nothing_can_be_pooled_within_it() -> None:
    maps, _ = maps_and_sectors()
    with pytest.raises(ValueError, match="needs the sectors"):
        pooled(maps, Pooling.SECTOR)


def test_the_sector_holds_shadows_and_no_writing() -> None:
    rng, (rows, columns) = np.random.default_rng(0), np.indices((300, 400))
    away, angle = np.hypot(columns - 200, rows + 60), np.arctan2(columns - 200, rows + 60)
    sector = (away > 80) & (away < 330) & (np.abs(angle) < 0.55)
    image = np.where(sector, rng.integers(20, 120, sector.shape), 0).astype(np.uint8)
    image[sector & (np.abs(angle - 0.2) < 0.05)] = 0  # a shadow
    image[10:18, 5:60] = 255  # writing
    told = scanned(image)
    hull = sector | ((away <= 80) & (rows > 80 * np.cos(0.55) - 60))  # over the probe's face
    assert told.shape == image.shape and told.dtype == np.bool_
    assert (told & hull).sum() / (told | hull).sum() > 0.95
    assert not told[:30, :80].any()


def test_an_image_without_light_is_looked_at_whole() -> None:
    assert scanned(np.zeros((40, 30), np.uint8)).all()
