"""A small liver with lesions and a vessel, as a phantom."""

from __future__ import annotations

from typing import Any

import numpy as np

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.phantom.studies import CTStudy
from two_lesions import ball, make_liver


def small_study(seed: int | tuple[int, ...], **_: Any) -> CTStudy:
    """A small liver as a phantom."""
    images, liver, instances = make_liver((2.0, 2.0, 2.5), seed=np.random.default_rng(seed).integers(1000))
    images = images | {Phase.DELAYED: images[Phase.PORTAL]}
    images = {phase: image.like(_with_a_vessel(image)) for phase, image in images.items()}
    tissues = liver.like(np.zeros_like(liver.array))
    return CTStudy("small", images, liver, instances, tissues, (), {}, {}, np.zeros(3))


def _with_a_vessel(image: Volume) -> np.ndarray:
    """As dark as a lesion, and none."""
    across = [ball((0, 18, z), 6, image.affine, image.shape) for z in np.arange(-28, 29, 3)]
    return np.where(np.any(across, axis=0), 20, image.array).astype(np.int16)
