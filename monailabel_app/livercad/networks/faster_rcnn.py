"""Faster R-CNN on one feature map, with anchors and backbones to choose from (Ren et al. 2015; torchvision's parts).

The anchors are those of Aluko et al. 2018, section 5.2, after DeepLesion (Yan et al. 2018).
"""

from __future__ import annotations

from collections import OrderedDict
from enum import StrEnum

import torch
from torch import Tensor, nn
from torchvision.models import resnet50
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.ops import FrozenBatchNorm2d, MultiScaleRoIAlign, roi_pool

from livercad.networks.aluko2018 import POOLS, SCALE, SHIFT, vgg16_layers

ANCHORS = (16.0, 24.0, 32.0, 48.0, 96.0)
"""Sides in pixels of a 512 × 512 slice (section 5.2)."""
RATIOS = (0.5, 1.0, 2.0)
"""Height over width: 1:2, 1:1 and 2:1 (section 5.2)."""


class Backbone(StrEnum):
    """What computes the features."""

    RESNET50 = "resnet50"
    """Up to its third stage, as Faster R-CNN takes it (He et al. 2016)."""
    VGG16 = "vgg16"
    """Its thirteen convolutions, as in DeepLesion's own detector."""
    SMALL = "small"
    """Seven convolutions with batch normalisation; our own."""


class Features(nn.Module):
    """A backbone as torchvision's detectors take it.

    Parameters
    ----------
    body : Module
        Image to features.
    channels : int
        Of the features.
    in_bfloat16 : bool, default False
        Whether the body computes in bfloat16; its features are single precision in any case.
    """

    def __init__(self, body: nn.Module, channels: int, in_bfloat16: bool = False) -> None:
        super().__init__()
        self.body = body
        self.out_channels = channels
        self.in_bfloat16 = in_bfloat16

    def forward(self, images: Tensor) -> OrderedDict[str, Tensor]:
        """Compute the one feature map.

        Parameters
        ----------
        images : Tensor, shape (batch, 3, rows, columns)
            Normalised.

        Returns
        -------
        OrderedDict of str to Tensor
            Under ``0``, shape (batch, channels, rows / stride, columns / stride).
        """
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.in_bfloat16):
            features = self.body(images.contiguous(memory_format=torch.channels_last))
        return OrderedDict([("0", features.float().contiguous())])


class RoIMaxPool(MultiScaleRoIAlign):
    """Region of interest pooling by maximum, as the paper has it (section 4.3), in the place of torchvision's RoIAlign.

    Parameters
    ----------
    output_size : int
        Rows and columns of what is pooled.
    stride : int
        Pixels of the image a cell of the features.
    """

    def __init__(self, output_size: int, stride: int) -> None:
        super().__init__(["0"], output_size, 0)
        self.stride = stride

    def forward(self, x: dict[str, Tensor], boxes: list[Tensor], image_shapes: list[tuple[int, int]]) -> Tensor:
        """Pool the features of boxes, shape (boxes, channels, output_size, output_size)."""
        return roi_pool(x["0"], boxes, self.output_size, 1.0 / self.stride)


def make_backbone(name: Backbone, stride: int, *, fixed_norm: bool = False, in_bfloat16: bool = False) -> Features:
    """Make a backbone with random weights.

    Parameters
    ----------
    name : Backbone
        Which.
    stride : int
        Pixels of the image a cell of the features: 8 or 16.
    fixed_norm : bool, default False
        Whether batch normalisation keeps the statistics that come with weights, as is usual where a batch has few
        images; without such weights it has to learn them.
    in_bfloat16 : bool, default False
        See `Features`.

    Returns
    -------
    Features
        At that stride.

    Raises
    ------
    ValueError
        If the stride is another.
    """
    if stride not in (8, 16):
        raise ValueError(f"A backbone has a stride of 8 or 16, not {stride}.")
    if name is Backbone.RESNET50:
        norm: type[nn.Module] = FrozenBatchNorm2d if fixed_norm else nn.BatchNorm2d
        whole = resnet50(weights=None, norm_layer=norm, replace_stride_with_dilation=[False, stride == 8, True])
        names = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3")
        return Features(nn.Sequential(OrderedDict((n, getattr(whole, n)) for n in names)), 1024, in_bfloat16)
    if name is Backbone.VGG16:
        # The last pooling goes in any case, as Faster R-CNN has it; that of block 4 too at a stride of 8.
        return Features(vgg16_layers(POOLS[3:] if stride == 8 else POOLS[4:]), 512, in_bfloat16)
    return Features(_small(stride), 128, in_bfloat16)


