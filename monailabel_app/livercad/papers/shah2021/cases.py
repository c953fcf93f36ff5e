"""CT studies of one's own looked at with the trained network, without a truth: pictures and what it says."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont
from skimage.measure import find_contours

from livercad.core.phases import window_of
from livercad.core.volume import Volume
from livercad.errors import LiverCADError
from livercad.papers.shah2021.predictor import FoundLesion, ShahDetector
from livercad.papers.shah2021.preprocessing import Field, axial_images
from livercad.papers.shah2021.results import CaseLesion, CaseResult
from livercad.papers.shah2021.settings import PHASES, ImageSettings
from livercad.papers.shah2021.sheet import draw_box
from livercad.progress import Progress, part, silent
from livercad.studies.discover import find_studies
from livercad.studies.reading import load_series
from livercad.studies.study import Series, Study

CELL, GAP, TOP = 300, 8, 22
DISPLAY = ImageSettings(field_mm=380.0, pixels=CELL)
VIEWS = 3
"""Slices shown of a case."""
YELLOW, SOFT = (255, 220, 0), (91, 102, 114)
ORDER = (PHASES[1], PHASES[0], None)
"""Portal, arterial, or an image whose phase nobody has told."""

LiverFinder = Callable[[Volume, Progress], Volume]


def look_at(
    folder: Path, detector: ShahDetector, find_liver: LiverFinder, progress: Progress = silent
) -> tuple[list[CaseResult], dict[str, Picture.Image], list[str]]:
    """Find lesions in every study of a folder.

    Parameters
    ----------
    folder : Path
        Of studies, as `livercad analyze` takes it.
    detector : ShahDetector
        The trained network.
    find_liver : callable
        ``find_liver(ct, progress) -> mask``: the product's.
    progress : Progress
        Told of every study.

    Returns
    -------
    results : list of CaseResult
        What was found, by case.
    pictures : dict of str to Image
        By case.
    left_out : list of str
        Studies that could not be looked at, and why.
    """
    results, pictures, left_out = [], {}, []
    studies = find_studies(folder).studies
    for n, study in enumerate(studies):
        report = part(progress, n / len(studies), (n + 1) / len(studies))
        series = _series_of(study)
        if series is None:
            left_out.append(f"{study.case}: no portal and no arterial phase")
            continue
        try:
            ct = load_series(series)
            liver = find_liver(ct, part(report, 0, 0.8))
        except LiverCADError as error:
            left_out.append(f"{study.case}: {error}")
            continue
        start = time.perf_counter()
        found = detector(ct, liver, part(report, 0.8, 1))
        seconds = round(time.perf_counter() - start, 1)
        lesions = [_lesion(number, lesion) for number, lesion in enumerate(found, start=1)]
        phase = series.phase.value if series.phase else "phase not told"
        results.append(CaseResult(case=study.case, phase=phase, seconds=seconds, lesions=lesions))
        pictures[study.case] = _picture(ct, liver, found, series)
    return results, pictures, left_out


def _series_of(study: Study) -> Series | None:
    for phase in ORDER:
        for series in study.series:
            if series.phase is phase:
                return series
    return None


def _lesion(number: int, lesion: FoundLesion) -> CaseLesion:
    return CaseLesion(
        number=number,
        kind=lesion.kind,
        probability=round(lesion.probabilities[lesion.kind], 3),
        score=round(lesion.score, 3),
        center_mm=tuple(round(x, 1) for x in lesion.box.center),
        size_mm=tuple(round(x, 1) for x in lesion.box.size),
    )


def _picture(ct: Volume, liver: Volume, found: Sequence[FoundLesion], series: Series) -> Picture.Image:
    """Slices through the surest lesions that lie apart, or through the liver's middle where there are none."""
    heights: list[float] = []
    for lesion in found:
        height = lesion.box.center[2]
        if len(heights) < VIEWS and all(abs(height - other) > 5 for other in heights):
            heights.append(height)
    mask = liver.like((liver.array > 0).astype(np.uint8))
    if not heights:
        where = np.argwhere(mask.array).mean(axis=0)
        heights = [float((mask.affine @ [*where, 1.0])[2])]
    field = Field.of(ct, DISPLAY)
    images = axial_images(ct, heights, field)
    livers = axial_images(mask, heights, field, labels=True) > 0
    low, high = window_of(series.phase).range_hu
    cells = [
        _cell((np.clip((image - low) / (high - low), 0, 1) * 255).astype(np.uint8), inside, found, height, field)
        for image, inside, height in zip(images, livers, heights, strict=True)
    ]
    sheet = Picture.new("RGB", (VIEWS * (CELL + GAP) - GAP, TOP + CELL), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for n, (cell, height) in enumerate(zip(cells, heights, strict=True)):
        draw.text((n * (CELL + GAP), 3), f"S {height:.0f} mm", SOFT, font)
        sheet.paste(cell, (n * (CELL + GAP), TOP))
    return sheet


def _cell(
    grey: npt.NDArray[np.uint8], liver: npt.NDArray[np.bool_], found: Sequence[FoundLesion], height: float, field: Field
) -> Picture.Image:
    cell = Picture.fromarray(grey).convert("RGB")
    for contour in find_contours(liver.astype(float), 0.5):
        ImageDraw.Draw(cell).line([(x + 0.5, y + 0.5) for y, x in contour], fill=YELLOW, width=1)
    for lesion in found:
        low, high = lesion.box.minimum, lesion.box.maximum
        if low[2] <= height <= high[2]:
            left, right = ((field.right_mm - r) / field.pixel_mm for r in (high[0], low[0]))
            top, bottom = ((field.front_mm - a) / field.pixel_mm for a in (high[1], low[1]))
            draw_box(cell, (left, top, right, bottom), lesion.kind, lesion.probabilities[lesion.kind])
    return cell
