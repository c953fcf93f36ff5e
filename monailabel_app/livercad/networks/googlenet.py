"""GoogLeNet (Szegedy et al. 2015) for two classes, as Qi 2019 takes it for Han et al. (section 5.2.4).

torchvision's, without its two auxiliary classifiers, with a new last layer. Narrower ones are made by a number.
"""

from __future__ import annotations

from functools import partial

from torch import nn
from torchvision.models.googlenet import GoogLeNet, Inception, InceptionAux

from livercad.networks.inception_resnet import Size
from livercad.networks.qi2019 import CLASSES

FEATURES = 1024
"""Of the published network, before its last layer."""


def make_googlenet(size: Size | None = None) -> GoogLeNet:
    """GoogLeNet with random weights, without its last layer; `add_classes` puts one on.

    Parameters
    ----------
    size : Size, optional
        How wide, the divisor at most 8; the published one where not given. It has no repeated blocks to leave out.

    Returns
    -------
    GoogLeNet
        Images (n, 3, rows, columns) come out as (n, features).
    """
    conv = (size or Size()).convolution
    blocks = [conv, partial(Inception, conv_block=conv), partial(InceptionAux, conv_block=conv)]
    network = GoogLeNet(aux_logits=False, transform_input=False, init_weights=True, blocks=blocks)
    network.fc = nn.Identity()
    return network


def add_classes(network: GoogLeNet, size: Size | None = None) -> GoogLeNet:
    """Put a last layer with random weights on a network of `make_googlenet`: two logits."""
    network.fc = nn.Linear((size or Size()).of(FEATURES), CLASSES)
    return network
