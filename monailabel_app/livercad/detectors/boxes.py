"""The detectors `faster-rcnn` and `retinanet`: networks that draw boxes around lesions in a scene."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from livercad.core.findings import ModelUsed
from livercad.core.geometry import Box
from livercad.core.phases import REFERENCE_ORDER, Phase
from livercad.core.volume import Volume
from livercad.detection.linking import SliceBox, link_boxes
from livercad.detection.matching import Matched
from livercad.detectors.candidates import Candidate, as_list, without_overlap
from livercad.detectors.scene import Array, Mask, Scene
from livercad.errors import ModelError
from livercad.models.convert import content_sha256
from livercad.networks.faster_rcnn import Backbone, make_backbone, make_faster_rcnn
from livercad.networks.retinanet import make_retinanet
from livercad.progress import Progress, silent
from livercad.settings import Settings, models_folder

UNIT_HU = 100.0
"""Contrast that comes to 1 in the networks' input."""
ENLARGED, SLICE_SIZE = 2, 320
"""Slices are shown to Faster R-CNN at half the scene's spacing, in images of so many rows and columns."""
SLICE_ANCHORS = (16.0, 26.0, 42.0, 80.0)
"""Sides for 512 pixels: 10, 16, 26 and 50 mm at 1 mm."""

ScoredBox = tuple[tuple[float, ...], float]
"""Lower corner, then upper corner, in voxels of the scene, voxel i from i to i + 1; and the score."""


class BoxDetector(ABC):
    """What both have in common: weights, and how boxes become lesions.

    A box's lesion is the ellipsoid that fills it, as far as it lies in what is searched: for its place and size; no
    outline.

    Parameters
    ----------
    settings : Settings
        `minimum_score` and `minimum_volume_ml`.
    weights : Path, optional
        A safetensors file; that in the folder of models where not given.

    Raises
    ------
    ModelError
        If there are no weights, or they do not fit.
    """

    name: str

    def __init__(self, settings: Settings, weights: Path | None = None) -> None:
        path = weights or weights_of(self.name)
        self._settings = settings
        self._network = self.make()
        todo = "LiverCAD comes without: put weights of your own there, or take --detector rescored or components."
        if not path.is_file():
            raise ModelError(path, found="no weights", expected=f"weights of the detector {self.name}", todo=todo)
        try:
            tensors = load_file(path)
            self._network.load_state_dict(tensors)
        except (SafetensorError, RuntimeError) as error:
            raise ModelError(path, found=f"weights that do not fit ({error})", expected=self.name, todo=todo) from error
        self._network.eval()
        sha256 = content_sha256({name: tensor.numpy() for name, tensor in tensors.items()})
        self.model = ModelUsed(name=self.name, version="own", sha256=sha256, runtime="torch cpu fp32")

    @staticmethod
    @abstractmethod
    def make() -> nn.Module:
        """The network, with random weights."""

    @abstractmethod
    def boxes(self, scene: Scene, progress: Progress) -> list[ScoredBox]:
        """Draw boxes in a scene, in its voxels."""

    def __call__(
        self, images: Mapping[Phase, Volume], liver: Volume, found: Matched, progress: Progress = silent
    ) -> Matched:
        """Find the lesions of a study; what was found before is not asked.

        Parameters
        ----------
        images : mapping of Phase to Volume
            Every phase in HU on the reference's grid.
        liver : Volume
            Its mask there, not empty.
        found : Matched
            The lesion network's list, on that grid.
        progress : Progress
            Told of the steps.

        Returns
        -------
        Matched
            The lesions whose score reaches `minimum_score`.
        """
        scene = Scene.of(images, liver)
        phases = tuple(phase for phase in Phase if phase in images)
        candidates = [
            Candidate(region, score, phases)
            for corners, score in self.boxes(scene, progress)
            if (region := ellipsoid(corners, scene.searched)).any()
        ]
        return as_list(without_overlap(candidates), scene, found.instances, self._settings)


