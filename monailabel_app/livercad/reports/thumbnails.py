"""Small images of a case, with the contours burnt in."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from livercad.core.taxonomy import LABEL_COLORS, Label
from livercad.pipeline.analysis import Analysis
from livercad.reports.overlays import Painter
from livercad.reports.picture import Picture

THUMBNAIL_WIDTH = 220
"""In pixels: shown at half that in the index, so that its contours stay thin on any screen."""
GREY_BITS = 5
"""32 greys are enough for a thumbnail, and halve its file."""


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
    color_index = {Label.LIVER: greys, Label.LESION: greys + 1}
    image = Image.fromarray(picture.tissue >> (8 - GREY_BITS))
    palette = [round(255 * grey / (greys - 1)) for grey in range(greys) for _ in range(3)]
    image.putpalette(palette + [value for label in color_index for value in LABEL_COLORS[label]])
    draw = ImageDraw.Draw(image)
    for contour in picture.contours:
        index = color_index[Label.LESION if contour.number else Label.LIVER]
        for line in contour.lines:
            draw.line([(column, row) for row, column in line.tolist()], fill=index, width=1)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
