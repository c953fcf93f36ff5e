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
from torchvision.models.detection.transform import GeneralizedRCNNTransform

from livercad.core.findings import ModelUsed
from livercad.core.geometry import Box
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.detection.linking import SliceBox, link_boxes
from livercad.detection.matching import Matched
from livercad.detectors.candidates import Candidate, as_list, without_overlap
from livercad.detectors.scene import Mask, Scene
from livercad.detectors.shown import ENLARGED, Shown, channels_of, reference_of, searched_block, shown_of, slices_of
from livercad.errors import ModelError
from livercad.models.convert import content_sha256
from livercad.networks.faster_rcnn import Backbone, make_backbone, make_faster_rcnn
from livercad.networks.retinanet import make_retinanet
from livercad.progress import Progress, silent
from livercad.settings import Settings, models_folder

SLICE_ANCHORS = (10.0, 16.0, 26.0, 50.0)
"""Sides in pixels of 1 mm."""
LINKED_SCORE = 0.1
"""Of boxes in slices that are linked. Our choice: less sure ones make lesions longer than they are."""

MOST_BOXES = 40
"""Of a study that become lesions, the surest ones. Our choice."""

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
        todo = (
            f"LiverCAD comes without: `python scripts/train_models.py {self.name} --work DIR --install` trains them. "
            "Or take --detector rescored or components."
        )
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

    @staticmethod
    @abstractmethod
    def boxes(network: nn.Module, shown: Shown, progress: Progress) -> list[ScoredBox]:
        """Draw boxes with a network of `make`'s, in evaluation mode, on the CPU; voxels are those of what is shown."""

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
        block = searched_block(scene)
        start = np.tile([side.start for side in block], 2)
        drawn = self.boxes(self._network, shown_of(scene, block), progress)
        sure = sorted((box for box in drawn if box[1] >= self._settings.minimum_score), key=lambda box: -box[1])
        candidates = [
            Candidate(region, score, phases)
            for corners, score in sure[:MOST_BOXES]
            if (region := ellipsoid(start + corners, scene.searched)).any()
        ]
        return as_list(without_overlap(candidates), scene, found.instances, self._settings)


class AsLargeAsTheyAre(GeneralizedRCNNTransform):
    """Scales no image: torchvision's own takes `_skip_resize` for an order that holds in training only."""

    def resize(self, image: Tensor, target: dict[str, Tensor] | None = None) -> tuple[Tensor, dict[str, Tensor] | None]:
        """Give both back."""
        return image, target


class FasterRCNN25D(BoxDetector):
    """Faster R-CNN on axial slices of the reference phase with their neighbours, boxes linked to lesions."""

    name = "faster-rcnn"

    @staticmethod
    def make() -> nn.Module:
        """As `livercad.networks.faster_rcnn` has it, with the small backbone and RoIAlign."""
        network = make_faster_rcnn(
            make_backbone(Backbone.SMALL, 8),
            1,
            512,  # that of `anchors`
            8,
            anchors=SLICE_ANCHORS,
            max_pooling=False,
            pooled=5,
            units=96,
            proposals=100,
        )
        network.transform = AsLargeAsTheyAre(512, 512, network.transform.image_mean, network.transform.image_std)
        return network

    @staticmethod
    def boxes(network: nn.Module, shown: Shown, progress: Progress = silent) -> list[ScoredBox]:
        """Draw boxes slice by slice, and link them."""
        image = shown[reference_of(shown)]
        stack = slices_of(image)
        drawn: list[SliceBox] = []
        for k in np.flatnonzero(image.any(axis=(0, 1))).tolist():
            progress(k, len(stack), "Faster R-CNN")
            with torch.inference_mode():
                (told,) = network([stack[k]])
            for corners, score in zip(told["boxes"].tolist(), told["scores"].tolist(), strict=True):
                # Columns of the image run along the scene's first axis, rows along its second.
                x0, y0, x1, y1 = (value / ENLARGED for value in corners)
                if x1 > x0 and y1 > y0 and score >= LINKED_SCORE:
                    drawn.append(SliceBox(k, (x0, y0, x1, y1), score))
        progress(1, 1, "Faster R-CNN")
        return [(_from_edges(lesion.box), lesion.score) for lesion in link_boxes(drawn, Volume(image, np.eye(4)))]


class RetinaNet3D(BoxDetector):
    """RetinaNet on the whole scene, phases as channels."""

    name = "retinanet"

    @staticmethod
    def make() -> nn.Module:
        """As `livercad.networks.retinanet` has it."""
        return make_retinanet(len(Phase))

    @staticmethod
    def boxes(network: nn.Module, shown: Shown, progress: Progress = silent) -> list[ScoredBox]:
        """Draw boxes."""
        progress(0, 1, "RetinaNet")
        with torch.inference_mode():
            (told,) = network([channels_of(shown)])
        progress(1, 1, "RetinaNet")
        pairs = zip(told["box"].tolist(), told["label_scores"].tolist(), strict=True)
        return [(tuple(corners), score) for corners, score in pairs]


def weights_of(name: str) -> Path:
    """Where the weights of a detector that does not come with LiverCAD are sought."""
    return models_folder() / model_of(name) / f"{model_of(name)}.safetensors"


def model_of(name: str) -> str:
    """What the model of a detector is called."""
    return f"detector-{name}"


def ellipsoid(corners: Sequence[float] | npt.NDArray[np.float64], searched: Mask) -> Mask:
    """The voxels of what is searched whose middle lies in the ellipsoid that fills a box."""
    low, high = np.asarray(corners[:3]), np.asarray(corners[3:])
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 0.5)
    squares: list[npt.NDArray[np.float64]] = [
        ((np.arange(n) + 0.5 - m) / h) ** 2 for n, m, h in zip(searched.shape, middle, half, strict=True)
    ]
    i, j, k = np.ix_(*squares)
    return np.asarray((i + j + k <= 1) & searched)


def _from_edges(box: Box) -> tuple[float, ...]:
    """Corners counted from the outer edge of the first voxel, of a box whose voxels' middles are whole numbers."""
    return tuple(value + 0.5 for value in (*box.minimum, *box.maximum))
