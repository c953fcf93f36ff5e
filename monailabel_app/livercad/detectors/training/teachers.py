"""What the detectors that draw boxes learn from, drawn from scenes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from livercad.detectors.boxes import BoxDetector, FasterRCNN25D, RetinaNet3D
from livercad.detectors.shown import ENLARGED, UNIT_HU, channels_of, reference_of, slices_of
from livercad.detectors.training.augmentation import altered, mirrors
from livercad.detectors.training.lessons import Lesson, Truth
from livercad.detectors.training.recipe import SEED
from livercad.learning.plan import Plan

WITH_LESIONS = 0.6
"""Share of the slices shown to Faster R-CNN that have a lesion; each lesion of a scene is as likely. Our choice: the
others teach what is none, and in scans they are most."""
LEAST_PIXELS = 4
"""Voxels of a lesion in a slice from which it is one there: less is its pole, hardly visible."""


@dataclass(frozen=True)
class Sample:
    """What a network learns from.

    Parameters
    ----------
    image : Tensor, shape (channels, ...)
        As the network takes it.
    boxes : Tensor, shape (n, 4) or (n, 6)
        Of its lesions, in the network's own order of axes; none where there is no lesion.
    """

    image: Tensor
    boxes: Tensor


class Teacher(ABC):
    """What is particular to a detector's training."""

    detector: type[BoxDetector]
    box_key: str
    label_key: str
    label: int
    """Of a lesion."""
    batch: int
    """Scenes that a step learns from."""
    plan: Plan

    @abstractmethod
    def sample(self, lesson: Lesson, rng: np.random.Generator) -> Sample:
        """Draw what is learnt from a scene."""


class RetinaNetTeacher(Teacher):
    """Whole scenes: nearly all of one is none of its lesions, and the surest errors count (hard negatives)."""

    detector = RetinaNet3D
    box_key, label_key, label = "box", "label", 0
    batch = 1
    plan = Plan(steps=2500, learning_rate=1e-3, warm_up=0.05, weight_decay=1e-4, ema=0.99, clip=5.0,
                validate_every=500, checkpoint_every=50, seed=SEED)  # fmt: skip

    def sample(self, lesson: Lesson, rng: np.random.Generator) -> Sample:
        """Draw a scene."""
        turned = mirrors(3, rng)
        shown = {phase: altered(image[turned], UNIT_HU, rng) for phase, image in lesson.shown().items()}
        corners = [corners for _, corners in boxes_in(lesson.truth()[turned])]
        return Sample(channels_of(shown), torch.tensor(corners, dtype=torch.float32).reshape(-1, 6))


class FasterRCNNTeacher(Teacher):
    """Slices of some scenes, with lesions and without."""

    detector = FasterRCNN25D
    box_key, label_key, label = "boxes", "labels", 1
    batch = 4
    plan = Plan(steps=1000, learning_rate=5e-4, warm_up=0.05, weight_decay=1e-4, ema=0.99, clip=5.0,
                validate_every=250, checkpoint_every=50, seed=SEED, precision="float32")  # fmt: skip

    def sample(self, lesson: Lesson, rng: np.random.Generator) -> Sample:
        """Draw a slice with its neighbours."""
        phase = reference_of(lesson.phases)
        turned = mirrors(3, rng)
        image, truth = lesson.shown(phase)[phase][turned], lesson.truth()[turned]
        k = _slice(truth, image.any(axis=(0, 1)), rng)
        (below, here, above) = (min(max(n, 0), image.shape[2] - 1) for n in (k - 1, k, k + 1))
        stack = altered(np.ascontiguousarray(image[:, :, [below, here, above]]), UNIT_HU, rng)
        corners = [np.multiply(corners, ENLARGED) for _, corners in boxes_in(truth[:, :, k], LEAST_PIXELS)]
        return Sample(slices_of(stack)[1], torch.tensor(np.array(corners), dtype=torch.float32).reshape(-1, 4))


TEACHERS: dict[str, type[Teacher]] = {each.detector.name: each for each in (FasterRCNNTeacher, RetinaNetTeacher)}
"""By the name of the detector."""


def boxes_in(truth: Truth, least: int = 1) -> list[tuple[int, tuple[float, ...]]]:
    """Boxes around lesions.

    Parameters
    ----------
    truth : ndarray of uint16, shape (i, j, k) or (i, j)
        Numbers of lesions.
    least : int
        Voxels from which there is one.

    Returns
    -------
    list of (int, tuple of float)
        Number; lower corner, then upper corner, voxel i from i to i + 1.
    """
    return [
        (number, (*(float(side.start) for side in box), *(float(side.stop) for side in box)))
        for number, box in enumerate(ndimage.find_objects(truth), start=1)
        if box is not None and (truth[box] == number).sum() >= least
    ]


def _slice(truth: Truth, searched: np.ndarray[Any, np.dtype[np.bool_]], rng: np.random.Generator) -> int:
    """Draw a slice: one of a lesion, each lesion as likely, or any that is searched."""
    numbers = np.unique(truth[truth > 0])
    if len(numbers) and rng.random() < WITH_LESIONS:
        sizes = (truth == rng.choice(numbers)).sum(axis=(0, 1))
        if (sizes >= LEAST_PIXELS).any():
            return int(rng.choice(np.flatnonzero(sizes >= LEAST_PIXELS)))
    return int(rng.choice(np.flatnonzero(searched)))
