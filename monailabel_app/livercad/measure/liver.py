"""What is said of the liver as a whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.findings import LiverFinding
from livercad.core.geometry import Box, Frame, axial_axis
from livercad.core.volume import Volume
from livercad.measure.organ import Organ, bordering, cut_out_organ

AIR_HU = -900
"""Air is −1000 HU by definition, padding mostly −1024 to −3024: what lies above this is tissue, fat or lung."""


def measure_liver(ct: Volume, liver: Volume, instances: Volume) -> LiverFinding:
    """Measure the liver.

    Parameters
    ----------
    ct : Volume
        In HU.
    liver : Volume
        Liver mask on the grid of `ct`; everything but 0 is liver.
    instances : Volume
        Lesion instances on the grid of `ct`, 0 or the lesion's number.

    Returns
    -------
    LiverFinding
        Volume (ml) and box (RAS mm) of the liver with its lesions; mean and population SD (HU) without them, or with
        them where the lesions leave nothing of the liver. The liver counts as cut where it touches the first or last
        axial slice, the side of the image, or the padding around a round field of view.

    Raises
    ------
    ValueError
        If the three are not on one grid, or there is neither liver nor lesion.
    """
    organ = cut_out_organ(ct, liver, instances)
    tissue = organ.mask.array & (organ.instances.array == 0)
    hu = organ.hu.array[tissue if tissue.any() else organ.mask.array].astype(np.float64)
    return LiverFinding(
        volume_ml=organ.voxels * ct.voxel_volume_ml,
        mean_hu=float(hu.mean()),
        sd_hu=float(hu.std()),
        box=Box.around(organ.mask.array).to(Frame.RAS, organ.mask.affine),
        is_cut=_touches_the_edge(organ, ct.shape) or _touches_padding(organ, ct),
    )


def _touches_the_edge(organ: Organ, shape: tuple[int, int, int]) -> bool:
    box = Box.around(organ.mask.array)
    first = np.add(box.minimum, 0.5) + organ.start
    last = np.add(box.maximum, -0.5) + organ.start
    return bool((first <= 0).any() or (last >= np.subtract(shape, 1)).any())


def _touches_padding(organ: Organ, ct: Volume) -> bool:
    """Whether the liver borders on padding: voxels of one value that reach a corner of their slice.

    Gas and lung can have the padding's value where air is clipped, but no way to the corner.
    """
    axis = axial_axis(ct.affine)
    edge = np.moveaxis(organ.hu.array <= AIR_HU, axis, 0) & np.moveaxis(bordering(organ.mask.array), axis, 0)
    whole = np.moveaxis(ct.array, axis, 0)
    rows, columns = (start for a, start in enumerate(organ.start) if a != axis)
    for index in np.flatnonzero(edge.any(axis=(1, 2))):
        padding = _padding(whole[organ.start[axis] + index])
        block = padding[rows : rows + edge.shape[1], columns : columns + edge.shape[2]]
        if (block & edge[index]).any():
            return True
    return False


def _padding(hu: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """Pixels of a slice that are joined to one of its corners through pixels of exactly the corner's value."""
    padding = np.zeros(hu.shape, dtype=bool)
    for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        if not padding[corner]:
            regions, _ = ndimage.label(hu == hu[corner])
            padding |= regions == regions[corner]
    return padding
