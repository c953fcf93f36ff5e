"""A small 3-D RetinaNet (Lin et al. 2017) of MONAI's parts, for livers on a grid of 2 mm, phases as channels."""

from __future__ import annotations

from monai.apps.detection.networks.retinanet_detector import RetinaNetDetector
from monai.apps.detection.networks.retinanet_network import RetinaNet
from monai.apps.detection.utils.anchor_utils import AnchorGeneratorWithAnchorShape
from monai.networks.blocks.backbone_fpn_utils import BackboneWithFPN
from monai.networks.nets.resnet import ResNet, ResNetBlock

WIDTHS = (16, 32, 48, 64)
"""Channels of the four stages of the backbone, which has one block each."""
PYRAMID = 32
"""Channels of the feature pyramid. RetinaNet has 256; a step of training took most of a minute so on a busy core."""
ANCHORS = ((4, 4, 4), (7, 7, 7))
"""Sides in voxels on the finest level: 8 and 14 mm at 2 mm; each coarser level has them twice as large."""
DIVISIBLE = 32
"""Images are filled up to whole numbers of this many voxels."""
LEAST_SCORE, NMS_IOU = 0.02, 0.2


def make_retinanet(
    channels: int, widths: tuple[int, int, int, int] = WIDTHS, pyramid: int = PYRAMID
) -> RetinaNetDetector:
    """Put the detector together, with random weights.

    Parameters
    ----------
    channels : int
        Of the image.
    widths : tuple of int
        Channels of the four stages.
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
        list(widths),
        spatial_dims=3,
        n_input_channels=channels,
        conv1_t_size=3,
        conv1_t_stride=1,
        feed_forward=False,
    )
    layers = {f"layer{n}": str(n - 1) for n in (1, 2, 3)}
    features = BackboneWithFPN(backbone, layers, list(widths[:3]), pyramid, 3)
    levels = len(layers) + 1  # the pyramid adds one
    network = RetinaNet(3, 1, len(ANCHORS), features, size_divisible=[DIVISIBLE] * 3)
    anchors = AnchorGeneratorWithAnchorShape([2**level for level in range(levels)], ANCHORS)
    detector = RetinaNetDetector(network, anchors, spatial_dims=3, num_classes=1, size_divisible=[DIVISIBLE] * 3)
    detector.set_target_keys(box_key="box", label_key="label")
    detector.set_atss_matcher(num_candidates=4, center_in_gt=False)
    detector.set_hard_negative_sampler(batch_size_per_image=64, positive_fraction=0.3, pool_size=20)
    detector.set_box_selector_parameters(score_thresh=LEAST_SCORE, topk_candidates_per_level=200, nms_thresh=NMS_IOU)
    return detector
