"""The trained Faster R-CNN as files that can be served, and the predictor that reads them: lesions on a CT volume."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from livercad.core.findings import ModelUsed
from livercad.core.volume import Volume, grid_difference
from livercad.detection.linking import DetectedLesion, SliceBox, axial_stack, link_boxes
from livercad.networks.base_weights import NONE
from livercad.networks.faster_rcnn import Backbone
from livercad.papers.aluko2018.detector import AT_ONCE, new_detector, weights_of
from livercad.papers.aluko2018.pixels import scaled
from livercad.papers.aluko2018.published import CITATION
from livercad.papers.aluko2018.results import Results
from livercad.papers.aluko2018.settings import DetectorSettings
from livercad.papers.served import ModelFiles, ServedModel, sha256_and_version
from livercad.progress import Progress, silent
from livercad.studies.deeplesion.rows import PADDING
from livercad.studies.deeplesion.slices import windowed

NAME = "aluko2018_faster_rcnn"
FILES = ModelFiles("aluko2018", weights=f"{NAME}.safetensors", description=f"{NAME}.json")
AIR_HU = -1024.0
"""What an image that is not square is filled up with."""
IN_LIVER = 0.5
"""Share of a box that has to lie in the liver, unless its middle does. Our choice: boxes of lesions at the liver's
border reach over it, as they are padded."""
LEAST_SCORE = 0.05
"""Of boxes that are linked, unless the model's own threshold is lower. Our choice: who wants fewer, takes a higher
score of the linked lesions."""
SERVED_RATE = 0.125
"""False positives per image at the served threshold. Our choice: one per image, as in the paper, would be dozens per
scan, while a lesion that spans several slices has several chances."""
SMALLEST_SHARE = 0.5
"""Of a box's side that is left when the padding is taken off."""


class ExportedDetector(ServedModel):
    """What stands beside the weights."""

    name: str = NAME
    method: str = CITATION
    backbone: Backbone
    fixed_norm: bool
    detector: DetectorSettings
    window: tuple[float, float]
    training_images: int
    threshold: float
    """Score of `SERVED_RATE` false positives per test image; where none was reached, the settings' own."""
    sensitivity: float
    """There, of the annotated lesions of single test slices."""


def export_detector(weights: Path, backbone: Backbone, results: Results, folder: Path) -> ExportedDetector:
    """Keep a trained detector where it can be served from.

    Parameters
    ----------
    weights : Path
        Its safetensors file.
    backbone : Backbone
        Which it is.
    results : Results
        Of the reproduction.
    folder : Path
        Gets ``aluko2018_faster_rcnn.safetensors`` and ``.json``.

    Returns
    -------
    ExportedDetector
        What was written beside the weights.
    """
    data = weights.read_bytes()
    digest, version = sha256_and_version(data)
    truth = results.detectors[backbone.value].annotated
    points = [point for point in truth.froc.at if point.rate == SERVED_RATE]
    threshold, sensitivity = truth.operating.threshold, truth.operating.sensitivity
    if points and points[0].threshold is not None:
        threshold, sensitivity = points[0].threshold, points[0].sensitivity.value
    description = ExportedDetector(
        version=version,
        backbone=backbone,
        fixed_norm=weights_of(backbone, results.settings) != NONE,
        detector=results.settings.detector,
        window=results.settings.data.window,
        trained_on=results.data,
        training_images=results.parts["training"].images,
        threshold=threshold,
        sensitivity=sensitivity,
        weights_sha256=digest,
    )
    FILES.write(folder, data, description)
    return description


