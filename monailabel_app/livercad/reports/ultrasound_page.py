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
from livercad.core.ultrasound import PHANTOM_CAUTION, ImageRead, Opinion, has_square_pixels
from livercad.models.registry import entry_of
from livercad.pipeline.ultrasound_analyzer import UltrasoundReport
from livercad.reports.lesion_section import Bar
from livercad.reports.pages import render
from livercad.reports.picture import jpeg_uri
from livercad.reports.saliency import overlay_uri
from livercad.reports.ultrasound_sheet import CIRCLE, SQUARE
from livercad.reports.ultrasound_words import style_of, whence
from livercad.studies.ultrasound.image import UltrasoundImage

PICTURED = 60
"""Images are drawn until so many opinions are, which keeps the page of a long clip usable; the table has all."""
WIDEST = 800
"""Pixels along the longer side of a picture in the page."""
SHOWN_SQUARE = DEFAULT_RATIO, SMALLEST_SIDE
"""D/L and smallest side of the square that is shown larger of a model that does not see one square alone."""
CROP_PIXELS = 256
"""Along a side of a crop in the page."""


@dataclass(frozen=True)
class ShownOpinion:
    """What the model says of an image, or of a lesion on it, and what it looked at.

    Parameters
    ----------
    number : int
        Of the opinion, from 1.
    opinion : Opinion
        Circle and probabilities.
    diameter_mm : float or None
        Of the circle, where the image is calibrated, and alike along both of its sides.
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
    opinion: Opinion
    diameter_mm: float | None = None
    square: PixelBox | None = None
    seen: str = ""
    seen_overlay: str = ""
    overlay: str = ""

    @property
    def circle(self) -> Circle | None:
        """Around the lesion."""
        return self.opinion.circle

    @property
    def bars(self) -> dict[str, tuple[Bar, ...]]:
        """By question, as in `bars_of`."""
        return {name: bars_of(classes) for name, classes in self.opinion.probabilities.items()}


@dataclass(frozen=True)
class ShownImage:
    """An image with all that is said of it.

    Parameters
    ----------
    number : int
        In the case, from 1.
    read : ImageRead
        Which.
    tissue : str
        ``data:`` URI of it; empty in place of one that is not drawn.
    opinions : tuple of ShownOpinion
        Of the image as a whole, then of its lesions; empty where the model was not asked.
    """

    number: int
    read: ImageRead
    tissue: str
    opinions: tuple[ShownOpinion, ...]


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
    counts = Counter(question for opinion in findings.opinions for question in opinion.probabilities)
    shown = list(_shown(report))
    ratio, smallest = report.square or SHOWN_SQUARE
    return render(
        "ultrasound.html.j2",
        findings=findings,
        title=report.title,
        trained_on=report.trained_on,
        phantom_caution=PHANTOM_CAUTION,
        sees_square=report.square is not None,
        ratio=ratio,
        smallest=smallest,
        shown=shown,
        whence={question: whence(question, count, findings.probabilities) for question, count in counts.items()},
        bars={question: bars_of(classes) for question, classes in findings.probabilities.items()},
        models=[(model, entry_of(model)) for model in findings.models],
        circle_color=_css(CIRCLE),
        square_color=_css(SQUARE),
        ramp=[_css(color) for color in RAMP.tolist()],
        total_s=findings.timings_s.get(TOTAL),
    )


def bars_of(classes: dict[str, float]) -> tuple[Bar, ...]:
    """Probabilities as bars, in the classes' own order, so that images can be compared at a glance."""
    return tuple(Bar(name_of(name), share, style_of(name).value or "weight") for name, share in classes.items())


def _shown(report: UltrasoundReport) -> Iterator[ShownImage]:
    first = 0
    for number, (read, image) in enumerate(zip(report.findings.images, report.analysis.images, strict=True), start=1):
        own = [opinion for opinion in report.findings.opinions if opinion.image == read.name]
        drawn = first < PICTURED
        shown = tuple(
            _with_pictures(report, place, read, image) if drawn else ShownOpinion(place, opinion, _mm(read, opinion))
            for place, opinion in enumerate(own, start=first + 1)
        )
        yield ShownImage(number, read, _tissue(image) if drawn else "", shown)
        first += len(own)


def _with_pictures(report: UltrasoundReport, number: int, read: ImageRead, image: UltrasoundImage) -> ShownOpinion:
    opinion, saliency = report.findings.opinions[number - 1], report.analysis.saliency[number - 1]
    whole = overlay_uri(_small(saliency)) if opinion.circle is None or report.square is None else ""
    if opinion.circle is None:
        return ShownOpinion(number, opinion, overlay=whole)
    ratio, smallest = report.square or SHOWN_SQUARE
    seen = planar_square(image.array, opinion.circle, CROP_PIXELS, ratio=ratio, smallest=smallest)
    strength = planar_square(saliency, opinion.circle, CROP_PIXELS, ratio=ratio, smallest=smallest)
    return ShownOpinion(
        number,
        opinion,
        _mm(read, opinion),
        opinion.circle.square(ratio, smallest),
        jpeg_uri(np.rint(seen).astype(np.uint8)),
        overlay_uri(strength),
        whole,
    )


def _mm(read: ImageRead, opinion: Opinion) -> float | None:
    """Diameter of the circle, where pixels are alike along both of their sides."""
    if not (opinion.circle and read.spacing_mm) or not has_square_pixels(read.spacing_mm):
        return None
    return opinion.circle.diameter * sum(read.spacing_mm) / 2


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
