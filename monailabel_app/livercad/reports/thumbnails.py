"""Small images of a case, with the contours burnt in."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from livercad.core.taxonomy import BENIGN_COLOR, LABEL_COLORS, MALIGNANT_COLOR, UNSURE_COLOR, Label
from livercad.pipeline.analysis import Analysis
from livercad.reports.contours import Contour
from livercad.reports.overlays import Painter
from livercad.reports.picture import Picture
from livercad.reports.words import Verdict

THUMBNAIL_WIDTH = 220
"""In pixels: shown at half that in the index, so that its contours stay thin on any screen."""
GREY_BITS = 5
"""32 greys are enough for a thumbnail, and halve its file."""


VERDICT_COLORS = {
    Verdict.BENIGN: BENIGN_COLOR,
    Verdict.MALIGNANT: MALIGNANT_COLOR,
    Verdict.UNSURE: UNSURE_COLOR,
}
OUTLINES = sorted({*LABEL_COLORS.values(), *VERDICT_COLORS.values()})
"""Every colour that an outline may have, behind the greys in the palette."""


def thumbnail(analysis: Analysis) -> bytes:
    """Draw the picture that stands for a case in the index: axial, cut to the liver.

    Parameters
    ----------
    analysis : Analysis
        Findings and volumes.

    Returns
    -------
    bytes
        A PNG file of `THUMBNAIL_WIDTH` pixels, about 15 kB.
    """
    return to_png(Painter(analysis).key_picture(THUMBNAIL_WIDTH))


def to_png(picture: Picture) -> bytes:
    """Burn a picture's contours into its tissue.

    Parameters
    ----------
    picture : Picture
        Any.

    Returns
    -------
    bytes
        A PNG file with a palette, one pixel of the picture a pixel; contours are one pixel wide.
    """
    greys = 1 << GREY_BITS
    image = Image.fromarray(picture.tissue >> (8 - GREY_BITS))
    palette = [round(255 * grey / (greys - 1)) for grey in range(greys) for _ in range(3)]
    image.putpalette(palette + [value for color in OUTLINES for value in color])
    draw = ImageDraw.Draw(image)
    for contour in picture.contours:
        index = greys + OUTLINES.index(_color_of(contour))
        for line in contour.lines:
            draw.line([(column, row) for row, column in line.tolist()], fill=index, width=1)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _color_of(contour: Contour) -> tuple[int, int, int]:
    if not contour.number:
        return LABEL_COLORS[Label.LIVER]
    return VERDICT_COLORS[Verdict(contour.style)] if contour.style else LABEL_COLORS[Label.LESION]
