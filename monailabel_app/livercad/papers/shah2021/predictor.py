"""The trained MDL-CNN as a file that can be served, and the detector that reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livercad.core.findings import ModelUsed
from livercad.core.geometry import Box, transform_points
from livercad.core.volume import Volume
from livercad.detection.linking import DetectedLesion, SliceBox, link_boxes
from livercad.papers.served import ModelFiles, ServedModel, sha256_and_version
from livercad.papers.shah2021.classes import CLASSES, ShahClass
from livercad.papers.shah2021.lesions import new_lesion_network
from livercad.papers.shah2021.preprocessing import Field, axial_images, preprocessed
from livercad.papers.shah2021.published import CITATION
from livercad.papers.shah2021.results import Results
from livercad.papers.shah2021.sections import Section, find_sections
from livercad.papers.shah2021.settings import ImageSettings, LesionSettings, Split
from livercad.progress import Progress, silent

NAME = "shah2021"
FILES = ModelFiles(NAME, weights="shah2021.safetensors", description="shah2021.json")
AT_ONCE = 8
"""Images between two looks whether to go on."""


class ExportedModel(ServedModel):
    """What stands beside the weights."""

    name: str = NAME
    method: str = CITATION
    classes: tuple[ShahClass, ...] = CLASSES
    images: ImageSettings
    lesions: LesionSettings
    training_images: int
    images_sha256: str
    split: Split = Split.PATIENT
    """Whose test the numbers are of: patients that the network had not seen."""
    test_accuracy: float
    test_lesion_dice: float


@dataclass(frozen=True)
class FoundLesion:
    """A lesion in three dimensions.

    Parameters
    ----------
    box : Box
        In RAS mm.
    score : float
        How sure the network is that there is a lesion, in [0, 1]: that of the surest of its sections.
    probabilities : dict of ShahClass to float
        What it is: the mean over its sections, each weighted by its score.
    """

    box: Box
    score: float
    probabilities: dict[ShahClass, float]

    @property
    def kind(self) -> ShahClass:
        """The likeliest class."""
        return max(self.probabilities, key=lambda kind: self.probabilities[kind])

    @property
    def malignancy(self) -> float:
        """Probability of HCC or MET."""
        return sum(p for kind, p in self.probabilities.items() if kind.is_malignant)


def export_model(weights: Path, results: Results, folder: Path) -> ExportedModel:
    """Keep the MDL-CNN of the split by patient, whose test says how it does on patients that it does not know.

    Parameters
    ----------
    weights : Path
        Its safetensors file.
    results : Results
        Of the reproduction.
    folder : Path
        Gets ``shah2021.safetensors`` and ``shah2021.json``.

    Returns
    -------
    ExportedModel
        What was written beside the weights.
    """
    data = weights.read_bytes()
    digest, version = sha256_and_version(data)
    split = results.splits[Split.PATIENT]
    accuracy = split.test.classes.accuracy
    description = ExportedModel(
        version=version,
        images=results.settings.images,
        lesions=results.settings.lesions,
        trained_on=results.data,
        training_images=split.lesion_network.images,
        images_sha256=results.sha256,
        test_accuracy=accuracy.value if accuracy else 0.0,
        test_lesion_dice=split.test.lesions.dice.value,
        weights_sha256=digest,
    )
    FILES.write(folder, data, description)
    return description


class ShahDetector:
    """The MDL-CNN on a CT volume, slice by slice inside the liver.

    The liver is given: the product's own network finds it better than the paper's three convolutions, and the pipeline
    has it anyway. Boxes of neighbouring slices are linked to lesions (`livercad.detection.linking`).

    Parameters
    ----------
    folder : Path
        The folder ``model`` that a reproduction wrote.

    Raises
    ------
    ModelError
        If it has no model, or a damaged one.
    """

    def __init__(self, folder: Path) -> None:
        self.description, data = FILES.read(folder, ExportedModel)
        self._network = FILES.fill(new_lesion_network(self.description.lesions), data, folder)

    @property
    def model(self) -> ModelUsed:
        """Which model this is, for the Findings."""
        return self.description.used

    def __call__(self, ct: Volume, liver: Volume, progress: Progress = silent) -> list[FoundLesion]:
        """Find and classify the lesions of a liver.

        Parameters
        ----------
        ct : Volume
            Arterial or portal CT in HU, of any orientation.
        liver : Volume
            Its liver with the lesions, everything but 0, on whatever grid.
        progress : Progress
            Told of every few images; may raise Cancelled.

        Returns
        -------
        list of FoundLesion
            The surest first; none where the liver is empty.
        """
        settings = self.description.images
        field = Field.of(ct, settings)
        heights = _heights(liver, max(settings.slice_mm, ct.slice_spacing))
        mask = liver.like((liver.array > 0).astype(np.uint8))
        sections: list[tuple[int, Section]] = []
        for first in range(0, len(heights), AT_ONCE):
            progress(first, len(heights), "lesions")
            some = heights[first : first + AT_ONCE]
            grey = np.stack([preprocessed(image, settings) for image in axial_images(ct, some, field)])
            inside = axial_images(mask, some, field, labels=True) > 0
            found = find_sections(self._network, grey, list(inside), self.description.lesions, field.pixel_mm)
            sections += [(first + n, section) for n, each in enumerate(found) for section in each.sections]
        progress(1, 1, "lesions")
        return linked(sections, field, heights)


def linked(sections: Sequence[tuple[int, Section]], field: Field, heights: Sequence[float]) -> list[FoundLesion]:
    """Link the sections of neighbouring images to lesions.

    Parameters
    ----------
    sections : sequence of (int, Section)
        With the number of their image.
    field : Field
        What the images show.
    heights : sequence of float
        S of each image in mm, evenly rising.

    Returns
    -------
    list of FoundLesion
        The surest first.
    """
    step = heights[1] - heights[0] if len(heights) > 1 else 1.0
    affine = np.diag([-field.pixel_mm, -field.pixel_mm, step, 1.0])
    affine[:3, 3] = (
        field.right_mm - field.pixel_mm / 2,
        field.front_mm - field.pixel_mm / 2,
        heights[0] if heights else 0.0,
    )
    grid = np.broadcast_to(np.uint8(0), (field.pixels, field.pixels, max(1, len(heights))))
    boxes = [
        SliceBox(number, (float(x0), float(y0), float(x1), float(y1)), each.score)
        for number, each in sections
        for (y0, y1), (x0, x1) in ((each.rows, each.columns),)
    ]
    lesions = link_boxes(boxes, Volume(grid, affine))
    return [
        FoundLesion(lesion.box, lesion.score, _probabilities(lesion, sections, field, heights)) for lesion in lesions
    ]


def _probabilities(
    lesion: DetectedLesion, sections: Sequence[tuple[int, Section]], field: Field, heights: Sequence[float]
) -> dict[ShahClass, float]:
    """Of the sections whose middle lies in the lesion's box: at least the surest one, which the box is drawn around."""
    own = [
        section
        for number, section in sections
        if _holds(lesion.box, field.box(section.rows, section.columns, (heights[number], heights[number])).center)
    ]
    weights = np.array([section.score for section in own])
    mean = np.average([section.probabilities for section in own], axis=0, weights=weights)
    return {kind: float(p) for kind, p in zip(CLASSES, mean / mean.sum(), strict=True)}


def _holds(box: Box, point: tuple[float, float, float]) -> bool:
    return all(low <= x <= high for low, x, high in zip(box.minimum, point, box.maximum, strict=True))


def _heights(liver: Volume, step: float) -> list[float]:
    """S (mm) of images through a liver, on a grid of its own so that nothing depends on where its edge lies."""
    where = np.argwhere(liver.array > 0)
    if not len(where):
        return []
    s = transform_points(where, liver.affine)[:, 2]
    heights = np.arange(np.ceil(s.min() / step), np.floor(s.max() / step) + 1) * step
    # A liver thinner than a step may lie between two heights of that grid.
    return heights.tolist() or [float(s.min() + s.max()) / 2]
