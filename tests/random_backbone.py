"""A ResNet50 that has learnt nothing, in the place of ImageNet's."""

from __future__ import annotations

import torch

from livercad.networks.planar_features import ResNet50Features
from livercad.ultrasound.backbone import Backbone


def random_backbone(_: str) -> tuple[Backbone, ResNet50Features, str]:
    """As `livercad.ultrasound.training.sources.load_backbone`; always the same."""
    torch.manual_seed(0)
    return Backbone.RESNET50, ResNet50Features(), "random weights"