def make_faster_rcnn(
    backbone: Features,
    classes: int,
    size: int,
    stride: int,
    *,
    anchors: tuple[float, ...] = ANCHORS,
    ratios: tuple[float, ...] = RATIOS,
    max_pooling: bool = True,
    pooled: int = 7,
    units: int = 1024,
    proposals: int = 300,
    rois: int = 64,
    negative_iou: float = 0.3,
    box_iou: float = 0.5,
    nms_iou: float = 0.3,
) -> FasterRCNN:
    """Put a Faster R-CNN together.

    Parameters
    ----------
    backbone : Features
        From `make_backbone`.
    classes : int
        Kinds of lesions, without the background.
    size : int
        Rows and columns of the images, which are not scaled again.
    stride : int
        The backbone's.
    anchors : tuple of float
        Sides in pixels of a slice of 512 pixels; they shrink with `size`.
    ratios : tuple of float
        Height over width.
    max_pooling : bool, default True
        As the paper has it; else RoIAlign.
    pooled : int, default 7
        Rows and columns of a pooled region.
    units : int, default 1024
        Of the two dense layers of the head.
    proposals : int, default 300
        Regions that the region proposal network gives to the head.
    rois : int, default 64
        Of these, how many a training step takes of an image.
    negative_iou : float, default 0.3
        Anchors that overlap every box less are background; between this and 0.7 they teach nothing.
    box_iou : float, default 0.5
        From which a proposal is a lesion.
    nms_iou : float, default 0.3
        Of two boxes that overlap more, the less sure one goes.

    Returns
    -------
    FasterRCNN
        In training it gives the four losses, else boxes, labels (from 1) and scores.
    """
    sides = tuple(side * size / 512 for side in anchors)
    pool = RoIMaxPool(pooled, stride) if max_pooling else MultiScaleRoIAlign(["0"], pooled, 2)
    return FasterRCNN(
        backbone,
        min_size=size,
        max_size=size,
        image_mean=list(SHIFT),
        image_std=list(SCALE),
        rpn_anchor_generator=AnchorGenerator((sides,), (ratios,)),
        rpn_pre_nms_top_n_train=2 * proposals,
        rpn_pre_nms_top_n_test=2 * proposals,
        rpn_post_nms_top_n_train=proposals,
        rpn_post_nms_top_n_test=proposals,
        rpn_fg_iou_thresh=0.7,
        rpn_bg_iou_thresh=negative_iou,
        box_roi_pool=pool,
        box_head=TwoMLPHead(backbone.out_channels * pooled**2, units),
        box_predictor=FastRCNNPredictor(units, classes + 1),
        box_score_thresh=0.01,
        box_nms_thresh=nms_iou,
        box_detections_per_img=50,
        box_fg_iou_thresh=box_iou,
        box_bg_iou_thresh=box_iou,
        box_batch_size_per_image=rois,
        _skip_resize=True,
    )


def _small(stride: int) -> nn.Sequential:
    """Seven convolutions; the last stage is dilated at a stride of 8."""
    layers: list[nn.Module] = []
    before = 3
    last = (1, 2) if stride == 8 else (2, 1)
    for width, step, dilation in (
        (32, 2, 1), (32, 1, 1), (64, 2, 1), (64, 1, 1), (128, 2, 1), (128, *last), (128, 1, 2),
    ):  # fmt: skip
        layers += [
            nn.Conv2d(before, width, 3, step, padding=dilation, dilation=dilation, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        ]
        before = width
    return nn.Sequential(*layers)
