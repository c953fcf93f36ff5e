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
from livercad.segmentation.lesion_grid import BACKGROUND, SPACING_MM, LiverBlock, LiverView
from livercad.segmentation.runtimes import Runtime, Size, load_runtime
from livercad.segmentation.uncertainty import mean_probability, uncertainty_of
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
        sensitive, strict = (seen * view.inside for seen in self._look(view.image, part(progress, 0.0, 0.9)))
        values, where = block.grid.to_volume(sensitive, view.corner)
        evidence, _ = block.grid.to_volume((sensitive + strict) / 2, view.corner)
        part_of_near = block.near.crop([side.start for side in where], [side.stop for side in where])
        found = split_lesions(part_of_near.like(values), part_of_near.like(evidence), self._settings)
        instances = np.zeros_like(ct.array, dtype=np.uint16)
        first = block.first + [side.start for side in where]
        instances[tuple(slice(o, o + n) for o, n in zip(first, values.shape, strict=True))] = found.instances.array
        progress(1, 1, "lesions")
        return LesionsFound(ct.like(instances), found.scores)

    def uncertainty(self, ct: Volume, liver: Volume, progress: Progress = silent) -> float:
        """Tell how unsure the network is of the lesions, see `livercad.segmentation.uncertainty`.

        Parameters
        ----------
        ct : Volume
            CT in HU, on any grid.
        liver : Volume
            Mask of the liver with its lesions on the same grid, not empty.
        progress : Progress
            Told of every window.

        Returns
        -------
        float
            In bits; 0 is sure. It takes as long as finding the lesions, times the images that are looked at.
        """

        def evidence(image: Array, report: Progress) -> Array:
            sensitive, strict = self._look(image, report)
            return (sensitive + strict) / 2

        block = LiverBlock.of(ct, liver)
        probability, box = mean_probability(evidence, block.hu, block.liver, progress)
        smallest = self._settings.minimum_volume_ml * 1000 / float(np.prod(SPACING_MM))
        return uncertainty_of(probability, block.liver[box] > 0.5, smallest)

    def _look(self, image: Array, progress: Progress) -> tuple[Array, Array]:
        """What both passes make of a view of a liver."""
        sensitive = _predict(self._sensitive, image, part(progress, 0.0, 0.5))
        return sensitive, _predict(self._strict, image, part(progress, 0.5, 1.0))


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
        shares = (np.ceil(n / (1 + (p - 1) * (1 - OVERLAP))) for n, p in zip(shape, parts, strict=True))
        i, j, k = one_window(tuple(shares))
        if np.prod(np.add((i, j, k), LESION_HALO) + LESION_HALO) <= LARGEST_WINDOW:
            return i, j, k
        parts[int(np.argmax((i, j, k)))] += 1


def one_window(shape: tuple[float, ...]) -> Size:
    """The smallest output of the network that covers an image, whatever it takes in memory.

    Parameters
    ----------
    shape : tuple of float
        Voxels (i, j, k).

    Returns
    -------
    tuple of int
        Voxels (i, j, k): (8 n + 4, 8 n + 4, 8 n + 2).
    """
    i, j, k = (
        small + LESION_STEP * max(0, int(np.ceil((need - small) / LESION_STEP)))
        for need, small in zip(shape, LESION_SMALLEST, strict=True)
    )
    return i, j, k
