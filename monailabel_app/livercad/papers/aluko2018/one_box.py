"""The networks that answer with one box: trained by its mean squared error (section 4.1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from livercad.networks.aluko2018 import BoxRegressor, VggConcatenated, VggFrontEnd
from livercad.networks.base_weights import load_base
from livercad.papers.aluko2018.images import ImageData
from livercad.papers.aluko2018.settings import Settings
from livercad.progress import Progress
from livercad.studies.deeplesion.rows import Part

BETAS = (0.9, 0.999)
"""Of Adam; section 4.1.1."""


class OneBox(StrEnum):
    """Which network; the first way's end with the block that it takes its features from."""

    BASELINE = "baseline"
    VGG = "baseline-vgg"
    FRONT_2 = "vgg-front-2"
    FRONT_3 = "vgg-front-3"
    FRONT_4 = "vgg-front-4"

    @property
    def block(self) -> int:
        """The block; 0 of those that have none."""
        return int(self[-1]) if self.name.startswith("FRONT") else 0

    @property
    def heading(self) -> str:
        """As the paper calls it."""
        if self.block:
            return f"VGG-16 front end, block {self.block}"
        return "Baseline" if self is OneBox.BASELINE else "Baseline+VGG"


def wanted(settings: Settings) -> list[OneBox]:
    """The networks that settings ask for."""
    return [kind for kind in OneBox if not kind.block or kind.block in settings.vgg.front_ends]


def size_of(kind: OneBox, settings: Settings) -> int:
    """Rows and columns of its images."""
    return settings.one_box.size if kind is OneBox.BASELINE else settings.vgg.size


def epochs_of(kind: OneBox, settings: Settings) -> int:
    """How long it is trained."""
    return settings.one_box.epochs if kind is OneBox.BASELINE else settings.vgg.epochs


def new_network(kind: OneBox, settings: Settings, *, weights: bool = True) -> nn.Module:
    """Make a network.

    Parameters
    ----------
    kind : OneBox
        Which.
    settings : Settings
        Of the reproduction.
    weights : bool, default True
        Whether VGG-16 gets the weights that the settings name.

    Returns
    -------
    Module
        In training.
    """
    shape = settings.one_box
    if kind is OneBox.BASELINE:
        return BoxRegressor(3, shape.size, shape.filters, shape.kernel, shape.pool)
    vgg = settings.vgg
    network: VggConcatenated | VggFrontEnd
    if kind.block:
        network = VggFrontEnd(kind.block, vgg.size, shape.filters, shape.kernel, shape.pool, vgg.dropout, vgg.frozen)
    else:
        network = VggConcatenated(vgg.size, shape.filters, shape.kernel, shape.pool, vgg.dropout, vgg.frozen)
    if weights:
        load_base(nn.ModuleDict({"features": network.features.layers}), "vgg16", settings.weights.vgg16)
    return network


class OneBoxTask:
    """Training one network.

    Parameters
    ----------
    kind : OneBox
        Which.
    data : ImageData
        The images.
    pixels : ndarray of uint8, shape (examples, 3, size, size)
        In the network's size.
    settings : Settings
        Of the reproduction.
    device : str
        Where it runs.
    """

    falls = False

    def __init__(
        self, kind: OneBox, data: ImageData, pixels: npt.NDArray[np.uint8], settings: Settings, device: str
    ) -> None:
        group = settings.one_box if kind is OneBox.BASELINE else settings.vgg
        self.network: nn.Module = new_network(kind, settings).to(device)
        trained = [p for p in self.network.parameters() if p.requires_grad]
        self.optimizer: torch.optim.Optimizer = torch.optim.Adam(trained, lr=group.learning_rate, betas=BETAS)
        self.batch = group.batch
        self.rate_setting = f"{'one_box' if kind is OneBox.BASELINE else 'vgg'}.learning_rate"
        self._data, self._pixels, self._device = data, pixels, device
        self._boxes = torch.tensor([example.lesions[0].box for example in data.examples], dtype=torch.float32)

    def losses(self, numbers: Sequence[int]) -> dict[str, Tensor]:
        """Mean squared error of the coordinates."""
        answered = self.network(self._images(numbers))
        return {"mse": nn.functional.mse_loss(answered.float(), self._boxes[list(numbers)].to(self._device))}

    def validation(self) -> dict[str, float]:
        """The same of the validation images."""
        numbers = self._data.numbers(Part.VALIDATION)
        if not numbers:
            return {}
        self.network.eval()
        boxes = self._answered(numbers)
        return {"mse": float(((boxes - self._boxes[numbers].numpy()) ** 2).mean())}

    def answers(self, progress: Progress) -> dict[str, Any]:
        """A box for each image, by part, in shares of its sides."""
        with torch.inference_mode():
            return {part.title: self._answered(self._data.numbers(part)).round(6).tolist() for part in Part}

    def _answered(self, numbers: Sequence[int]) -> npt.NDArray[np.float64]:
        parts = [
            self.network(self._images(numbers[first : first + self.batch])).double().cpu().numpy()
            for first in range(0, len(numbers), self.batch)
        ]
        return np.concatenate(parts) if parts else np.empty((0, 4))

    def _images(self, numbers: Sequence[int]) -> Tensor:
        images = torch.from_numpy(np.stack([self._pixels[number] for number in numbers])).to(self._device)
        return (images.float() / 255).contiguous(memory_format=torch.channels_last)
