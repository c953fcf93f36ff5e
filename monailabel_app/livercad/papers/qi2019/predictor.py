"""Mt-Net and Sn-Net as files that can be served, and the model that reads them: malignant or not, of a whole image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from livercad.core.circle import Circle, PixelBox
from livercad.core.ultrasound import BENIGN, MALIGNANT, MASSES, Probabilities, Question
from livercad.learning.hardware import computes_in_bfloat16
from livercad.networks.base_weights import NONE
from livercad.networks.inception_resnet import Size
from livercad.networks.qi2019 import RegionEnhanced, make_mt_net, make_sn_net
from livercad.papers.intervals import Interval
from livercad.papers.qi2019 import methods
from livercad.papers.qi2019.answers import SecondQuestion
from livercad.papers.qi2019.criteria import THRESHOLD
from livercad.papers.qi2019.crops import scaled, uniform_crops
from livercad.papers.qi2019.methods import Method
from livercad.papers.qi2019.published import CITATION
from livercad.papers.qi2019.results import CriteriaResult, Results
from livercad.papers.qi2019.splits import Side, Split
from livercad.papers.qi2019.views import CutOut, averaged, fixed_input
from livercad.papers.served import ModelFiles, ServedModel, sha256_and_version
from livercad.papers.served_ultrasound import QUICK_NOTE, ServedUltrasound
from livercad.ultrasound.model import Answer
from livercad.ultrasound.placing import saliency_of

NAME = "qi2019"
FILES = ModelFiles(NAME, weights="qi2019.safetensors", description="qi2019.json")
SECOND: dict[SecondQuestion, tuple[Question, tuple[str, str]]] = {
    SecondQuestion.SOLID: (Question.SOLID, ("no solid nodule", "solid nodule")),
    SecondQuestion.MASS: (Question.MASS, MASSES),
}
"""What Sn-Net is asked, and its answers: no, yes."""


class Tested(BaseModel):
    """How a network does on patients that it does not know, image by image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    f_beta: Interval
    accuracy: Interval
    sensitivity: Interval
    specificity: Interval
    auc: Interval

    @classmethod
    def of(cls, result: CriteriaResult) -> Tested:
        """Those of the reproduction, without curves."""
        return cls(**{name: getattr(result, name) for name in cls.model_fields})


class ExportedNetworks(ServedModel):
    """What stands beside the weights."""

    name: str = NAME
    method: str = CITATION
    second_question: SecondQuestion
    side: int = Field(description="Of the squares that the networks see, in pixels.")
    divisor: int
    shallow: int
    strength: float = Field(description="λ of equation 4.")
    crops: int = Field(description="Squares of an image.")
    split: Split = Split.PATIENT
    training_images: int
    images_sha256: str
    test: dict[methods.Question, Tested] = Field(description="By Mt-Net's and Sn-Net's question.")


def export_model(weights: Path, results: Results, folder: Path) -> ExportedNetworks:
    """Keep both networks of cross training of the split by patient, whose test has patients that they do not know.

    Parameters
    ----------
    weights : Path
        Their safetensors file.
    results : Results
        Of the reproduction.
    folder : Path
        Gets ``qi2019.safetensors`` and ``qi2019.json``.

    Returns
    -------
    ExportedNetworks
        What was written beside the weights.
    """
    data = weights.read_bytes()
    digest, version = sha256_and_version(data)
    networks, split = results.settings.networks, results.splits[Split.PATIENT]
    training = split.sides[Side.TRAINING]
    first = [Path(each).name for each in (networks.mt_weights, networks.sn_weights) if each != NONE]
    description = ExportedNetworks(
        version=version,
        learnt_from_phantoms=results.is_phantom,
        trained_on=f"{results.data}: {training.images} images of {training.patients} patients"
        + (f", from first weights of {' and '.join(first)}" if first else "")
        + QUICK_NOTE * results.quick,
        second_question=results.second_question,
        side=networks.side,
        divisor=networks.divisor,
        shallow=networks.shallow,
        strength=networks.strength,
        crops=results.settings.crops,
        training_images=training.images,
        images_sha256=results.sha256,
        test={question: Tested.of(each[Method.REM][Side.TEST]) for question, each in split.criteria.items()},
        weights_sha256=digest,
    )
    FILES.write(folder, data, description)
    return description


class Networks(nn.Module):
    """Mt-Net and Sn-Net.

    Parameters
    ----------
    told : ExportedNetworks
        How wide and deep.
    """

    def __init__(self, told: ExportedNetworks) -> None:
        super().__init__()
        size = Size(told.divisor, told.shallow)
        self.mt, self.sn = make_mt_net(told.strength, size), make_sn_net(told.strength, size)


