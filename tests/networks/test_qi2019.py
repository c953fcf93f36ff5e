"""Mt-Net and Sn-Net against the layer tables of Qi 2019, and what their two pathways do."""

from __future__ import annotations

from copy import deepcopy
from threading import Event, Thread

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import inception_v3

from livercad.networks.inception_resnet import Size, inception_resnet_parts
from livercad.networks.qi2019 import INPUT, RegionEnhanced, inception_v3_parts, make_mt_net, make_sn_net

TABLE_1 = {
    "conv2d_1a": (32, 149),
    "conv2d_2a": (32, 147),
    "conv2d_2b": (64, 147),
    "maxpool_3a": (64, 73),
    "conv2d_3b": (80, 73),
    "conv2d_4a": (192, 71),
    "maxpool_5a": (192, 35),
    "mixed_5b": (320, 35),
    "repeat": (320, 35),
    "mixed_6a": (1088, 17),
    "repeat_1": (1088, 17),
    "mixed_7a": (2080, 8),
    "repeat_2": (2080, 8),
    "block8": (2080, 8),
    "conv2d_7b": (1536, 8),
}
TABLE_2 = {
    "Conv2d_1a_3x3": (32, 149),
    "Conv2d_2a_3x3": (32, 147),
    "Conv2d_2b_3x3": (64, 147),
    "maxpool1": (64, 73),
    "Conv2d_3b_1x1": (80, 73),
    "Conv2d_4a_3x3": (192, 71),
    "maxpool2": (192, 35),
    "Mixed_5b": (256, 35),
    "Mixed_5c": (288, 35),
    "Mixed_5d": (288, 35),
    "Mixed_6a": (768, 17),
    "Mixed_6b": (768, 17),
    "Mixed_6c": (768, 17),
    "Mixed_6d": (768, 17),
    "Mixed_6e": (768, 17),
    "Mixed_7a": (1280, 8),
    "Mixed_7b": (2048, 8),
    "Mixed_7c": (2048, 8),
}
SMALL = Size(divisor=16, shallow=5)


def shapes(parts: dict[str, nn.Module]) -> dict[str, tuple[int, int]]:
    """Channels and side of what comes out of each part."""
    maps, seen = torch.zeros(1, 3, INPUT, INPUT), {}
    with torch.inference_mode():
        for name, part in parts.items():
            maps = part.eval()(maps)
            assert maps.shape[2] == maps.shape[3]
            seen[name] = (maps.shape[1], maps.shape[2])
    return seen


def small(make=make_mt_net, **options) -> RegionEnhanced:
    torch.manual_seed(0)
    return make(size=SMALL, **options).eval()


def images(count: int = 2, side: int = 107) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(1))


def test_the_layers_of_mt_net_are_those_of_table_1() -> None:
    parts = inception_resnet_parts(Size())
    assert shapes(parts) == TABLE_1
    assert [len(parts[name]) for name in ("repeat", "repeat_1", "repeat_2")] == [10, 20, 9]
    assert [parts[name][0].scale for name in ("repeat", "repeat_1", "repeat_2")] == [0.17, 0.10, 0.20]
    assert parts["block8"].scale == 0.20 and isinstance(parts["block8"].act, nn.Identity)
    # The published network has 55,843,464 weights, of which the classifier of ImageNet's 1000 classes has 1,537,000.
    assert sum(weight.numel() for part in parts.values() for weight in part.parameters()) == 55_843_464 - 1_537_000


def steps_of(way: nn.Module) -> str:
    """Kernels of a branch, with the step where it is not 1."""
    told = []
    for layer in way.modules():
        if isinstance(layer, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)):
            rows, columns = layer.kernel_size if isinstance(layer.kernel_size, tuple) else (layer.kernel_size,) * 2
            step = layer.stride[0] if isinstance(layer.stride, tuple) else layer.stride
            pool = "" if isinstance(layer, nn.Conv2d) else "pool "
            told.append(f"{pool}{rows}x{columns}" + (f"/{step}" if step > 1 else ""))
    return " ".join(told)


