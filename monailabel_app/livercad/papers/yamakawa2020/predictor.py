"""The networks of all folds as files that can be served, and the model that reads them: the type of a marked lesion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from safetensors.torch import load_file, save
from torch import Tensor, nn

from livercad.core.circle import Circle
from livercad.networks.yamakawa2020 import YamakawaNetwork
from livercad.papers.intervals import Interval
from livercad.papers.served import ModelFiles, ServedModel, sha256_and_version
from livercad.papers.served_ultrasound import QUICK_NOTE, ServedUltrasound
from livercad.papers.yamakawa2020.crops import Grey, turned_crops
from livercad.papers.yamakawa2020.plan import Plan, Training
from livercad.papers.yamakawa2020.published import CITATION
from livercad.papers.yamakawa2020.results import Results
from livercad.papers.yamakawa2020.settings import CropSet, CropSettings, NetworkSettings
from livercad.papers.yamakawa2020.training import probabilities, to_network
from livercad.ultrasound.grad_cam import grad_cam
from livercad.ultrasound.model import Answer
from livercad.ultrasound.placing import saliency_of
from livercad.ultrasound.questions import answers_of, questions_of

NAME = "yamakawa2020"
FILES = ModelFiles(NAME, weights="yamakawa2020.safetensors", description="yamakawa2020.json")


class ExportedNetworks(ServedModel):
    """What stands beside the weights."""

    name: str = NAME
    method: str = CITATION
    classes: tuple[str, ...]
    ratio: float = Field(description="D/L.")
    smallest: float = Field(description="Pixels along the square's side, at least.")
    pixels: int = Field(description="Along the side of the networks' image.")
    network: NetworkSettings
    networks: int = Field(description="One a fold; their probabilities are averaged.")
    cases: int
    images: int
    case_accuracy: Interval = Field(description="Every case asked of the one network that does not know it.")
    image_accuracy: Interval = Field(description="The same of images. All networks together are not tested.")


def export_model(trainings: Sequence[tuple[Plan, Training]], results: Results, folder: Path) -> ExportedNetworks:
    """Keep the networks of all folds at the reference D/L; they are asked together.

    To serve one of them would be to choose it by its own fold's test, and to leave unused what the others have learnt.
    Their mean depends less on the chance of a training; no image is left to test it on.

    Parameters
    ----------
    trainings : sequence of (Plan, Training)
        One a fold, at `StudySettings.reference`.
    results : Results
        Of the reproduction.
    folder : Path
        Gets ``yamakawa2020.safetensors`` and ``yamakawa2020.json``.

    Returns
    -------
    ExportedNetworks
        What was written beside the weights.
    """
    weights = {
        f"{number}.{name}": value
        for number, (plan, _) in enumerate(trainings)
        for name, value in load_file(plan.weights_path).items()
    }
    data = save(weights)
    digest, version = sha256_and_version(data)
    settings = results.settings
    scores = next(each for each in results.sweep if each.ratio == settings.study.reference)
    cases, images = scores.cases.n, scores.images.n
    description = ExportedNetworks(
        version=version,
        learnt_from_phantoms=results.is_phantom,
        trained_on=f"{results.data}: {cases} cases, {images} images{QUICK_NOTE * results.quick}",
        classes=tuple(results.classes),
        ratio=settings.study.reference,
        smallest=settings.crops.smallest,
        pixels=settings.crops.pixels,
        network=settings.network,
        networks=len(trainings),
        cases=cases,
        images=images,
        case_accuracy=scores.cases,
        image_accuracy=scores.images,
        weights_sha256=digest,
    )
    FILES.write(folder, data, description)
    return description


class Networks(nn.Module):
    """All folds' networks.

    Parameters
    ----------
    told : ExportedNetworks
        How many, of which layers.
    """

    def __init__(self, told: ExportedNetworks) -> None:
        super().__init__()
        self.each = [
            YamakawaNetwork(1, told.pixels, classes=len(told.classes), **dict(told.network))
            for _ in range(told.networks)
        ]
        for number, network in enumerate(self.each):
            self.add_module(str(number), network)


class YamakawaModel(ServedUltrasound[ExportedNetworks, Networks]):
    """The networks on a marked lesion of any ultrasound image (`livercad.ultrasound.model.UltrasoundModel`).

    Parameters
    ----------
    folder : Path, optional
        The folder ``model`` that a reproduction wrote; the networks trained on phantoms that come with LiverCAD if not
        given.
    device : str, default "auto"
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    ModelError
        If it has no model, or a damaged one, or there is no such device.
    """

    needs_circle = takes_circle = True

    def __init__(self, folder: Path | None = None, device: str = "auto") -> None:
        super().__init__(FILES, ExportedNetworks, Networks, folder, device)
        told = self.description
        self._cut = CropSettings(smallest=told.smallest, pixels=told.pixels, angles=())

    @property
    def title(self) -> str:
        """For people."""
        return f"Yamakawa 2020: mean of {self.description.networks} networks at D/L {self.ratio:g}"

    @property
    def ratio(self) -> float:
        """D / L."""
        return self.description.ratio

    @property
    def smallest(self) -> float:
        """Pixels of the image along the square's side, at least."""
        return self.description.smallest

    @property
    def questions(self) -> dict[str, tuple[str, ...]]:
        """The type, or whether it is malignant: what the classes tell."""
        return questions_of(self.description.classes)

    def __call__(self, image: npt.NDArray[np.uint8], circle: Circle | None) -> Answer:
        """Ask all networks about a lesion.

        Parameters
        ----------
        image : ndarray of uint8, shape (rows, columns)
            Grey values as displayed.
        circle : Circle
            Around the lesion, in pixels of the image.

        Returns
        -------
        Answer
            Mean probabilities; Grad-CAM of the likeliest class.

        Raises
        ------
        ValueError
            If there is no circle.
        """
        if circle is None:
            raise ValueError("The networks of Yamakawa 2020 are asked about a lesion inside a circle, found none.")
        square = turned_crops(image, circle, CropSet(self.ratio), self._cut)[None]
        asked = [probabilities(network, square, self.device)[0] for network in self.networks.each]
        mean = np.mean(asked, axis=0)
        activation = self._activation(square, int(mean.argmax()))
        rows, columns = image.shape
        return Answer(
            answers_of(dict(zip(self.description.classes, mean.tolist(), strict=True))),
            saliency_of([(circle.square(self.ratio, self.smallest), activation)], (rows, columns)),
        )

    def _activation(self, square: Grey, chosen: int) -> npt.NDArray[np.float32]:
        """Grad-CAM at the last convolutions, before their pooling: 8 x 8 for images of 64 x 64."""
        given = to_network(square, self.device)
        with torch.no_grad():
            maps = [network.convolutions[: network.last_pooling](given) for network in self.networks.each]

        def score_of(each: Sequence[Tensor]) -> Tensor:
            logits = [
                network.decision(network.convolutions[network.last_pooling :](own))[:, chosen]
                for network, own in zip(self.networks.each, each, strict=True)
            ]
            return torch.stack(logits).mean(dim=0).sum()

        activation: npt.NDArray[np.float32] = grad_cam(maps, score_of)[0].cpu().numpy()
        return activation