class AlukoDetector:
    """Lesions on a CT volume, found slice by slice inside the liver.

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
        self.description, data = FILES.read(folder, ExportedDetector)
        told = self.description
        network = new_detector(told.backbone, told.detector, 1, fixed_norm=told.fixed_norm)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._network = FILES.fill(network, data, folder).to(self._device)

    @property
    def model(self) -> ModelUsed:
        """Which model this is, for the Findings."""
        return self.description.used

    def __call__(self, ct: Volume, liver: Volume, progress: Progress = silent) -> tuple[DetectedLesion, ...]:
        """Find lesions.

        Parameters
        ----------
        ct : Volume
            HU; best a portal phase, as the paper's images mostly are.
        liver : Volume
            Its mask, everything but 0, on the same grid.
        progress : Progress
            Called after some slices; may raise `Cancelled`.

        Returns
        -------
        tuple of DetectedLesion
            Boxes in RAS mm, without the padding that DeepLesion's have; the surest first. Those of a score below
            `ExportedDetector.threshold` are among them.

        Raises
        ------
        ValueError
            If the liver is on another grid.
        """
        difference = grid_difference(ct, liver)
        if difference:
            raise ValueError(f"The liver is not on the image's grid: {difference}.")
        stack, mask = axial_stack(ct), axial_stack(liver).array != 0
        slices = np.flatnonzero(mask.any(axis=(0, 1)))
        boxes: list[SliceBox] = []
        for first in range(0, len(slices), AT_ONCE):
            progress(first, len(slices), "looking for lesions, slice by slice")
            boxes += self._boxes(stack.array, mask, slices[first : first + AT_ONCE])
        progress(1, 1, "lesions found")
        return tuple(link_boxes(boxes, stack))

    def _boxes(
        self, array: npt.NDArray[np.generic], mask: npt.NDArray[np.bool_], slices: npt.NDArray[np.int64]
    ) -> list[SliceBox]:
        size, side = self.description.detector.size, max(array.shape[:2])
        images = [torch.from_numpy(self._image(array, int(k))).float().to(self._device) / 255 for k in slices]
        with torch.inference_mode():
            answers = self._network(images)
        boxes = []
        for k, answer in zip(slices, answers, strict=True):
            corners = answer["boxes"].double().cpu().numpy() * (side / size)
            for box, score in zip(corners, answer["scores"].tolist(), strict=True):
                if score >= min(LEAST_SCORE, self.description.threshold) and _in_liver(box, mask[:, :, k]):
                    x0, y0, x1, y1 = _without_padding(box, PADDING * side / 512).tolist()
                    boxes.append(SliceBox(int(k), (x0, y0, x1, y1), float(score)))
        return boxes

    def _image(self, array: npt.NDArray[np.generic], k: int) -> npt.NDArray[np.uint8]:
        """A slice between its neighbours as the network takes it; a missing one is repeated, as in training."""
        last, (columns, rows) = array.shape[2] - 1, array.shape[:2]
        side = max(columns, rows)
        hu = np.full((3, side, side), AIR_HU, dtype=np.float32)
        for n, index in enumerate((k - 1, k, k + 1)):
            hu[n, :rows, :columns] = array[:, :, index if 0 <= index <= last else k].T
        return scaled(windowed(hu, self.description.window), self.description.detector.size)


def _in_liver(box: npt.NDArray[np.float64], mask: npt.NDArray[np.bool_]) -> bool:
    """Whether enough of a box lies in the liver's section, or its middle; shape of the mask (columns, rows)."""
    limit = np.array(mask.shape)
    low = np.clip(np.floor(box[:2]).astype(int), 0, limit - 1)
    high = np.maximum(np.clip(np.ceil(box[2:]).astype(int), 0, limit), low + 1)
    middle = np.clip(((box[:2] + box[2:]) / 2).astype(int), 0, limit - 1)
    inside = mask[low[0] : high[0], low[1] : high[1]]
    return bool(mask[middle[0], middle[1]] or inside.mean() >= IN_LIVER)


def _without_padding(box: npt.NDArray[np.float64], padding: float) -> npt.NDArray[np.float64]:
    """Take off on each side what DeepLesion's boxes are wider than the lesion, but leave some of it."""
    less = np.minimum(padding, (box[2:] - box[:2]) * (1 - SMALLEST_SHARE) / 2)
    return np.concatenate([box[:2] + less, box[2:] - less])
