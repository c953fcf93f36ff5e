"""The lesions of a liver that is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livercad.core.volume import Volume
from livercad.detection.components import LesionsFound, split_lesions
from livercad.models.champions import champion
from livercad.models.version import ModelVersion
from livercad.networks.leuven_unet import LESION_HALO, LESION_SMALLEST, LESION_STEP, lesion_unet
from livercad.progress import Progress, part, silent
from livercad.segmentation.lesion_grid import BACKGROUND, LiverBlock, LiverView
from livercad.segmentation.runtimes import Runtime, Size, load_runtime
from livercad.segmentation.weights import load_weights
from livercad.segmentation.windows import predict_in_windows
from livercad.settings import Settings

NAME = "lesions-leuven"
SENSITIVE, STRICT = (0, 0, 0), (12, 12, 4)
"""Voxels around the liver's box, here 0 and 12 mm, that the networks' normalisations take their statistics from.
The more masked background they take in, the fainter lesions look to the network (see docs/lesions.md)."""
LARGEST_WINDOW = 16_000_000
"""Voxels of a window with its halo; keeps the peak under 6 GiB. A larger liver is cut into overlapping windows."""
OVERLAP = 0.25

Array = npt.NDArray[np.float32]


class LesionPredictor:
    """Finds lesions with the network `lesions-leuven`, once sensitively and once strictly.

    The sensitive pass says how far lesions reach. The mean of both says how sure they are, so that what only the
    sensitive pass sees cannot reach a score of 0.5.

    Parameters
    ----------
    settings : Settings
        `device`, `lesion_threshold`, `minimum_score` and `minimum_volume_ml`.
    weights : ModelVersion, optional
        The version; the champion where not given.

    Raises
    ------
    ModelError
        If the model is not installed.
    """

    def __init__(self, settings: Settings, weights: ModelVersion | None = None) -> None:
        weights = weights or champion(NAME)
        self._settings = settings
        self._sensitive = _load(weights, SENSITIVE, settings)
        self._strict = _load(weights, STRICT, settings)
        self.model = weights.used(self._sensitive.name)

    def __call__(self, ct: Volume, liver: Volume, progress: Progress = silent) -> LesionsFound:
        """Find the lesions.

        Parameters
        ----------
        ct : Volume
            CT in HU, on any grid.
        liver : Volume
            Mask of the liver on the same grid.
        progress : Progress
            Told of every window.

        Returns
        -------
        LesionsFound
            On the grid of `ct`.
        """
        block = LiverBlock.of(ct, liver)
        view = LiverView.of(block.hu, block.liver)
        sensitive = _predict(self._sensitive, view.image, part(progress, 0.0, 0.45)) * view.inside
        strict = _predict(self._strict, view.image, part(progress, 0.45, 0.9)) * view.inside
        values, where = block.grid.to_volume(sensitive, view.corner)
        evidence, _ = block.grid.to_volume((sensitive + strict) / 2, view.corner)
        part_of_near = block.near.crop([side.start for side in where], [side.stop for side in where])
        found = split_lesions(part_of_near.like(values), part_of_near.like(evidence), self._settings)
        instances = np.zeros_like(ct.array, dtype=np.uint16)
        first = block.first + [side.start for side in where]
        instances[tuple(slice(o, o + n) for o, n in zip(first, values.shape, strict=True))] = found.instances.array
        progress(1, 1, "lesions")
        return LesionsFound(ct.like(instances), found.scores)


def _load(weights: ModelVersion, statistics: Size, settings: Settings) -> Runtime:
    smallest: Size = tuple(np.add(LESION_SMALLEST, LESION_HALO) + LESION_HALO)
    return load_runtime(load_weights(lesion_unet(statistics), weights), smallest, settings.device)


def _predict(run: Runtime, image: Array, progress: Progress) -> Array:
    return predict_in_windows(
        image,
        output_window(image.shape),
        LESION_HALO,
        run,
        background=BACKGROUND,
        overlap=OVERLAP,
        progress=progress,
        what="lesions",
    )


def output_window(shape: tuple[int, ...]) -> Size:
    """The output of the largest window worth having for an image: all of it, if memory allows.

    Parameters
    ----------
    shape : tuple of int
        Voxels (i, j, k) of the liver's box on the network's grid.

    Returns
    -------
    tuple of int
        Voxels (i, j, k) that the network can give: (8 n + 4, 8 n + 4, 8 n + 2).
    """
    parts = [1, 1, 1]
    while True:
        needed = [np.ceil(n / (1 + (p - 1) * (1 - OVERLAP))) for n, p in zip(shape, parts, strict=True)]
        i, j, k = (
            small + LESION_STEP * max(0, int(np.ceil((need - small) / LESION_STEP)))
            for need, small in zip(needed, LESION_SMALLEST, strict=True)
        )
        if np.prod(np.add((i, j, k), LESION_HALO) + LESION_HALO) <= LARGEST_WINDOW:
            return i, j, k
        parts[int(np.argmax((i, j, k)))] += 1
