"""Lesions of labelled cases, cut as phantom lesions are for training, and as they are in use for validation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

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


class Lay(Protocol):
    """Gives a case's images by phase, laid over each other."""

    @property
    def key(self) -> str:
        """What the images depend on besides the case: code, and the versions of networks. Hashed into what is kept."""

    def __call__(self, case: LabelledCase) -> Images:
        """Lay the images of a case."""


def lesion_examples(case: LabelledCase, lay: Callable[[LabelledCase], Images]) -> dict[str, npt.NDArray[np.generic]]:
    """Cut the lesions of a case whose classes are known.

    Parameters
    ----------
    case : LabelledCase
        With lesions in its map of instances.
    lay : callable
        Gives its images by phase, HU, laid over each other; asked only where there is a lesion to cut.

    Returns
    -------
    dict of str to ndarray
        ``squares`` int16, shape (n, phases, planes, rows, columns), as `LesionExamples` has them; ``crops`` float32,
        shape (n, phases, PLANES, PIXELS, PIXELS), as in use; ``present`` bool, shape (n, phases); ``classes`` int64,
        shape (n,), place in `CLASSES`. Lesions that no phase shows are left out.
    """
    instances = case.read_instances()
    outlined = set(np.unique(instances.array).tolist())
    told = {number: kind for number, kind in sorted(case.classes.items()) if number in outlined}
    images = lay(case) if told else {}
    squares, crops, present, classes = [], [], [], []
    for number, kind in told.items():
        center, diameter_mm = measured(instances.like((instances.array == number).astype(np.uint8)))
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


class CutLesions:
    """The lesions of many cases, of which only those are read that are asked for.

    Parameters
    ----------
    cases : iterable of mapping
        What `lesion_examples` has made of each, as arrays or tensors that lie in memory-mapped files.

    Attributes
    ----------
    cases : list of mapping
        Those that have lesions.
    classes : ndarray of int64, shape (n,)
        Of all lesions, case after case, place in `CLASSES`.
    """

    def __init__(self, cases: Sequence[Mapping[str, Any]]) -> None:
        self.cases = [case for case in cases if len(case["classes"])]
        self.classes = np.array([kind for case in self.cases for kind in case["classes"].tolist()], np.int64)
        self._places = [(case, place) for case in self.cases for place in range(len(case["classes"]))]

    def read(self, name: str, lesions: npt.NDArray[np.integer]) -> npt.NDArray[Any]:
        """Read the arrays of a name of some lesions.

        Parameters
        ----------
        name : str
            ``squares``, ``crops`` or ``present``.
        lesions : ndarray of int, shape (m,)
            Their places in `classes`; a lesion may come several times.

        Returns
        -------
        ndarray, shape (m, ...)
            See `lesion_examples`.
        """
        chosen = (self._places[lesion] for lesion in lesions)
        return np.stack([np.asarray(case[name][place]) for case, place in chosen])
