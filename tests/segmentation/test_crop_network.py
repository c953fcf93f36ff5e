"""Training sees what the product sees: the same normalisation, the same outputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from livercad.networks.leuven_unet import LESION_HALO, lesion_unet, liver_unet
from livercad.segmentation.lesion_grid import BACKGROUND
from livercad.segmentation.lesions import SENSITIVE, STRICT
from livercad.segmentation.training.crop_network import CropNetwork
from livercad.segmentation.training.lesion_views import MARGIN, framed

SHAPE = (44, 36, 18)


def small_liver() -> np.ndarray:
    """A masked ball with texture, as large as the output of a window."""
    rng = np.random.default_rng(0)
    places = np.stack(np.meshgrid(*[np.linspace(-1, 1, n) for n in SHAPE], indexing="ij"), axis=-1)
    texture = ndimage.gaussian_filter(rng.normal(size=SHAPE), 1.5)
    return np.where((places**2).sum(-1) < 0.98, 0.25 + 0.4 * texture, BACKGROUND).astype(np.float32)


@pytest.mark.parametrize("statistics", [SENSITIVE, STRICT])
def test_a_framed_liver_gives_what_the_product_gives(statistics: tuple[int, int, int]) -> None:
    torch.manual_seed(0)
    network = lesion_unet(statistics).eval()
    liver = small_liver()
    window = np.pad(liver, [(halo, halo) for halo in LESION_HALO], constant_values=BACKGROUND)
    with torch.no_grad():
        expected = network(torch.from_numpy(window)[None, None])[0, 0].numpy()
    whole, looked = framed(liver, statistics)
    _, logits = CropNetwork(network, BACKGROUND).measure(torch.from_numpy(whole)[None, None], looked)
    middle = tuple(slice(margin, -margin) for margin in MARGIN)
    away = np.abs(torch.sigmoid(logits)[0, 0].numpy()[middle] - expected)
    assert away.max() < 0.02
    assert away.mean() < 0.02 * expected.std()


def test_a_crop_gives_in_its_middle_what_the_whole_gives_by_statistics_of_the_whole() -> None:
    torch.manual_seed(0)
    network = CropNetwork(lesion_unet(SENSITIVE), BACKGROUND).eval()
    whole, looked = framed(small_liver(), SENSITIVE)
    image = torch.from_numpy(whole)[None, None]
    statistics, expected = network.measure(image, looked)
    with torch.no_grad():
        crop = network(image[..., :56, :, :], statistics)
        strange, _ = network.measure(image[..., :56, :, :])
        own = network(image[..., :56, :, :], strange)
    middle = slice(16, 36)
    away = (crop - expected[..., :56, :, :])[..., middle, :, :].abs().mean()
    assert away < 0.4 * (own - expected[..., :56, :, :])[..., middle, :, :].abs().mean()


def test_the_liver_network_is_normalised_over_all_of_its_window() -> None:
    torch.manual_seed(0)
    network = liver_unet().eval()
    image = torch.from_numpy(np.random.default_rng(0).normal(size=(54, 54, 54)).astype(np.float32))[None, None]
    image = torch.nn.functional.avg_pool3d(image, 5, 1, 2)
    with torch.no_grad():
        expected = torch.logit(network(image))
    _, logits = CropNetwork(network, 0.0).measure(image)
    assert logits.shape == expected.shape
    torch.testing.assert_close(logits, expected, atol=1e-3, rtol=0.0)
