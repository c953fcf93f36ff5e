"""Detectors that draw boxes: what they see, what becomes of their boxes, and that they refuse without weights."""

from __future__ import annotations

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
from livercad.detectors.boxes import ENLARGED, FasterRCNN25D, RetinaNet3D, channels_of, ellipsoid, slices_of
from livercad.detectors.choose import load_detector
from livercad.detectors.scene import Scene
from livercad.errors import ModelError
from livercad.networks.retinanet import make_retinanet
from livercad.progress import silent
from livercad.settings import Settings
from two_lesions import SIDE

Case = tuple[dict[Phase, Volume], Volume, Volume]


@pytest.mark.parametrize("name", ["faster-rcnn", "retinanet"])
def test_a_detector_without_weights_is_refused_with_their_place(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path))
    monkeypatch.setattr(boxes.BoxDetector, "make", staticmethod(lambda: nn.Linear(1, 1)))
    for kind in (FasterRCNN25D, RetinaNet3D):
        monkeypatch.setattr(kind, "make", staticmethod(lambda: nn.Linear(1, 1)))
    with pytest.raises(ModelError, match=f"detector-{name}.*found no weights"):
        load_detector(Settings(detector=name))
    save_file({"weight": torch.zeros(2, 2)}, path := tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="do not fit"):
        FasterRCNN25D(Settings(), path)


def test_the_networks_own_list_needs_no_detector() -> None:
    assert load_detector(Settings(detector="components")) is None


def test_slices_show_the_reference_phase_with_its_neighbours(scene: Scene) -> None:
    seen = slices_of(scene)
    middle = scene.searched.shape[2] // 2
    assert len(seen) == scene.searched.shape[2]
    torch.testing.assert_close(seen[middle][2], seen[middle + 1][1])
    torch.testing.assert_close(seen[middle][0], seen[middle - 1][1])
    i, j, _ = np.argwhere(scene.searched & (scene.contrast[Phase.PORTAL] < -50))[40]
    k = np.argwhere(scene.searched & (scene.contrast[Phase.PORTAL] < -50))[40][2]
    told = 0.5 + scene.contrast[Phase.PORTAL][i, j, k] / 200
    assert seen[k][1, ENLARGED * j, ENLARGED * i].item() == pytest.approx(told, abs=1e-5)


def test_channels_are_the_phases_and_missing_ones_are_empty(scene: Scene) -> None:
    seen = channels_of(scene)
    assert seen.shape == (4, *scene.searched.shape) and not seen[list(Phase).index(Phase.DELAYED)].any()
    assert seen[list(Phase).index(Phase.PORTAL)][~torch.from_numpy(scene.searched)].abs().max() == 0


def test_an_ellipsoid_fills_its_box() -> None:
    mask = ellipsoid((2, 4, 6, 12, 16, 14), np.ones((20, 20, 20), bool))
    assert [(int(axis.min()), int(axis.max()) + 1) for axis in np.nonzero(mask)] == [(2, 12), (4, 16), (6, 14)]
    assert mask.sum() == pytest.approx(np.pi / 6 * 10 * 12 * 8, rel=0.08)


class DrawsTheDarkBall(nn.Module):
    """In the place of Faster R-CNN: a box around what is dark in the middle slice of three."""

    def forward(self, images: list[Tensor]) -> list[dict[str, Tensor]]:
        dark = (images[0][1] < 0.35) & (images[0][1] > 0.05)
        away = torch.arange(dark.shape[0]) - SIDE  # the edge of the liver is dark as well
        dark &= (away[:, None] ** 2 + away[None] ** 2) < 28**2
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
    network = make_retinanet(1, (4, 8, 8, 8), 8)
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
    places = np.argwhere(region)
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
