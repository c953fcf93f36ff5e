"""CT studies of one's own looked at with a paper's trained detector, without a truth: what it lists, and pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np
from PIL import Image, ImageDraw
from skimage.measure import find_contours

from livercad.core.geometry import Box, Point, corners_of, transform_points
from livercad.core.phases import window_of
from livercad.core.roi import axial_squares
from livercad.core.volume import Volume
from livercad.errors import InputError, LiverCADError
from livercad.papers.sheets import CELL, Color, draw_box, row_of
from livercad.progress import Progress, part, silent
from livercad.studies.discover import find_studies
from livercad.studies.reading import load_series
from livercad.studies.study import Series, Study

SIDE_MM = 380.0
"""Of the square that is shown, around the middle of the CT."""
VIEWS = 3
"""Slices shown of a case."""
APART_MM = 5.0
"""From each other, at least."""
YELLOW = (255, 220, 0)
"""Of the liver."""
LIVER_SHARE = 0.8
"""Of the time, for the progress: finding the liver."""


class Boxed(Protocol):
    """A lesion that a detector lists."""

    @property
    def box(self) -> Box:
        """In RAS mm."""


Lesion = TypeVar("Lesion", bound=Boxed)
LiverFinder = Callable[[Volume, Progress], Volume]


@dataclass(frozen=True)
class LookedAt(Generic[Lesion]):
    """A study that was looked at.

    Parameters
    ----------
    case : str
        Its name.
    phase : str
        Of the image, for people.
    seconds : float
        Without reading it and finding the liver.
    lesions : tuple
        What the detector lists, the surest first.
    picture : Image
        Slices with the liver's outline and the boxes.
    """

    case: str
    phase: str
    seconds: float
    lesions: tuple[Lesion, ...]
    picture: Image.Image


def studies_of(folder: Path) -> tuple[Study, ...]:
    """Find the studies to look at, before anything else is done.

    Parameters
    ----------
    folder : Path
        As ``livercad analyze`` takes it.

    Returns
    -------
    tuple of Study
        At least one.

    Raises
    ------
    InputError
        If there is none.
    """
    studies = find_studies(folder).studies
    if not studies:
        expected = "CT studies as `livercad analyze` takes them"
        raise InputError(folder, found="no study", expected=expected, todo="Check the path.")
    return studies


def liver_finder() -> LiverFinder:
    """The product's own liver network; ModelError where it is not installed."""
    from livercad.segmentation.liver import LiverPredictor  # loads what nothing else here needs
    from livercad.settings import Settings

    return LiverPredictor(Settings())


def look_at(
    studies: Sequence[Study],
    choose: Callable[[Study], Series],
    detect: Callable[[Volume, Volume, Progress], Sequence[Lesion]],
    find_liver: LiverFinder,
    name: Callable[[Lesion], tuple[str, Color]],
    progress: Progress = silent,
) -> tuple[list[LookedAt[Lesion]], list[str]]:
    """Find lesions in studies.

    Parameters
    ----------
    studies : sequence of Study
        Where.
    choose : callable
        Which of a study's images to look at; a LiverCADError where there is none.
    detect : callable
        ``detect(ct, liver, progress) -> lesions``, the surest first.
    find_liver : callable
        ``find_liver(ct, progress) -> mask``.
    name : callable
        What stands at a lesion's box, and its colour.
    progress : Progress
        Told of every study.

    Returns
    -------
    looked_at : list of LookedAt
        By case.
    left_out : list of str
        Studies that could not be looked at, and why.
    """
    looked_at, left_out = [], []
    for n, study in enumerate(studies):
        report = part(progress, n / len(studies), (n + 1) / len(studies))
        try:
            series = choose(study)
            ct = load_series(series)
            liver = find_liver(ct, part(report, 0, LIVER_SHARE))
        except LiverCADError as error:
            left_out.append(f"{study.case}: {error}")
            continue
        start = time.perf_counter()
        lesions = tuple(detect(ct, liver, part(report, LIVER_SHARE, 1)))
        seconds = round(time.perf_counter() - start, 1)
        phase = series.phase.value if series.phase else "phase not told"
        picture = _picture(ct, liver, [(lesion.box, *name(lesion)) for lesion in lesions], series)
        looked_at.append(LookedAt(study.case, phase, seconds, lesions, picture))
    return looked_at, left_out


def _picture(ct: Volume, liver: Volume, boxes: Sequence[tuple[Box, str, Color]], series: Series) -> Image.Image:
    """Slices through the surest lesions that lie apart, or through the liver's middle where there are none."""
    heights: list[float] = []
    for box, _, _ in boxes:
        height = box.center[2]
        if len(heights) < VIEWS and all(abs(height - other) > APART_MM for other in heights):
            heights.append(height)
    mask = liver.like((liver.array > 0).astype(np.float32))
    if not heights:
        heights = [float(transform_points(np.argwhere(mask.array > 0).mean(axis=0), mask.affine)[2])]
    corners = transform_points(corners_of((-0.5, -0.5, -0.5), np.subtract(ct.shape, 0.5)), ct.affine)
    r, a, s = ((corners.min(axis=0) + corners.max(axis=0)) / 2).tolist()
    middle = (r, a, s)
    offsets = tuple(height - s for height in heights)
    images = axial_squares(ct, middle, SIDE_MM, CELL, offsets_mm=offsets)
    livers = axial_squares(mask, middle, SIDE_MM, CELL, offsets_mm=offsets, outside=0.0)
    low, high = window_of(series.phase).range_hu
    cells = []
    for hu, inside, height in zip(images, livers, heights, strict=True):
        cell = Image.fromarray((np.clip((hu - low) / (high - low), 0, 1) * 255).astype(np.uint8)).convert("RGB")
        for contour in find_contours(inside, 0.5):
            ImageDraw.Draw(cell).line([(x + 0.5, y + 0.5) for y, x in contour], fill=YELLOW, width=1)
        for box, text, color in boxes:
            if box.minimum[2] <= height <= box.maximum[2]:
                draw_box(cell, _rectangle(box, middle), color, text)
        cells.append((f"S {height:.0f} mm", cell))
    return row_of(cells, VIEWS)


def _rectangle(box: Box, middle: Point) -> tuple[float, float, float, float]:
    """A box in the picture's pixels; the patient's right is on the left, the front at the top."""
    (r0, a0, _), (r1, a1, _) = box.minimum, box.maximum
    left, top = middle[0] + SIDE_MM / 2, middle[1] + SIDE_MM / 2
    scale = CELL / SIDE_MM
    return (left - r1) * scale, (top - a1) * scale, (left - r0) * scale, (top - a0) * scale
