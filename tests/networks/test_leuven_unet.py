"""The torch networks against the published Keras graph."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from livercad.networks.leuven_unet import LESION_HALO, LeuvenUNet, lesion_unet, liver_unet

SKETCH = Path(__file__).resolve().parents[3] / "shared" / "examples" / "pyliverlesionseg_port" / "port.py"
DOWN_UP = [[(3, 3, 1), (3, 3, 3)], [(3, 3, 3), (3, 3, 1)]]


def random_weights(network: LeuvenUNet) -> dict[str, torch.Tensor]:
    """Weights named as in the file, of a size that keeps activations of order 1."""
    generator = torch.Generator().manual_seed(1)
    convolutions = [m for m in network.modules() if isinstance(m, torch.nn.Conv3d)]
    weights = {}
    for n, convolution in enumerate(convolutions):
        scale = convolution.weight[0].numel() ** -0.5
        weights[f"convolutions.{n}.weight"] = scale * torch.randn(convolution.weight.shape, generator=generator)
        weights[f"convolutions.{n}.bias"] = 0.1 * torch.randn(convolution.bias.shape, generator=generator)
    return weights


def loaded(network: LeuvenUNet) -> LeuvenUNet:
    network.load_numbered(random_weights(network))
    return network.eval()


@pytest.fixture(scope="module")
def sketch() -> SimpleNamespace:
    """The independent port of the Keras graph that the weights were first checked with."""
    if not SKETCH.is_file():
        pytest.skip(f"the independent port is not on this machine ({SKETCH})")
    names: dict[str, object] = {}
    exec(SKETCH.read_text(), names)
    return SimpleNamespace(**names)


def numbered(weights: dict[str, torch.Tensor]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    count = len(weights) // 2
    return [(weights[f"convolutions.{n}.weight"], weights[f"convolutions.{n}.bias"]) for n in range(count)]


def test_the_liver_network_equals_the_independent_port(sketch: SimpleNamespace) -> None:
    network = loaded(liver_unet())
    kernels = [DOWN_UP, DOWN_UP, DOWN_UP, [[(3, 3, 3), (3, 3, 3)], []]]
    factors = [(1, 1, 1), (3, 3, 3), (9, 9, 9), (27, 27, 27)]
    port = sketch.UNet(numbered(random_weights(network)), factors, kernels, None, "same", "linear", False, [28, 28, 55])
    window = torch.rand(1, 1, 54, 54, 81, generator=torch.Generator().manual_seed(2)) - 0.5
    with torch.inference_mode():
        torch.testing.assert_close(network(window), port(window), atol=1e-4, rtol=0)


def test_the_lesion_network_equals_the_independent_port(sketch: SimpleNamespace) -> None:
    network = loaded(lesion_unet())
    kernels = [DOWN_UP, DOWN_UP, DOWN_UP, [[(3, 3, 1), (3, 3, 3)], []]]
    factors = [(1, 1, 1), (2, 2, 2), (4, 4, 4), (8, 8, 8)]
    port = sketch.UNet(numbered(random_weights(network)), factors, kernels, None, "valid", "copy", True, [12, 4, 10])
    window = torch.rand(1, 1, 100, 92, 54, generator=torch.Generator().manual_seed(2)) - 0.5
    with torch.inference_mode():
        torch.testing.assert_close(network(window), port(window), atol=1e-4, rtol=0)


def test_parameters_are_as_many_as_published() -> None:
    assert sum(p.numel() for p in liver_unet().parameters()) == 3_874_961
    assert sum(p.numel() for p in lesion_unet().parameters()) == 3_464_221


def test_with_statistics_of_the_whole_context_nothing_changes() -> None:
    window = torch.rand(1, 1, 92, 100, 46, generator=torch.Generator().manual_seed(3)) - 0.5
    with torch.inference_mode():
        published, wide = loaded(lesion_unet())(window), loaded(lesion_unet(LESION_HALO))(window)
    torch.testing.assert_close(published, wide)


def test_the_background_around_a_window_does_not_enter_central_statistics() -> None:
    """Activations after the first convolution, in closed form: z-scores of the central voxels."""
    network = loaded(lesion_unet((0, 0, 0)))
    window = torch.full((1, 1, 92, 92, 46), -0.5)
    window[:, :, 44:48, 44:48, 22:24] = torch.rand(4, 4, 2, generator=torch.Generator().manual_seed(4))
    with torch.inference_mode():
        features = network.down[0].first(window)
        activated = network.down[0].activate_second(features).numpy()
    center = features.numpy()[:, :, 43:-43, 43:-43, 22:-22]
    mean, deviation = center.mean((2, 3, 4), keepdims=True), center.std((2, 3, 4), keepdims=True)
    expected = (features.numpy() - mean) / deviation
    expected = np.where(expected > 0, expected, 0.01 * expected)
    np.testing.assert_allclose(activated, expected, atol=1e-3)


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(RuntimeError):
        liver_unet().load_numbered(random_weights(lesion_unet()))
