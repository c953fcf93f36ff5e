"""The second network, the MDL-CNN: its training ("Liver lesion location and classification", equation 3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from PIL import Image as Picture
from torch import Tensor, nn

from livercad.code import code_hash
from livercad.networks.base_weights import load_base, weights_key
from livercad.networks.shah2021 import MDLCNN
from livercad.papers.shah2021.classes import CLASSES
from livercad.papers.shah2021.crops import scaled, segmented
from livercad.papers.shah2021.images import Image, pixels_of
from livercad.papers.shah2021.jobs import Learner, Rows, Step
from livercad.papers.shah2021.liver import numbers_by_patient, to_network
from livercad.papers.shah2021.perimeter import Perimeter
from livercad.papers.shah2021.settings import LesionSettings

CODE = (
    "livercad.networks.shah2021",
    "livercad.networks.base_weights",
    "livercad.papers.shah2021.crops",
    "livercad.papers.shah2021.training",
    __name__,
)
"""What a training depends on, but for its images and perimeters: of another version's code it is done again."""
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class LesionJob:
    """A training of the second network.

    Parameters
    ----------
    settings : LesionSettings
        How.
    seed : int
        Of first weights and order.
    arrays : Path
        The arrays of `lesion_arrays`, as an .npz file.
    training : tuple of bool
        Which images are for training.
    data_key : str
        What images and perimeters are, by content.
    folder : Path
        Where results go.
    threads : int
        Of torch.
    device : str
        Of torch.
    """

    settings: LesionSettings
    seed: int
    arrays: Path
    training: tuple[bool, ...]
    data_key: str
    folder: Path
    threads: int = 1
    device: str = "cpu"

    @property
    def schedule(self) -> LesionSettings:
        """How long and how fast."""
        return self.settings

    @property
    def rate_setting(self) -> str:
        """Name of the learning rate in the settings, with the group."""
        return "lesions.learning_rate"

    @property
    def key(self) -> str:
        """What the result depends on."""
        made_from = (
            *(code_hash(*CODE), CLASSES, self.settings.model_dump_json(), weights_key(self.settings.weights)),
            *(self.seed, self.training, self.data_key),
        )
        return hashlib.sha256(" ".join(map(str, made_from)).encode()).hexdigest()

    def learner(self) -> Learner:
        """Read the arrays and make the network, with the first weights that are asked for."""
        with np.load(self.arrays) as file:
            images, labels = file["images"], file["labels"]
        sides = np.array(self.training)
        network = new_lesion_network(self.settings)
        load_base(network.base, self.settings.base, self.settings.weights)

        def step(network: nn.Module, rows: Rows, device: torch.device) -> Step:
            marked = torch.from_numpy(labels[rows].astype(np.int64)).to(device)
            location, classes = network(to_network(images[rows], device))
            return lesion_step(location.float(), classes.float(), marked)

        return Learner(network, step, np.flatnonzero(sides), np.flatnonzero(~sides))


def new_lesion_network(settings: LesionSettings) -> MDLCNN:
    """Make the second network with random weights."""
    return MDLCNN(
        settings.base,
        settings.stages,
        settings.location,
        settings.classification,
        settings.kernels,
        len(CLASSES),
    )


def lesion_step(location: Tensor, classes: Tensor, marked: Tensor) -> Step:
    """Both channels' cross-entropy.

    Parameters
    ----------
    location : Tensor, shape (batch, 2, cells, cells)
        Logits of the location channel.
    classes : Tensor, shape (batch, 4, cells, cells)
        Logits of the classification channel.
    marked : Tensor of int, shape (batch, rows, columns)
        0, or one more than the index of the lesion's class.

    Returns
    -------
    Step
        The sum of the cross-entropy of every pixel's location, and of the class of all lesions of one class in an
        image (equation 3: an observation); accuracy is that of the latter.
    """
    upscaled = F.interpolate(location, marked.shape[-2:], mode="bilinear", align_corners=False)
    loss = F.cross_entropy(upscaled, (marked > 0).long())
    area = F.one_hot(marked, len(CLASSES) + 1)[..., 1:].permute(0, 3, 1, 2).float()
    area = F.interpolate(area, classes.shape[-2:], mode="area")
    weight = area.sum(dim=(2, 3))
    there = weight > 0
    if not bool(there.any()):
        return Step(loss, 0.0, 0.0)
    sums = torch.einsum("bchw,bkhw->bck", area, classes)
    observed = sums[there] / weight[there][:, None]
    truth = there.nonzero()[:, 1]
    right = float((observed.argmax(dim=1) == truth).sum())
    return Step(loss + F.cross_entropy(observed, truth), right, float(len(truth)))


def lesion_arrays(
    images: Sequence[Image], perimeters: Mapping[str, Perimeter], folder: Path, settings: LesionSettings
) -> dict[str, Array]:
    """Collect segmented livers with their marked lesions as the network gets them.

    Parameters
    ----------
    images : sequence of Image
        Of lesions, patient by patient.
    perimeters : mapping of str to Perimeter
        What the first network has drawn, by the images' names.
    folder : Path
        Where their pixels are.
    settings : LesionSettings
        Size and margin.

    Returns
    -------
    dict of str to ndarray
        ``images`` (uint8) and ``labels`` (uint8: 0, or one more than the index of the lesion's class), shape (images,
        pixels, pixels).
    """
    own = {(image.patient, image.number): image for image in images}
    grey, labels = [], []
    for patient, numbers in numbers_by_patient(images):
        pixels = pixels_of(folder, patient)
        for number in numbers:
            image = own[patient, number]
            cut, square = segmented(pixels.grey[number], perimeters[image.name].mask(), settings)
            marked = class_map(pixels.lesions[number], image)
            grey.append(cut)
            labels.append(
                scaled(square.cut(marked), settings.pixels, Picture.Resampling.NEAREST)
                if square
                else np.zeros_like(cut)
            )
    return {"images": np.stack(grey), "labels": np.stack(labels)}


def class_map(lesions: npt.NDArray[np.uint8], image: Image) -> npt.NDArray[np.uint8]:
    """Lesion numbers as one more than the index of the lesion's class."""
    values = np.zeros(256, np.uint8)
    for number, kind in image.lesions.items():
        values[number] = CLASSES.index(kind) + 1
    return values[lesions]