def test_the_branches_of_mt_net_have_the_kernels_and_steps_of_table_1() -> None:
    parts = inception_resnet_parts(Size())
    blocks = {
        "mixed_5b": parts["mixed_5b"], "block (35)": parts["repeat"][0], "mixed_6a": parts["mixed_6a"],
        "block (17)": parts["repeat_1"][0], "mixed_7a": parts["mixed_7a"], "block (8)": parts["repeat_2"][0],
        "the last": parts["block8"],
    }  # fmt: skip
    branches = {
        name: sorted(steps_of(way) for key, way in block.named_children() if key.startswith("branch"))
        for name, block in blocks.items()
    }
    assert branches == {
        "mixed_5b": ["1x1", "1x1 3x3 3x3", "1x1 5x5", "pool 3x3 1x1"],
        "block (35)": ["1x1", "1x1 3x3", "1x1 3x3 3x3"],
        "mixed_6a": ["1x1 3x3 3x3/2", "3x3/2", "pool 3x3/2"],
        "block (17)": ["1x1", "1x1 1x7 7x1"],
        "mixed_7a": ["1x1 3x3 3x3/2", "1x1 3x3/2", "1x1 3x3/2", "pool 3x3/2"],
        "block (8)": ["1x1", "1x1 1x3 3x1"],
        "the last": ["1x1", "1x1 1x3 3x1"],
    }
    for name, scale in (("block (35)", 0.17), ("block (17)", 0.10), ("block (8)", 0.20), ("the last", 0.20)):
        assert (blocks[name].scale, steps_of(blocks[name].conv2d)) == (scale, "1x1")
    last = [isinstance(blocks[name].act, nn.ReLU) for name in ("block (8)", "the last")]
    assert last == [True, False]


def test_the_layers_of_sn_net_are_those_of_table_2_and_take_torchvision_s_weights() -> None:
    parts = inception_v3_parts(Size())
    assert shapes(parts) == TABLE_2
    torch.manual_seed(3)
    whole = inception_v3(weights=None, aux_logits=False, transform_input=False, init_weights=False).eval()
    ours = nn.Sequential(parts).eval()
    missing = ours.load_state_dict(whole.state_dict(), strict=False)
    assert not missing.missing_keys and missing.unexpected_keys == ["fc.weight", "fc.bias"]
    with torch.inference_mode():
        assert torch.equal(whole.fc(ours(images()).mean((2, 3))), whole(images()))


@pytest.mark.parametrize(("make", "joined"), [(make_mt_net, (1088, 17)), (make_sn_net, (768, 17))])
def test_the_pathways_meet_where_the_paper_says(make, joined) -> None:
    network = make(size=Size(divisor=16)).eval()
    with torch.inference_mode():
        for pathway in (network.image, network.map):
            met = pathway(torch.zeros(1, 3, INPUT, INPUT))
            assert (16 * met.shape[1], met.shape[2]) == joined
    if make is make_mt_net:
        assert len(network.image.repeat) + len(network.image.repeat_1) == 30


