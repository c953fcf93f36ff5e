"""The page of one ultrasound case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from livercad.core.circle import SMALLEST_SIDE, Circle, PixelBox
from livercad.core.class_names import name_of
from livercad.core.findings import TOTAL
from livercad.core.planar_roi import planar_square
from livercad.core.roi import DEFAULT_RATIO
from livercad.core.saliency import RAMP
from livercad.core.ultrasound import ImageRead, Opinion
from livercad.models.registry import load_registry
from livercad.pipeline.ultrasound_analyzer import UltrasoundReport
from livercad.reports.lesion_section import Bar
from livercad.reports.pages import render
from livercad.reports.picture import jpeg_uri
from livercad.reports.saliency import overlay_uri
from livercad.reports.ultrasound_sheet import CIRCLE, SQUARE
from livercad.reports.ultrasound_words import style_of, verdict_of_case
from livercad.reports.words import Verdict
from livercad.studies.ultrasound.image import UltrasoundImage

PICTURED = 60
"""Pictures of at most so many opinions keep the page of a long clip usable; the table has all."""
WIDEST = 800
"""Pixels along the longer side of a picture in the page."""
SHOWN_SQUARE = DEFAULT_RATIO, SMALLEST_SIDE
"""D/L and smallest side of the square that is shown larger of a model that does not see one square alone."""
CROP_PIXELS = 256
"""Along a side of a crop in the page."""


@dataclass(frozen=True)
class Shown:
    """An image, or a lesion on it, with what the model says.

    Parameters
    ----------
    number : int
        Of the opinion, from 1; 0 where there is none.
    image : ImageRead
        Which image.
    tissue : str
        ``data:`` URI of the whole image; empty in place of one that is not drawn.
    opinion : Opinion or None
        None where the model was not asked.
    verdict : Verdict
        How it is marked.
    square : PixelBox or None
        Around the lesion, in pixels of the image; None without a circle.
    seen : str
        ``data:`` URI of the square; empty without a circle.
    seen_overlay : str
        ``data:`` URI of what spoke for the answer, over `seen`.
    overlay : str
        The same over the whole image; empty where the model sees the square alone.
    """

    number: int
    image: ImageRead
    tissue: str
    opinion: Opinion | None = None
    verdict: Verdict = Verdict.NONE
    square: PixelBox | None = None
    seen: str = ""
    seen_overlay: str = ""
    overlay: str = ""

    @property
    def circle(self) -> Circle | None:
        """Around the lesion."""
        return self.opinion.circle if self.opinion else None

    @property
    def diameter_mm(self) -> float | None:
        """Of the circle, where the image is calibrated, and alike along both of its sides."""
        spacing = self.image.spacing_mm
        if not (self.circle and spacing) or not np.isclose(*spacing, rtol=0.02):
            return None
        return self.circle.diameter * sum(spacing) / 2

    @property
    def bars(self) -> dict[str, tuple[Bar, ...]]:
        """By question, as in `bars_of`."""
        return {name: bars_of(classes) for name, classes in self.opinion.probabilities.items()} if self.opinion else {}


def render_ultrasound_case(report: UltrasoundReport) -> str:
    """Write the report of one ultrasound case.

    Parameters
    ----------
    report : UltrasoundReport
        Findings, images, and what the model looked at.

    Returns
    -------
    str
        One HTML file with its styles and pictures inside; it asks for nothing from anywhere, and prints on A4.
    """
    findings = report.findings
    shown = list(_shown(report))
    ratio, smallest = report.square or SHOWN_SQUARE
    return render(
        "ultrasound.html.j2",
        findings=findings,
        title=report.title,
        trained_on=report.trained_on,
        sees_square=report.square is not None,
        ratio=ratio,
        smallest=smallest,
        shown=[each for each in shown if each.tissue],
        asked=[each for each in shown if each.opinion],
        counts=Counter(question for opinion in findings.opinions for question in opinion.probabilities),
        bars={question: bars_of(classes) for question, classes in findings.probabilities.items()},
        models=[(model, load_registry().get(model.name)) for model in findings.models],
        circle_color=_css(CIRCLE),
        square_color=_css(SQUARE),
        ramp=[_css(color) for color in RAMP.tolist()],
        total_s=findings.timings_s.get(TOTAL),
    )


def bars_of(classes: dict[str, float]) -> tuple[Bar, ...]:
    """Probabilities as bars, in the classes' own order, so that images can be compared at a glance."""
    return tuple(Bar(name_of(name), share, style_of(name).value or "weight") for name, share in classes.items())


def _shown(report: UltrasoundReport) -> Iterator[Shown]:
    """Opinions in the order of the images, and images without any in their places."""
    findings, number = report.findings, 0
    for read, image in zip(findings.images, report.analysis.images, strict=True):
        own = [opinion for opinion in findings.opinions if opinion.image == read.name]
        if not own:
            yield Shown(0, read, _tissue(image) if number < PICTURED else "")
        for opinion in own:
            saliency = report.analysis.saliency[number]
            number += 1
            yield _with_opinion(report, number, read, image, opinion, saliency)


def _with_opinion(
    report: UltrasoundReport,
    number: int,
    read: ImageRead,
    image: UltrasoundImage,
    opinion: Opinion,
    saliency: npt.NDArray[np.float32],
) -> Shown:
    verdict = verdict_of_case(opinion.probabilities)
    if number > PICTURED:
        return Shown(number, read, "", opinion, verdict)
    whole = overlay_uri(_small(saliency)) if opinion.circle is None or report.square is None else ""
    if opinion.circle is None:
        return Shown(number, read, _tissue(image), opinion, verdict, overlay=whole)
    ratio, smallest = report.square or SHOWN_SQUARE
    seen = planar_square(image.array, opinion.circle, CROP_PIXELS, ratio=ratio, smallest=smallest)
    strength = planar_square(saliency, opinion.circle, CROP_PIXELS, ratio=ratio, smallest=smallest)
    return Shown(
        number,
        read,
        _tissue(image),
        opinion,
        verdict,
        opinion.circle.square(ratio, smallest),
        jpeg_uri(np.rint(seen).astype(np.uint8)),
        overlay_uri(strength),
        whole,
    )


def _tissue(image: UltrasoundImage) -> str:
    return jpeg_uri(np.asarray(Image.fromarray(image.array).resize(_size(image.shape), Image.Resampling.LANCZOS)))


def _small(saliency: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    size = _size(saliency.shape)
    return np.asarray(Image.fromarray(saliency.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))


def _size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Columns and rows of a picture in the page."""
    scale = min(1.0, WIDEST / max(shape))
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))


def _css(color: Sequence[int]) -> str:
    return "rgb({}, {}, {})".format(*color)
