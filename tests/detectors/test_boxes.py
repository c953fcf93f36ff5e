"""Detectors that draw boxes: what they see, what becomes of their boxes, and that they refuse without weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.detection.matching import Matched
from livercad.detectors import boxes
from livercad.detectors.boxes import FasterRCNN25D, RetinaNet3D, ellipsoid
from livercad.detectors.choose import load_detector
from livercad.detectors.scene import Scene
from livercad.detectors.shown import ENLARGED, channels_of, searched_block, shown_of, slices_of
from livercad.errors import ModelError
from livercad.networks.retinanet import make_retinanet
from livercad.progress import silent
from livercad.settings import Settings

Case = tuple[dict[Phase, Volume], Volume, Volume]


@pytest.mark.parametrize("name", ["faster-rcnn", "retinanet"])
def test_a_detector_without_weights_is_refused_with_their_place_and_the_command_that_makes_them(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path))
    monkeypatch.setattr(boxes.BoxDetector, "make", staticmethod(lambda: nn.Linear(1, 1)))
    for kind in (FasterRCNN25D, RetinaNet3D):
        monkeypatch.setattr(kind, "make", staticmethod(lambda: nn.Linear(1, 1)))
    with pytest.raises(ModelError, match=rf"detector-{name}.*found no weights.*train_models\.py {name} --work"):
        load_detector(Settings(detector=name))
    save_file({"weight": torch.zeros(2, 2)}, path := tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="do not fit"):
        FasterRCNN25D(Settings(), path)


def test_the_networks_own_list_needs_no_detector() -> None:
    assert load_detector(Settings(detector="components")) is None


def test_networks_see_the_block_that_is_searched_and_nothing_but_the_liver_in_it(scene: Scene) -> None:
    block = searched_block(scene)
    shown = shown_of(scene, block)
    assert scene.searched.sum() == scene.searched[block].sum()
    for axis in range(3):
        other = tuple({0, 1, 2} - {axis})
        assert scene.searched[block].any(axis=other)[[0, -1]].all()
    for phase, image in shown.items():
        assert not image[~scene.searched[block]].any()
        np.testing.assert_allclose(image * 100, np.where(scene.searched, scene.contrast[phase], 0)[block], atol=1e-4)


def test_a_scene_in_which_nothing_is_searched_is_shown_whole(scene: Scene) -> None:
    empty = replace(scene, searched=np.zeros_like(scene.searched))
    assert [side.stop - side.start for side in searched_block(empty)] == list(scene.searched.shape)
    assert not shown_of(empty, searched_block(empty))[Phase.PORTAL].any()


def test_slices_show_an_image_with_its_neighbours(scene: Scene) -> None:
    image = shown_of(scene, searched_block(scene))[Phase.PORTAL]
    seen = slices_of(image)
    middle = image.shape[2] // 2
    assert len(seen) == image.shape[2]
    torch.testing.assert_close(seen[middle][2], seen[middle + 1][1])
    torch.testing.assert_close(seen[middle][0], seen[middle - 1][1])
    torch.testing.assert_close(seen[0][0], seen[0][1])
    i, j, k = np.argwhere(image < -0.5)[40]
    assert seen[k][1, ENLARGED * j, ENLARGED * i].item() == pytest.approx(0.5 + image[i, j, k] / 2, abs=1e-5)


def test_channels_are_the_phases_and_missing_ones_are_empty(scene: Scene) -> None:
    shown = shown_of(scene, searched_block(scene))
    seen = channels_of(shown)
    assert seen.shape == (4, *shown[Phase.PORTAL].shape) and not seen[list(Phase).index(Phase.DELAYED)].any()
    np.testing.assert_array_equal(seen[list(Phase).index(Phase.PORTAL)], shown[Phase.PORTAL])


def test_an_ellipsoid_fills_its_box() -> None:
    mask = ellipsoid((2, 4, 6, 12, 16, 14), np.ones((20, 20, 20), bool))
    assert [(int(axis.min()), int(axis.max()) + 1) for axis in np.nonzero(mask)] == [(2, 12), (4, 16), (6, 14)]
    assert mask.sum() == pytest.approx(np.pi / 6 * 10 * 12 * 8, rel=0.08)


class DrawsTheDarkBall(nn.Module):
    """In the place of Faster R-CNN: a box around what is dark in the middle slice of three."""

    def forward(self, images: list[Tensor]) -> list[dict[str, Tensor]]:
        dark = (images[0][1] < 0.35) & (images[0][1] > 0.05)
        down, across = (torch.arange(n) - n / 2 for n in dark.shape)  # the edge of the liver is dark as well
        dark &= (down[:, None] ** 2 + across[None] ** 2) < 28**2
        rows, columns = (torch.where(dark.any(dim=axis))[0] for axis in (1, 0))
        if len(rows) == 0:
            return [{"boxes": torch.zeros(0, 4), "scores": torch.zeros(0)}]
        box = [[float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)]]
        return [{"boxes": torch.tensor(box), "scores": torch.tensor([0.8])}]


def test_boxes_of_slices_become_lesions_where_they_are(liver_case: Case) -> None:
    images, liver, instances = liver_case
    detector = object.__new__(FasterRCNN25D)
    detector._network, detector._settings = DrawsTheDarkBall(), Settings()
    nothing = Matched(instances.like(np.zeros_like(instances.array)), {}, {})
    listed = detector(images, liver, nothing)
    true = instances.array == 1
    best = max(
        2 * ((listed.instances.array == n) & true).sum() / ((listed.instances.array == n).sum() + true.sum())
        for n in listed.scores
    )
    assert best > 0.6 and max(listed.scores.values()) == pytest.approx(0.8)


def test_retinanet_learns_a_box_and_says_where_it_is_in_voxels() -> None:
    torch.manual_seed(0)
    network = make_retinanet(1, (8, 8, 8), 8)
    image = torch.zeros(1, 32, 32, 32)
    image[:, 10:18, 12:20, 8:16] = 1
    target = {"box": torch.tensor([[10.0, 12, 8, 18, 20, 16]]), "label": torch.tensor([0])}
    losses = network([image], [target])
    assert set(losses) == {"classification", "box_regression"} and sum(losses.values()).isfinite()
    sum(losses.values()).backward()
    network.eval()
    with torch.inference_mode():
        (told,) = network([image])
    assert told["box"].shape[1] == 6 and len(told["box"]) == len(told["label_scores"])


def test_boxes_of_retinanet_become_lesions(scene: Scene, liver_case: Case) -> None:
    images, liver, instances = liver_case
    region = scene.bring(instances.array[scene.block] == 1)
    places = np.argwhere(region[searched_block(scene)])
    corners = [*places.min(axis=0), *(places.max(axis=0) + 1)]

    class Draws(nn.Module):
        def forward(self, seen: list[Tensor]) -> list[dict[str, Tensor]]:
            assert seen[0].shape[0] == 4
            return [{"box": torch.tensor([corners], dtype=torch.float32), "label_scores": torch.tensor([0.7])}]

    detector = object.__new__(RetinaNet3D)
    detector._network, detector._settings = Draws(), Settings()
    listed = detector(images, liver, Matched(instances, {1: 0.9, 2: 0.9}, {1: (), 2: ()}), silent)
    assert listed.scores == {1: pytest.approx(0.7)} and listed.visible_in == {1: tuple(images)}
    found = listed.instances.array == 1
    assert 2 * (found & (instances.array == 1)).sum() / (found.sum() + (instances.array == 1).sum()) > 0.85
