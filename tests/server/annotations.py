"""Submissions for the server's tests: blocks for lesions, in a liver that fills the image's middle."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from livercad.core.annotation import AnnotatedLesion, Annotation, CaseState, Origin, Verdict
from livercad.core.taxonomy import LesionClass, LesionType
from livercad.core.volume import Volume
from livercad.studies.nifti import write_volume


def annotation_of(
    case: str, numbers: tuple[int, ...] = (1, 2), rejected: tuple[int, ...] = (), comment: str = ""
) -> Annotation:
    """An annotation with lesions of these numbers, a cyst each."""
    lesions = [
        AnnotatedLesion(
            number=number,
            origin=Origin.MODEL,
            verdict=Verdict.REJECTED if number in rejected else Verdict.ACCEPTED,
            center=(1.5, -2.0, 3.25 * number),
            diameter_mm=12.5,
            type=LesionType.CYST,
            label=LesionClass.CYST,
        )
        for number in sorted({*numbers, *rejected})
    ]
    return Annotation(case, "Ann Otator", CaseState.IN_PROGRESS, tuple(lesions), seconds=61.5, comment=comment)


def maps_of(grid: Volume, numbers: tuple[int, ...] = (1, 2)) -> tuple[Volume, Volume]:
    """Label map and map of instances: one lesion after the other along the first axis."""
    label, instances = np.zeros(grid.shape, np.uint8), np.zeros(grid.shape, np.uint16)
    label[4:-4, 4:-4, 4:-4] = 1
    for place, number in enumerate(numbers):
        block = np.s_[6 + 3 * place : 8 + 3 * place, 8:10, 8:10]
        label[block], instances[block] = 2, number
    return grid.like(label), grid.like(instances)


def write_maps(folder: Path, grid: Volume, numbers: tuple[int, ...] = (1, 2), end: str = "nii.gz") -> tuple[Path, Path]:
    """Write them as ``label`` and ``instances``."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / f"label.{end}", folder / f"instances.{end}"
    for volume, path in zip(maps_of(grid, numbers), paths, strict=True):
        write_volume(volume, path)
    return paths