def test_a_narrow_and_shallow_network_has_fewer_weights_and_the_same_maps() -> None:
    for make, whole in ((inception_resnet_parts, TABLE_1), (inception_v3_parts, TABLE_2)):
        seen = shapes(make(SMALL))
        last = list(whole)[-1]
        sides = {side for _, side in seen.values()}
        assert sides == {side for _, side in whole.values()}
        assert list(seen.values())[-1] == (whole[last][0] // 16, 8)
    kept = inception_resnet_parts(SMALL)
    assert [len(kept[name]) for name in ("repeat", "repeat_1", "repeat_2")] == [2, 4, 1]
    assert not {"Mixed_5d", "Mixed_6e", "Mixed_7c"} & set(inception_v3_parts(SMALL))


@pytest.mark.parametrize("size", [{"divisor": 3}, {"divisor": 0}, {"shallow": 0}])
def test_a_size_that_divides_no_layer_is_refused(size) -> None:
    with pytest.raises(ValueError, match="expected 1"):
        Size(**size)


def test_the_maps_of_both_pathways_are_added_with_the_strength() -> None:
    network, looked = small(strength=0.5), torch.rand(2, 1, 107, 107)
    with torch.inference_mode():
        added = network.image(images()) + 0.5 * network.map(looked.expand(-1, 3, -1, -1))
        torch.testing.assert_close(network.maps(images(), looked), network.joined(added))


def test_no_map_is_a_map_of_zeros() -> None:
    # In double precision: normalising maps that hardly differ, layer after layer, blows up what is rounded.
    network, seen = small(keep=1.0).double().train(), images().double()
    with torch.no_grad():
        without, _ = network(seen)
        zeros, _ = network(seen, torch.zeros(2, 1, 107, 107, dtype=torch.float64))
    torch.testing.assert_close(without, zeros, rtol=0, atol=1e-5)


def test_a_map_of_zeros_is_normalised_as_in_training_and_leaves_the_averages_to_real_maps() -> None:
    network = small().train()
    with torch.no_grad():
        for _ in range(3):
            network(images(), torch.rand(2, 1, 107, 107))
        before = {name: value.clone() for name, value in network.map.named_buffers()}
        network(images())
        for name, value in network.map.named_buffers():
            assert torch.equal(value, before[name]), name
        learnt = deepcopy(network.map).train()(torch.zeros(1, 3, 107, 107))
        network.eval()
        expected = network.joined(network.image(images()) + network.strength * learnt)
        torch.testing.assert_close(network.maps(images()), expected)
        # Real maps are still normalised by the averages.
        looked = torch.rand(2, 1, 107, 107)
        alone = network.maps(images()[:1], looked[:1])
        torch.testing.assert_close(network.maps(images(), looked)[:1], alone, rtol=1e-4, atol=1e-4)


def test_another_thread_sees_its_own_map_while_one_sees_none() -> None:
    network, looked, inside, other = small(), torch.rand(2, 1, 107, 107), Event(), Event()
    with torch.inference_mode():
        expected = network.map(looked.expand(-1, 3, -1, -1))
    # Whoever is shown zeros waits inside the pathway until the other one is through.
    waiting = network.map[0].register_forward_pre_hook(lambda *_: (inside.set(), other.wait(20))[:0] or None)

    def without() -> None:
        with torch.inference_mode():
            network(images())

    thread = Thread(target=without)
    thread.start()
    assert inside.wait(20)
    waiting.remove()
    with torch.inference_mode():
        seen = network.map(looked.expand(-1, 3, -1, -1))
    other.set()
    thread.join()
    assert torch.equal(seen, expected)


@pytest.mark.parametrize("make", [make_mt_net, make_sn_net])
def test_the_activation_map_is_equation_3_of_the_likelier_class(make) -> None:
    network = small(make)
    with torch.inference_mode():
        network.classes.weight.copy_(
            torch.randn(network.classes.weight.shape, generator=torch.Generator().manual_seed(2))
        )
        logits, looked = network(images())
        maps = network.maps(images())
        for image in range(2):
            chosen = int(logits[image].argmax())
            expected = torch.einsum("c,chw->hw", network.classes.weight[chosen, :, 0, 0], maps[image])
            expected = (expected - expected.min()) / (expected.max() - expected.min())
            resized = nn.functional.interpolate(expected[None, None], (107, 107), mode="bilinear")[0, 0]
            torch.testing.assert_close(looked[image, 0], resized)


def test_no_gradient_goes_through_an_activation_map() -> None:
    network = small().train()
    logits, looked = network(images())
    assert logits.requires_grad and not looked.requires_grad


def test_a_flat_activation_map_is_zero_and_not_a_number() -> None:
    network = small()
    with torch.inference_mode():
        network.classes.weight.zero_()
        assert network(images())[1].abs().max() == 0


@pytest.mark.parametrize("make", [make_mt_net, make_sn_net])
def test_without_strength_a_network_has_one_pathway_and_shows_no_map(make) -> None:
    torch.manual_seed(0)
    size = Size(16, 20)
    network, both = make(0.0, size).eval(), make(1.0, size)
    assert network.map is None
    pathway = sum(weight.numel() for weight in both.image.parameters())
    assert sum(weight.numel() for weight in both.parameters()) - pathway == sum(
        weight.numel() for weight in network.parameters()
    )
    images = torch.rand(1, 3, 107, 107)
    with torch.inference_mode():
        torch.testing.assert_close(network(images, torch.rand(1, 1, 107, 107))[0], network(images)[0])
