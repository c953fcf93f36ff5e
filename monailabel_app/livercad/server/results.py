"""What clients get of an analysis, and the files that tell it."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from livercad.core.findings import Findings
from livercad.core.geometry import Box
from livercad.core.lesion import Lesion
from livercad.core.taxonomy import Label
from livercad.core.volume import Volume
from livercad.pipeline.analysis import Analysis
from livercad.server.markups import lesion_boxes
from livercad.studies.atomic import write_text
from livercad.studies.nifti import write_volume
from livercad.studies.reading import load_series
from livercad.studies.study import Study


@dataclass(frozen=True)
class Result:
    """What clients get of an analysis.

    Parameters
    ----------
    analysis : Analysis
        Its images on the reference image's grid only, so that what is kept stays small.
    """

    analysis: Analysis

    @classmethod
    def of(cls, analysis: Analysis) -> Result:
        """Let the images on other grids go; of their livers' masks the surroundings stay."""
        phases = tuple(
            image
            if image.original is image.aligned
            else replace(image, original=image.aligned, original_liver=_cut(image.original_liver))
            for image in analysis.phases
        )
        return cls(replace(analysis, phases=phases))

    def with_originals(self, study: Study) -> Analysis:
        """The analysis with every image as it was before it was laid over the reference, read again.

        Parameters
        ----------
        study : Study
            What was analysed, its files unchanged.

        Returns
        -------
        Analysis
            As the analyzer has returned it.
        """
        series = {one.source: one for one in study.series}
        pairs = zip(self.findings.phases, self.analysis.phases, strict=True)
        phases = tuple(
            image if read.is_reference else replace(image, original=load_series(series[read.source]))
            for read, image in pairs
        )
        return replace(self.analysis, phases=phases)

    @property
    def findings(self) -> Findings:
        """All of them."""
        return self.analysis.findings

    def labels(self) -> Volume:
        """Liver and lesions as `Label` values, uint8, on the reference image's grid."""
        lesions = self.analysis.lesions.array > 0
        return self.analysis.liver.like(
            np.where(lesions, np.uint8(Label.LESION), self.analysis.liver.array.astype(np.uint8))
        )


def write_liver(result: Result, folder: Path) -> Path:
    """Write the liver with its lesions as value 1."""
    return _write_mask(result.analysis.liver.like((result.analysis.liver.array > 0).astype(np.uint8)), folder)


def write_lesions(result: Result, folder: Path) -> Path:
    """Write the liver as 1 and lesions as 2."""
    return _write_mask(result.labels(), folder)


def write_instances(result: Result, folder: Path) -> Path:
    """Write every lesion as its number."""
    return _write_mask(result.analysis.lesions, folder)


def instance_names(result: Result) -> dict[str, int]:
    """Number and class of what `write_instances` writes: ``lesion 1 hcc``, ``lesion 2 metastasis?`` if unsure."""
    return {_instance_name(lesion): lesion.number for lesion in result.findings.lesions}


def _instance_name(lesion: Lesion) -> str:
    name = f"lesion {lesion.number}"
    if lesion.classification is None:
        return name
    label = lesion.classification.label.value.replace("_", " ")
    return f"{name} {label}{'?' if lesion.classification.is_unsure else ''}"


def write_boxes(result: Result, folder: Path) -> Path:
    """Write lesion boxes as Slicer markups."""
    file = folder / f"{uuid.uuid4().hex}.json"
    write_text(file, json.dumps(lesion_boxes(result.findings), indent=1))
    return file


def _cut(mask: Volume) -> Volume:
    """The block of a mask around what is marked, with a margin so that its outline stays the same."""
    box = Box.around(mask.array > 0)
    cut = mask.crop(np.floor(box.minimum) - 1, np.ceil(box.maximum) + 2)
    return cut.like(cut.array.copy())


def _write_mask(mask: Volume, folder: Path) -> Path:
    file = folder / f"{uuid.uuid4().hex}.nii.gz"
    write_volume(mask, file)
    return file