class QiModel(ServedUltrasound[ExportedNetworks, Networks]):
    """Mt-Net and Sn-Net, on any ultrasound image as a whole.

    A `livercad.ultrasound.model.UltrasoundModel`: no circle is needed.

    Parameters
    ----------
    folder : Path, optional
        The folder ``model`` that a reproduction wrote; the networks trained on phantoms that come with LiverCAD if not
        given.
    device : str, default "auto"
        ``auto``, ``cpu`` or ``cuda``.
    enhanced : bool, default True
        Whether the networks show each other where they look. Without, each is asked once and sees no map (section 3.4
        has this as the way to save time), which Sn-Net has never learnt.

    Raises
    ------
    ModelError
        If it has no model, or a damaged one, or there is no such device.
    """

    needs_circle = takes_circle = False

    def __init__(self, folder: Path | None = None, device: str = "auto", enhanced: bool = True) -> None:
        super().__init__(FILES, ExportedNetworks, Networks, folder, device)
        self.enhanced = enhanced

    @property
    def title(self) -> str:
        """For people."""
        return f"Qi 2019: Mt-Net and Sn-Net with{'' if self.enhanced else 'out'} region enhancement"

    @property
    def questions(self) -> dict[str, tuple[str, ...]]:
        """Mt-Net's, then Sn-Net's."""
        question, classes = SECOND[self.description.second_question]
        return {Question.MALIGNANT.value: (BENIGN, MALIGNANT), question.value: classes}

    def __call__(self, image: npt.NDArray[np.uint8], circle: Circle | None = None) -> Answer:
        """Ask both networks about an image.

        Parameters
        ----------
        image : ndarray of uint8, shape (rows, columns)
            Grey values as displayed.
        circle : Circle, optional
            Not looked at.

        Returns
        -------
        Answer
            Mean over the squares cut out of the image; where Mt-Net looks (equation 3), averaged where squares overlap.
        """
        told, mt, sn = self.description, self.networks.mt, self.networks.sn
        fitted = scaled(image, told.side)
        squares = fixed_input(CutOut([fitted], told.side, told.crops), np.array([0]), torch.device(self.device))
        # As in the reproduction, to the last digit.
        in_bfloat16 = computes_in_bfloat16(self.device)
        with torch.inference_mode(), torch.autocast(self.device, torch.bfloat16, enabled=in_bfloat16):
            solid, map_of_sn = sn(squares, mt(squares)[1] if self.enhanced else None)
            maps = mt.maps(squares, map_of_sn if self.enhanced else None)
            malignant = mt.classes(nn.functional.adaptive_avg_pool2d(maps, 1))[:, :, 0, 0]
        yes = [float(averaged(logits, told.crops)[0]) for logits in (malignant, solid)]
        activation = _activation(mt, maps, int(yes[0] >= THRESHOLD))
        rows, columns = image.shape
        boxes = _boxes_of_squares(fitted.shape, told.side, told.crops, (rows, columns))
        return Answer(self._told(yes), saliency_of(zip(boxes, activation, strict=True), (rows, columns)))

    def _told(self, yes: list[float]) -> Probabilities:
        return {
            question: dict(zip(classes, (1 - p, p), strict=True))
            for (question, classes), p in zip(self.questions.items(), yes, strict=True)
        }


def _activation(network: RegionEnhanced, maps: Tensor, chosen: int) -> npt.NDArray[np.float32]:
    """Class activation maps (equation 3), shape (squares, rows, columns), scaled to [0, 1] over all squares together.

    `RegionEnhanced` itself maps the class that each square by itself is called. Here it is that of the whole image.
    """
    weights = network.classes.weight.detach()[chosen].float()
    activation: npt.NDArray[np.float32] = (weights * maps.float()).sum(1).cpu().numpy()
    low, high = activation.min(), activation.max()
    return (activation - low) / max(high - low, np.finfo(np.float32).eps)


def _boxes_of_squares(fitted: tuple[int, ...], side: int, count: int, shape: tuple[int, int]) -> Iterator[PixelBox]:
    """Where the squares of a scaled image lie on the image itself."""
    # Numbers in place of grey values tell where each square begins.
    numbers: npt.NDArray[Any] = np.arange(np.prod(fitted)).reshape(fitted)
    down, right = shape[0] / fitted[0], shape[1] / fitted[1]
    for square in uniform_crops(numbers, side, count):
        row, column = np.unravel_index(square[0, 0], fitted)
        yield column * right - 0.5, row * down - 0.5, (column + side) * right - 0.5, (row + side) * down - 0.5
