"""Faster R-CNN: region proposals and heads trained at the same time (sections 4.3, 5.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN

from livercad.learning.hardware import computes_in_bfloat16
from livercad.networks.base_weights import NONE, load_base
from livercad.networks.faster_rcnn import Backbone, make_backbone, make_faster_rcnn
from livercad.papers.aluko2018.images import ImageData
from livercad.papers.aluko2018.settings import DetectorSettings, Settings
from livercad.progress import Progress
from livercad.studies.deeplesion.rows import Part

LESION = "lesion"
"""The one class of a detector that does not tell types apart."""
AT_ONCE = 4
"""Images that a trained network answers together."""
LOSSES = {
    "loss_objectness": "RPN classifier",
    "loss_rpn_box_reg": "RPN regressor",
    "loss_classifier": "final classifier",
    "loss_box_reg": "final regressor",
}
"""Torchvision's names, and those of the paper's Figure 6."""


def weights_of(backbone: Backbone, settings: Settings) -> str:
    """Where a backbone's weights come from."""
    told = {Backbone.VGG16: settings.weights.vgg16, Backbone.RESNET50: settings.weights.resnet50}
    return told.get(backbone, NONE)


def new_detector(
    backbone: Backbone, settings: DetectorSettings, classes: int, *, weights: str = NONE, fixed_norm: bool = False
) -> FasterRCNN:
    """Make a detector.

    Parameters
    ----------
    backbone : Backbone
        Which.
    settings : DetectorSettings
        Sizes, anchors and thresholds.
    classes : int
        Kinds of lesions.
    weights : str
        Where ImageNet's come from.
    fixed_norm : bool, default False
        Whether batch normalisation keeps its statistics; so it does in any case with weights.

    Returns
    -------
    FasterRCNN
        In training.
    """
    features = make_backbone(
        backbone,
        settings.stride,
        fixed_norm=fixed_norm or weights != NONE,
        in_bfloat16=computes_in_bfloat16("cuda" if torch.cuda.is_available() else "cpu"),
    )
    body = nn.ModuleDict({"features": features.body}) if backbone is Backbone.VGG16 else features.body
    load_base(body, backbone.value, weights)
    return make_faster_rcnn(
        features,
        classes,
        settings.size,
        settings.stride,
        anchors=settings.anchors,
        ratios=settings.ratios,
        max_pooling=settings.max_pooling,
        pooled=settings.pooled,
        units=settings.units,
        proposals=settings.proposals,
        rois=settings.rois,
        negative_iou=settings.negative_iou,
    )


class DetectorTask:
    """Training a detector.

    Parameters
    ----------
    backbone : Backbone
        Of the detector.
    data : ImageData
        The images.
    pixels : ndarray of uint8, shape (examples, 3, size, size)
        In the detector's size.
    settings : Settings
        Of the reproduction.
    kinds : tuple of str
        Kinds of lesions that it tells apart; `LESION` alone takes all together.
    device : str
        Where it runs.
    """

    falls = True
    rate_setting = "detector.learning_rate"

    def __init__(
        self,
        backbone: Backbone,
        data: ImageData,
        pixels: npt.NDArray[np.uint8],
        settings: Settings,
        kinds: tuple[str, ...],
        device: str,
    ) -> None:
        group = settings.detector
        weights = weights_of(backbone, settings)
        self.network: nn.Module = new_detector(backbone, group, len(kinds), weights=weights).to(device)
        trained = [p for p in self.network.parameters() if p.requires_grad]
        self.optimizer: torch.optim.Optimizer = torch.optim.Adam(trained, lr=group.learning_rate)
        self.batch = group.batch
        self._data, self._pixels, self._settings, self._kinds, self._device = data, pixels, group, kinds, device

    def losses(self, numbers: Sequence[int]) -> dict[str, Tensor]:
        """The four losses of Figure 6; the two regressors' weigh λ."""
        losses = self.network(self._images(numbers), [self._target(number) for number in numbers])
        weight = self._settings.regression_weight
        return {name: losses[loss] * (weight if "reg" in loss else 1.0) for loss, name in LOSSES.items()}

    def validation(self) -> dict[str, float]:
        """The same of the validation images."""
        numbers = self._data.numbers(Part.VALIDATION)
        if not numbers:
            return {}
        with _fixed_norms(self.network):
            taken = [self.losses(numbers[first : first + AT_ONCE]) for first in range(0, len(numbers), AT_ONCE)]
        return {name: float(np.mean([float(each[name]) for each in taken])) for name in LOSSES.values()}

    def answers(self, progress: Progress) -> dict[str, Any]:
        """For each validation and test image: boxes in shares of its sides, labels and scores, the surest first."""
        return {part.title: self._answered(self._data.numbers(part)) for part in (Part.VALIDATION, Part.TEST)}

    def _answered(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        answers = []
        with torch.inference_mode():
            for first in range(0, len(numbers), AT_ONCE):
                for found in self.network(self._images(numbers[first : first + AT_ONCE])):
                    boxes = (found["boxes"].double().cpu() / self._settings.size).clamp(0, 1)
                    answers.append(
                        {
                            "boxes": boxes.numpy().round(5).tolist(),
                            "labels": [self._kinds[int(label) - 1] for label in found["labels"]],
                            "scores": found["scores"].double().cpu().numpy().round(5).tolist(),
                        }
                    )
        return answers

    def _images(self, numbers: Sequence[int]) -> list[Tensor]:
        return [torch.from_numpy(np.array(self._pixels[n])).to(self._device).float() / 255 for n in numbers]

    def _target(self, number: int) -> dict[str, Tensor]:
        lesions = self._data.examples[number].lesions
        if self._kinds != (LESION,):
            lesions = tuple(lesion for lesion in lesions if lesion.kind in self._kinds)
        boxes = torch.tensor([lesion.box for lesion in lesions], dtype=torch.float32).reshape(-1, 4)
        kinds = [self._kinds.index(lesion.kind) + 1 if self._kinds != (LESION,) else 1 for lesion in lesions]
        return {
            "boxes": (boxes * self._settings.size).to(self._device),
            "labels": torch.tensor(kinds, dtype=torch.int64, device=self._device),
        }


@contextmanager
def _fixed_norms(network: nn.Module) -> Iterator[None]:
    """Have a detector give losses while batch normalisation learns nothing of the images."""
    network.train()
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    for layer in norms:
        layer.eval()
    try:
        yield
    finally:
        for layer in norms:
            layer.train()
