from __future__ import annotations

import numpy as np
import pytest
import torch

from livercad.classification.recipe import new_network
from livercad.classification.saliency import classify_and_explain
from livercad.networks.phase_fusion import PhaseFusionNet


@pytest.fixture(scope="module")
def network() -> PhaseFusionNet:
    torch.manual_seed(0)
    return new_network().eval()


CROPS = torch.randn(5, 4, 3, 48, 48, generator=torch.Generator().manual_seed(1))
PRESENT = torch.tensor([[1, 1, 1, 1], [1, 0, 0, 0], [0, 1, 0, 1], [1, 1, 0, 1], [0, 0, 1, 0]]).bool()


def test_what_stands_for_a_missing_phase_does_not_matter(network: PhaseFusionNet) -> None:
    other = torch.where(PRESENT[..., None, None, None], CROPS, 7.0)
    with torch.inference_mode():
        torch.testing.assert_close(network(CROPS, PRESENT).logits, network(other, PRESENT).logits)


def test_attention_is_shared_out_among_the_phases_that_are_there(network: PhaseFusionNet) -> None:
    with torch.inference_mode():
        attention = network(CROPS, PRESENT).attention
    torch.testing.assert_close(attention.sum(1), torch.ones(5))
    assert (attention[~PRESENT] == 0).all() and (attention[PRESENT] > 0).all()


def test_the_phases_are_told_apart(network: PhaseFusionNet) -> None:
    one = CROPS[:1, :1].repeat(2, 4, 1, 1, 1)
    shown = torch.tensor([[1, 0, 0, 0], [0, 1, 0, 0]]).bool()
    with torch.inference_mode():
        logits = network(one, shown).logits
    assert not torch.allclose(logits[0], logits[1])


def test_a_lesion_does_not_depend_on_the_others_of_its_batch(network: PhaseFusionNet) -> None:
    with torch.inference_mode():
        torch.testing.assert_close(network(CROPS[2:3], PRESENT[2:3]).logits, network(CROPS, PRESENT).logits[2:3])


def test_absolute_density_is_seen(network: PhaseFusionNet) -> None:
    """A crop that is brighter all over is another crop: water is told by its HU."""
    flat = torch.zeros(1, 4, 3, 48, 48)
    with torch.inference_mode():
        assert not torch.allclose(network(flat, PRESENT[:1]).logits, network(flat + 0.5, PRESENT[:1]).logits, atol=1e-3)


def test_saliency_is_the_class_activation_map_that_differences_give() -> None:
    """Weights by finite differences of the chosen class's score, channel by channel, instead of by gradients."""
    torch.manual_seed(3)
    network = new_network().double().eval()
    crops, present = CROPS[3:4].double(), PRESENT[3:4]
    output, saliency = classify_and_explain(network, crops, present)
    step = 1e-5
    with torch.inference_mode():
        torch.testing.assert_close(output.logits, network(crops, present).logits)
        maps = network.encode(crops)
        chosen = int(output.logits.argmax())
        expected = torch.zeros(4, *maps.shape[3:], dtype=torch.double)
        for phase in range(4):
            for channel in range(maps.shape[2]):
                moved = maps.clone()
                moved[0, phase, channel] += step
                rise = (network.fuse(moved, present).logits - output.logits)[0, chosen] / step
                expected[phase] += rise * maps[0, phase, channel]
    wide = torch.nn.functional.interpolate(expected.clamp(min=0)[None], size=(48, 48), mode="bilinear")[0]
    np.testing.assert_allclose(saliency[0], wide / wide.max(), atol=1e-3)
    assert saliency[0, 2].max() == 0  # the phase that is missing


def test_every_lesion_has_its_own_strongest_place(network: PhaseFusionNet) -> None:
    _, saliency = classify_and_explain(network, CROPS, PRESENT)
    np.testing.assert_allclose(saliency.max(axis=(1, 2, 3)), 1, rtol=1e-5)
    assert saliency.min() >= 0 and (saliency[~PRESENT.numpy()] == 0).all()
