"""The served detector: boxes in the patient's own millimetres, whatever way a volume's axes point."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save
from scipy import ndimage
from scipy.spatial.transform import Rotation
from torch import Tensor, nn

from aluko_folder import small_settings
from livercad.core.geometry import Box, Frame
from livercad.core.volume import Volume
from livercad.errors import Cancelled, ModelError
from livercad.networks.faster_rcnn import Backbone
from livercad.papers.aluko2018.detector import new_detector
from livercad.papers.aluko2018.predictor import FILES, AlukoDetector, ExportedDetector


def write_model(folder: Path) -> Path:
    """A detector that has learnt nothing."""
    torch.manual_seed(0)
    settings = small_settings().detector
    data = save(new_detector(Backbone.SMALL, settings, 1).state_dict())
    description = ExportedDetector(
        version="1", backbone=Backbone.SMALL, fixed_norm=False, detector=settings, window=(-175, 275),
        trained_on="nothing", training_images=0, threshold=0.5, sensitivity=0.0,
        weights_sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    folder.mkdir()
    (folder / FILES.weights).write_bytes(data)
    (folder / FILES.description).write_text(description.model_dump_json(), encoding="utf-8")
    return folder


class Bright(nn.Module):
    """A network that boxes what is white in the key slice, as torchvision's detectors answer."""

    def forward(self, images: list[Tensor]) -> list[dict[str, Tensor]]:
        return [self._one(image[1] > 0.9) for image in images]

    def _one(self, white: Tensor) -> dict[str, Tensor]:
        spots = ndimage.find_objects(ndimage.label(white.numpy())[0])
        boxes = [[float(x.start), float(y.start), float(x.stop), float(y.stop)] for y, x in spots]
        scores = torch.full((len(boxes),), 0.9)
        return {"boxes": torch.tensor(boxes).reshape(-1, 4), "scores": scores, "labels": torch.ones(len(boxes))}


@pytest.fixture
def detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AlukoDetector:
    detector = AlukoDetector(write_model(tmp_path / "model"))
    monkeypatch.setattr(detector, "_network", Bright())
    # Boxes of the stand-in are not padded as those of DeepLesion are.
    monkeypatch.setattr("livercad.papers.aluko2018.predictor.PADDING", 0.0)
    return detector


def abdomen(affine: np.ndarray, order: tuple[int, int, int]) -> tuple[Volume, Volume, np.ndarray]:
    """CT, liver and the mask of a bright lesion in it; a bright spot lies outside the liver as well."""
    shape = np.array((64, 48, 12))[list(order)]
    points = np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]

    def ball(voxel: tuple[int, int, int], radius: float) -> np.ndarray:
        middle = np.array(voxel)[list(order)] @ affine[:3, :3].T + affine[:3, 3]
        return np.linalg.norm(points - middle, axis=-1) < radius

    liver, lesion, other = ball((22, 22, 6), 18), ball((24, 20, 6), 7), ball((54, 40, 6), 4)
    hu = np.where(lesion | other, 400, np.where(liver, 60, -100)).astype(np.int16)
    return Volume(hu, affine), Volume(liver.astype(np.uint8), affine), lesion


@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, -1, 1), (1, -1, -1)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_a_lesion_in_the_liver_is_boxed_where_it_is_on_oblique_and_flipped_volumes(
    detector: AlukoDetector, flips: tuple[int, int, int], order: tuple[int, int, int]
) -> None:
    affine = np.eye(4)
    turn = Rotation.from_euler("xyz", (5, -4, 7), degrees=True).as_matrix()
    affine[:3, :3] = (turn @ np.diag(flips) @ np.diag([1.0, 1.0, 2.5]))[:, order]
    affine[:3, 3] = (-12, 35, 900)
    ct, liver, lesion = abdomen(affine, order)
    (found,) = detector(ct, liver)
    expected = Box.around(lesion).to(Frame.RAS, affine)
    assert found.score == pytest.approx(0.9)
    assert found.box.frame is Frame.RAS
    assert found.box.center == pytest.approx(expected.center, abs=0.6)
    assert found.box.size == pytest.approx(expected.size, abs=1.2)


def test_padding_is_taken_off_but_something_is_left(detector: AlukoDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    ct, liver, _ = abdomen(np.diag([-1.0, -1.0, 2.5, 1.0]), (0, 1, 2))
    whole = detector(ct, liver)[0].box.size
    monkeypatch.setattr("livercad.papers.aluko2018.predictor.PADDING", 16.0)  # 2 voxels of 64
    assert detector(ct, liver)[0].box.size[0] == pytest.approx(whole[0] - 4)
    monkeypatch.setattr("livercad.papers.aluko2018.predictor.PADDING", 512.0)
    assert detector(ct, liver)[0].box.size[0] == pytest.approx(whole[0] / 2)


def test_it_can_be_cancelled_and_tells_how_far_it_is(detector: AlukoDetector) -> None:
    ct, liver, _ = abdomen(np.eye(4), (0, 1, 2))
    seen: list[float] = []
    detector(ct, liver, lambda done, total, what: seen.append(done / total))
    assert seen == sorted(seen) and seen[-1] == 1

    def cancel(done: float, total: float, what: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        detector(ct, liver, cancel)


def test_a_liver_on_another_grid_is_refused(detector: AlukoDetector) -> None:
    ct, liver, _ = abdomen(np.eye(4), (0, 1, 2))
    with pytest.raises(ValueError, match="not on the image's grid"):
        detector(ct, Volume(liver.array, np.diag([1.0, 1.0, 2.0, 1.0])))


def test_a_network_of_its_own_weights_answers_alike_each_time(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    ct, liver, _ = abdomen(np.eye(4), (0, 1, 2))
    assert AlukoDetector(folder)(ct, liver) == AlukoDetector(folder)(ct, liver)


def test_missing_and_damaged_models_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="livercad reproduce aluko2018"):
        AlukoDetector(tmp_path)
    folder = write_model(tmp_path / "model")
    (folder / FILES.weights).write_bytes(b"other weights")
    with pytest.raises(ModelError, match="not those of its description"):
        AlukoDetector(folder)