class FasterRCNN25D(BoxDetector):
    """Faster R-CNN on axial slices of the reference phase with their neighbours, boxes linked to lesions."""

    name = "faster-rcnn"

    @staticmethod
    def make() -> nn.Module:
        """As `livercad.networks.faster_rcnn` has it, with the small backbone."""
        return make_faster_rcnn(
            make_backbone(Backbone.SMALL, 8),
            1,
            SLICE_SIZE,
            8,
            anchors=tuple(side * 512 / SLICE_SIZE for side in SLICE_ANCHORS),
            units=256,
            proposals=100,
        )

    def boxes(self, scene: Scene, progress: Progress = silent) -> list[ScoredBox]:
        """Draw boxes slice by slice, and link them."""
        stack = slices_of(scene)
        drawn: list[SliceBox] = []
        for k in range(len(stack)):
            progress(k, len(stack), "Faster R-CNN")
            if not scene.searched[:, :, k].any():
                continue
            with torch.inference_mode():
                (told,) = self._network([stack[k]])
            for corners, score in zip(told["boxes"].tolist(), told["scores"].tolist(), strict=True):
                # Columns of the image run along the scene's first axis, rows along its second.
                x0, y0, x1, y1 = (value / ENLARGED for value in corners)
                if x1 > x0 and y1 > y0:
                    drawn.append(SliceBox(k, (x0, y0, x1, y1), score))
        progress(1, 1, "Faster R-CNN")
        grid = Volume(scene.contrast[reference_of(scene)], np.eye(4))
        return [(_from_edges(lesion.box), lesion.score) for lesion in link_boxes(drawn, grid)]


class RetinaNet3D(BoxDetector):
    """RetinaNet on the whole scene, phases as channels."""

    name = "retinanet"

    @staticmethod
    def make() -> nn.Module:
        """As `livercad.networks.retinanet` has it."""
        return make_retinanet(len(Phase))

    def boxes(self, scene: Scene, progress: Progress = silent) -> list[ScoredBox]:
        """Draw boxes."""
        progress(0, 1, "RetinaNet")
        with torch.inference_mode():
            (told,) = self._network([channels_of(scene)])
        progress(1, 1, "RetinaNet")
        pairs = zip(told["box"].tolist(), told["label_scores"].tolist(), strict=True)
        return [(tuple(corners), score) for corners, score in pairs]


def weights_of(name: str) -> Path:
    """Where the weights of a detector that does not come with LiverCAD are sought."""
    return models_folder() / f"detector-{name}" / "weights.safetensors"


def reference_of(scene: Scene) -> Phase:
    """The phase of a scene that is read first."""
    return next(phase for phase in REFERENCE_ORDER if phase in scene.contrast)


def channels_of(scene: Scene) -> Tensor:
    """A scene as RetinaNet takes it, shape (phases, i, j, k): contrast in `UNIT_HU` where it is searched, else 0."""
    zero = np.zeros(scene.searched.shape, np.float32)
    images = [np.where(scene.searched, scene.contrast.get(phase, zero), 0) / UNIT_HU for phase in Phase]
    return torch.from_numpy(np.stack(images).astype(np.float32))


def slices_of(scene: Scene) -> list[Tensor]:
    """A scene as Faster R-CNN takes it: each slice and its neighbours, shape (3, rows, columns), in about [0, 1]."""
    image = _image_of(scene)
    below = np.concatenate([image[:, :, :1], image[:, :, :-1]], axis=2)
    above = np.concatenate([image[:, :, 1:], image[:, :, -1:]], axis=2)
    enlarge = [np.repeat(np.repeat(part, ENLARGED, axis=0), ENLARGED, axis=1) for part in (below, image, above)]
    whole = np.zeros((image.shape[2], 3, SLICE_SIZE, SLICE_SIZE), np.float32)
    columns, rows = (min(SLICE_SIZE, ENLARGED * n) for n in image.shape[:2])
    for channel, part in enumerate(enlarge):
        whole[:, channel, :rows, :columns] = part[:columns, :rows].transpose(2, 1, 0)
    return list(torch.from_numpy(whole))


def ellipsoid(corners: Sequence[float], searched: Mask) -> Mask:
    """The voxels of what is searched whose middle lies in the ellipsoid that fills a box."""
    low, high = np.asarray(corners[:3]), np.asarray(corners[3:])
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 0.5)
    squares: list[npt.NDArray[np.float64]] = [
        ((np.arange(n) + 0.5 - m) / h) ** 2 for n, m, h in zip(searched.shape, middle, half, strict=True)
    ]
    i, j, k = np.ix_(*squares)
    return np.asarray((i + j + k <= 1) & searched)


def _image_of(scene: Scene) -> Array:
    contrast = np.where(scene.searched, scene.contrast[reference_of(scene)], 0)
    return np.asarray(0.5 + contrast / (2 * UNIT_HU), np.float32)


def _from_edges(box: Box) -> tuple[float, ...]:
    """Corners counted from the outer edge of the first voxel, of a box whose voxels' middles are whole numbers."""
    return tuple(value + 0.5 for value in (*box.minimum, *box.maximum))
