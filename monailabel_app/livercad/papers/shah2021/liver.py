"""The first network: its training, and the perimeters that it draws ("Liver segmentation", "Results")."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import nn

from livercad.code import code_hash
from livercad.networks.shah2021 import LiverNetwork
from livercad.papers.shah2021.images import Image, pixels_of
from livercad.papers.shah2021.jobs import Learner, Rows, Step
from livercad.papers.shah2021.perimeter import Perimeter
from livercad.papers.shah2021.settings import LiverSettings

CODE = ("livercad.networks.shah2021", "livercad.papers.shah2021.training", __name__)
"""What a training depends on, but for its arrays: of another version's code it is done again."""
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class LiverJob:
    """A training of the first network.

    Parameters
    ----------
    settings : LiverSettings
        How.
    seed : int
        Of first weights and order.
    arrays : Path
        The arrays of `liver_arrays`, as an .npz file.
    training : tuple of bool
        Which images are for training.
    data_key : str
        What the images are, by content.
    folder : Path
        Where results go.
    threads : int
        Of torch.
    device : str
        Of torch.
    """

    settings: LiverSettings
    seed: int
    arrays: Path
    training: tuple[bool, ...]
    data_key: str
    folder: Path
    threads: int = 1
    device: str = "cpu"

    @property
    def schedule(self) -> LiverSettings:
        """How long and how fast."""
        return self.settings

    @property
    def rate_setting(self) -> str:
        """Name of the learning rate in the settings, with the group."""
        return "liver.learning_rate"

    @property
    def key(self) -> str:
        """What the result depends on."""
        made_from = (code_hash(*CODE), self.settings.model_dump_json(), self.seed, self.training, self.data_key)
        return hashlib.sha256(" ".join(map(str, made_from)).encode()).hexdigest()

    def learner(self) -> Learner:
        """Read the arrays and make the network."""
        with np.load(self.arrays) as file:
            grey, liver = file["grey"], file["liver"]
        sides = np.array(self.training)

        def step(network: nn.Module, rows: Rows, device: torch.device) -> Step:
            truth = torch.from_numpy(liver[rows].astype(np.int64)).to(device)
            logits = network(to_network(grey[rows], device)).float()
            return Step(F.cross_entropy(logits, truth), float((logits.argmax(1) == truth).sum()), truth.numel())

        return Learner(new_liver_network(self.settings), step, np.flatnonzero(sides), np.flatnonzero(~sides))


def new_liver_network(settings: LiverSettings) -> LiverNetwork:
    """Make the first network with random weights."""
    return LiverNetwork(settings.channels, settings.kernels, settings.dilations)


def to_network(grey: npt.NDArray[np.uint8], device: torch.device) -> torch.Tensor:
    """Grey values in [0, 1], shape (batch, 1, rows, columns)."""
    scaled = torch.from_numpy(np.ascontiguousarray(grey)).to(device)[:, None].float() / 255
    return scaled.contiguous(memory_format=torch.channels_last)


def small(grey: Array, pixels: int) -> npt.NDArray[np.uint8]:
    """Scale images down to the network's size, shape (images, pixels, pixels)."""
    scaled = F.interpolate(
        torch.from_numpy(grey)[:, None].float(), (pixels, pixels), mode="bilinear", antialias=True, align_corners=False
    )
    return scaled[:, 0].round().clamp(0, 255).to(torch.uint8).numpy()


def liver_arrays(images: Sequence[Image], folder: Path, settings: LiverSettings) -> dict[str, Array]:
    """Collect the images of the whole liver as the network gets them.

    Parameters
    ----------
    images : sequence of Image
        Of the whole liver, patient by patient.
    folder : Path
        Where their pixels are.
    settings : LiverSettings
        Their size.

    Returns
    -------
    dict of str to ndarray
        ``grey`` (uint8) and ``liver`` (uint8, 0 or 1), shape (images, pixels, pixels).
    """
    grey, liver = [], []
    for patient, numbers in numbers_by_patient(images):
        pixels = pixels_of(folder, patient)
        grey.append(small(pixels.grey[numbers], settings.pixels))
        liver.append(small(pixels.liver[numbers].astype(np.uint8) * 255, settings.pixels) > 127)
    return {"grey": np.concatenate(grey), "liver": np.concatenate(liver).astype(np.uint8)}


def numbers_by_patient(images: Iterable[Image]) -> list[tuple[str, list[int]]]:
    """Each patient with the numbers of his images, in order."""
    found: dict[str, list[int]] = {}
    for image in images:
        found.setdefault(image.patient, []).append(image.number)
    return list(found.items())


def find_perimeters(
    network: nn.Module, grey: npt.NDArray[np.uint8], settings: LiverSettings, batch: int = 16
) -> list[Perimeter]:
    """Draw the liver's perimeter in images.

    Parameters
    ----------
    network : Module
        Trained.
    grey : ndarray of uint8, shape (images, pixels, pixels)
        Preprocessed images in their own size.
    settings : LiverSettings
        The network's size, and what is made of its answer.
    batch : int
        Images at once.

    Returns
    -------
    list of Perimeter
        In the images' own pixels; one without polygons where there is no liver.
    """
    network.eval()
    device = next(network.parameters()).device
    perimeters = []
    for first in range(0, len(grey), batch):
        images = small(grey[first : first + batch], settings.pixels)
        with torch.inference_mode():
            logits = F.interpolate(
                network(to_network(images, device)), grey.shape[1:], mode="bilinear", align_corners=False
            )
            # Of two classes' softmax the likelier is that of the larger logit.
            masks = (logits[:, 1] > logits[:, 0]).cpu().numpy()
        perimeters += [Perimeter.of(mask, settings.tolerance, settings.smallest_part) for mask in masks]
    return perimeters
