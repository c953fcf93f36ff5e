"""Lesions of labelled cases, cut as phantom lesions are for training, and as they are in use for validation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from livercad.classification.examples import MARGIN, STORED_PIXELS, STORED_PLANES, measured
from livercad.classification.recipe import CLASSES
from livercad.core.crops import AIR_HU, PHASES, PIXELS, PLANES, crops_of, plane_offsets_mm, side_mm
from livercad.core.phases import Phase
from livercad.core.roi import axial_squares
from livercad.core.volume import Volume
from livercad.learning.cases import LabelledCase

Images = Mapping[Phase, Volume]
Lay = Callable[[LabelledCase], Images]
"""Gives a case's images by phase, laid over each other."""


def lesion_examples(case: LabelledCase, images: Images) -> dict[str, npt.NDArray[np.generic]]:
    """Cut the lesions of a case whose classes are known.

    Parameters
    ----------
    case : LabelledCase
        With lesions in its map of instances.
    images : mapping of Phase to Volume
        HU, laid over each other.

    Returns
    -------
    dict of str to ndarray
        ``squares`` int16, shape (n, phases, planes, rows, columns), as `LesionExamples` has them; ``crops`` float32,
        shape (n, phases, PLANES, PIXELS, PIXELS), as in use; ``present`` bool, shape (n, phases); ``classes`` int64,
        shape (n,), place in `CLASSES`. Lesions that no phase shows are left out.
    """
    instances = case.read_instances()
    squares, crops, present, classes = [], [], [], []
    for number, kind in sorted(case.classes.items()):
        lesion = instances.like((instances.array == number).astype(np.uint8))
        if not lesion.array.any():
            continue
        center, diameter_mm = measured(lesion)
        cut, there = crops_of(images, center, diameter_mm)
        if not there.any():
            continue
        offsets, side = plane_offsets_mm(diameter_mm, STORED_PLANES), MARGIN * side_mm(diameter_mm)
        wide = np.full((len(PHASES), STORED_PLANES, STORED_PIXELS, STORED_PIXELS), AIR_HU, np.float32)
        for place, phase in enumerate(PHASES):
            if phase in images:
                wide[place] = axial_squares(
                    images[phase], center, side, STORED_PIXELS, offsets_mm=offsets, outside=AIR_HU
                )
        squares.append(np.rint(wide).astype(np.int16))
        crops.append(cut)
        present.append(there)
        classes.append(CLASSES.index(kind))
    phases = len(PHASES)
    return {
        "squares": np.array(squares, np.int16).reshape(-1, phases, STORED_PLANES, STORED_PIXELS, STORED_PIXELS),
        "crops": np.array(crops, np.float32).reshape(-1, phases, PLANES, PIXELS, PIXELS),
        "present": np.array(present, bool).reshape(-1, phases),
        "classes": np.array(classes, np.int64),
    }
