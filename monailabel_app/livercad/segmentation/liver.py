"""The liver of a CT volume."""

from __future__ import annotations

import cc3d
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.volume import Volume
from livercad.errors import ImageContentError
from livercad.models.champions import champion
from livercad.models.version import ModelVersion
from livercad.networks.leuven_unet import LIVER_SHRINKAGE, liver_unet
from livercad.progress import Progress, part, silent
from livercad.segmentation.resampling import NetworkGrid
from livercad.segmentation.runtimes import load_runtime
from livercad.segmentation.scaling import scale_ct
from livercad.segmentation.weights import load_weights
from livercad.segmentation.windows import predict_in_windows
from livercad.settings import Settings

NAME = "liver-leuven"
SPACING_MM = (3.0, 3.0, 3.0)
WINDOW = (163, 136, 136)
"""Voxels of the published window's output: 489 × 408 × 408 mm, nearly always the whole abdomen at once."""
HALO = (LIVER_SHRINKAGE // 2,) * 3
OVERLAP = 0.25
"""Least overlap of windows in volumes longer than one."""
THRESHOLD = 0.5
"""As published (cnn_liver_pred_postprocess)."""
MINIMUM_LIVER_ML = 50.0
"""Below this there is no liver to speak of: a whole one has some 1,500 ml, a third of a left lobe still 100 ml."""
NEIGHBOURS = ndimage.generate_binary_structure(3, 2)


class LiverPredictor:
    """Finds the liver with the network `liver-leuven`.

    Parameters
    ----------
    settings : Settings
        `device` says where the network runs.
    weights : ModelVersion, optional
        The version; the champion where not given.

    Raises
    ------
    ModelError
        If the model is not installed.
    """

    def __init__(self, settings: Settings, weights: ModelVersion | None = None) -> None:
        weights = weights or champion(NAME)
        self._run = load_runtime(load_weights(liver_unet(), weights), (54, 54, 54), settings.device)
        self.model = weights.used(self._run.name)

    def __call__(self, ct: Volume, progress: Progress = silent) -> Volume:
        """Find the liver.

        Parameters
        ----------
        ct : Volume
            CT in HU, on any grid.
        progress : Progress
            Told of every window.

        Returns
        -------
        Volume
            Mask, uint8, 0 or 1, on the grid of `ct`.

        Raises
        ------
        ImageContentError
            If there is no liver.
        """
        grid = NetworkGrid.over(ct, SPACING_MM)
        image = scale_ct(grid.to_network(ct.array))
        # Beyond the image the published network sees 0, which is 0 HU.
        probability = predict_in_windows(
            image,
            WINDOW,
            HALO,
            self._run,
            background=0.0,
            overlap=OVERLAP,
            progress=part(progress, 0, 0.9),
            what="liver",
        )
        liver = one_organ(probability > THRESHOLD)
        volume_ml = float(liver.sum()) * np.prod(SPACING_MM) / 1000
        if volume_ml < MINIMUM_LIVER_ML:
            raise ImageContentError(
                "the volume",
                found=f"no liver (at most {volume_ml:.0f} ml that look like one)",
                expected="an abdominal CT with the liver in it",
                todo="Check that the study shows enough of the upper abdomen and that its orientation is right.",
            )
        mask = np.zeros_like(ct.array, dtype=np.uint8)
        values, where = _on_own_grid(grid, probability, liver)
        mask[where] = values > THRESHOLD
        progress(1, 1, "liver")
        return ct.like(mask)


def one_organ(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Keep the largest solid piece of a mask, without what hangs on it by a thin bridge, and fill its holes.

    Parameters
    ----------
    mask : ndarray of bool, shape (i, j, k)
        What a network took for the organ.

    Returns
    -------
    ndarray of bool, shape (i, j, k)
        All false if nothing in `mask` is solid.
    """
    # What the image cuts off goes on beyond its edge: a slab of a few slices would erode to nothing otherwise.
    cores = ndimage.binary_erosion(mask, NEIGHBOURS, border_value=1)
    core = cc3d.largest_k(np.asfortranarray(cores), k=1, connectivity=6) > 0
    # One step more than was eroded, inside the mask: an opening that does not round off the organ's tips.
    organ = ndimage.binary_dilation(core, NEIGHBOURS, iterations=2) & mask
    return np.asarray(ndimage.binary_fill_holes(organ))


def _on_own_grid(
    grid: NetworkGrid, probability: npt.NDArray[np.float32], liver: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float32], tuple[slice, ...]]:
    """Bring the organ's probability back, cut to its box; interpolating a mask instead would leave steps of 3 mm."""
    surroundings = ndimage.binary_dilation(liver)
    box = ndimage.find_objects(surroundings)[0]
    edge = np.where(surroundings & ~liver, np.minimum(probability, THRESHOLD), 0)
    filled = np.where(liver, np.maximum(probability, THRESHOLD + 1e-3), edge)[box]
    return grid.to_volume(filled.astype(np.float32), [side.start for side in box])
