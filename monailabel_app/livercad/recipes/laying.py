"""The images of a labelled case, laid over the one that its label lies on, as an analysis does it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np

from livercad.code import code_hash
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.learning.cases import LabelledCase
from livercad.learning.checkpoint import CHECKPOINT
from livercad.models.champions import champion, once_in_use
from livercad.models.version import ModelVersion
from livercad.registration.align import align
from livercad.segmentation.liver import NAME, LiverPredictor
from livercad.settings import Settings
from livercad.studies.atomic import write_text
from livercad.studies.reading import load_series
from livercad.studies.study import Series

CODE = ("livercad.recipes.laying", "livercad.registration", "livercad.networks.leuven_unet",
        "livercad.segmentation.liver", "livercad.segmentation.resampling", "livercad.segmentation.scaling",
        "livercad.segmentation.windows", "livercad.studies.reading")  # fmt: skip
LAID_BY = "laying.json"
"""Which liver network a training has laid its cases with."""


class Laying:
    """Lays the images of cases.

    Only series whose phase is told take part. The reference's liver is the outlined one, those of the other phases are
    found by the liver network that is in use when the training begins. Where that goes on from a checkpoint, it is the
    same one, also if it is followed by another one meanwhile.

    Parameters
    ----------
    cases : iterable of LabelledCase
        All that will be laid.
    settings : Settings
        Where the liver network runs.
    folder : Path
        The training's.

    Attributes
    ----------
    key : str
        Names the code, and the liver network's weights where a case has a phase to lay over its reference: others may
        lay it otherwise.

    Raises
    ------
    ModelError
        If such a case is there and the liver network's weights are not.
    """

    def __init__(self, cases: Iterable[LabelledCase], settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._version = _liver_network(folder) if any(_others(case) for case in cases) else None
        self.key = f"laid by {code_hash(*CODE)} {self._version.sha256 if self._version else ''}"

    def __call__(self, case: LabelledCase) -> dict[Phase, Volume]:
        """Lay the images of a case.

        Parameters
        ----------
        case : LabelledCase
            One of those that were named.

        Returns
        -------
        dict of Phase to Volume
            HU, on the reference image's grid.
        """
        reference = case.read_image()
        images = {case.reference.phase: reference} if case.reference.phase else {}
        label = case.read_label()
        liver = label.like((label.array > 0).astype(np.uint8))
        for phase, series in _others(case).items():
            moving = load_series(series)
            images[phase] = align(moving, self._find_liver(moving), reference, liver).image
        return images

    @cached_property
    def _find_liver(self) -> LiverPredictor:
        return LiverPredictor(self._settings, self._version)


def _liver_network(folder: Path) -> ModelVersion:
    """The one in use, or where the training goes on, the one that it began with."""
    file = folder / LAID_BY
    if file.is_file() and (folder / CHECKPOINT).is_file():
        kept = json.loads(file.read_text(encoding="utf-8"))
        return once_in_use(NAME, kept["number"], kept["sha256"])
    version = champion(NAME)
    write_text(file, json.dumps({"number": version.number, "sha256": version.sha256}) + "\n")
    return version


def _others(case: LabelledCase) -> dict[Phase, Series]:
    """The series to lay over the reference, the first of each phase."""
    told = [series for series in case.study.series if series.phase not in (None, case.reference.phase)]
    return {series.phase: series for series in reversed(told) if series.phase}
