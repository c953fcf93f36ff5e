"""A small 3-D RetinaNet (Lin et al. 2017) of MONAI's parts, for livers on a grid of 2 mm, phases as channels."""

from __future__ import annotations

from monai.apps.detection.networks.retinanet_detector import RetinaNetDetector
from monai.apps.detection.networks.retinanet_network import RetinaNet
from monai.apps.detection.utils.anchor_utils import AnchorGeneratorWithAnchorShape
from monai.networks.blocks.backbone_fpn_utils import BackboneWithFPN
from monai.networks.nets.resnet import ResNet, ResNetBlock
from torch import nn

WIDTHS = (16, 32, 64)
"""Channels of the three stages of the backbone, which have one block each and strides of 2, 4 and 8."""
PYRAMID = 32
"""Channels of the feature pyramid. RetinaNet has 256; a step of training took most of a minute so on a busy core."""
ANCHORS = ((5, 5, 5), (8, 8, 8))
"""Sides in voxels on the finest level, of a stride of 4: 10 and 16 mm at 2 mm; the other two have them twice and four
times as large."""
DIVISIBLE = 16
"""Images are filled up to whole numbers of this many voxels."""
GROUPS = 8
"""Of channels that are normalised together, in each image by itself: there is one in a step of training."""
LEAST_SCORE, NMS_IOU = 0.02, 0.2


def make_retinanet(channels: int, widths: tuple[int, int, int] = WIDTHS, pyramid: int = PYRAMID) -> RetinaNetDetector:
    """Put the detector together, with random weights.

    Parameters
    ----------
    channels : int
        Of the image.
    widths : tuple of int
        Channels of the three stages, multiples of `GROUPS`.
    pyramid : int
        Channels of the feature pyramid, a multiple of 8.

    Returns
    -------
    RetinaNetDetector
        Its targets have ``box`` and ``label``, its results ``label_scores`` as well; boxes are the lower corner, then
        the upper corner, in voxels.
    """
    backbone = ResNet(
        ResNetBlock,
        [1, 1, 1, 1],
        [*widths, widths[-1]],
        spatial_dims=3,
        n_input_channels=channels,
        conv1_t_size=3,
        conv1_t_stride=2,
        feed_forward=False,
        norm=("group", {"num_groups": GROUPS}),
    )
    # The first convolution has the stride; `no_max_pool` is not heard where stages are taken one by one.
    backbone.add_module("maxpool", nn.Identity())
    layers = {"layer2": "0", "layer3": "1"}  # what comes after the last of these is not made
    features = BackboneWithFPN(backbone, layers, list(widths[1:]), pyramid, 3)
    levels = len(layers) + 1  # the pyramid adds one
    network = RetinaNet(3, 1, len(ANCHORS), features, size_divisible=[DIVISIBLE] * 3)
    anchors = AnchorGeneratorWithAnchorShape([2**level for level in range(levels)], ANCHORS)
    detector = RetinaNetDetector(network, anchors, spatial_dims=3, num_classes=1, size_divisible=[DIVISIBLE] * 3)
    detector.set_target_keys(box_key="box", label_key="label")
    detector.set_atss_matcher(num_candidates=4, center_in_gt=False)
    detector.set_hard_negative_sampler(batch_size_per_image=64, positive_fraction=0.3, pool_size=20)
    detector.set_box_selector_parameters(score_thresh=LEAST_SCORE, topk_candidates_per_level=200, nms_thresh=NMS_IOU)
    return detector
