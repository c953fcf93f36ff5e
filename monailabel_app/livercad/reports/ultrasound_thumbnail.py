"""The small image that stands for an ultrasound case in the index."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

from livercad.pipeline.ultrasound_analyzer import UltrasoundReport
from livercad.reports.thumbnails import GREY_BITS, THUMBNAIL_WIDTH, VERDICT_COLORS
from livercad.reports.ultrasound_sheet import CIRCLE
from livercad.reports.ultrasound_words import verdict_of_case
from livercad.reports.words import Verdict

HIGHEST = 200
"""Pixels: a tall picture becomes narrower instead."""


def ultrasound_thumbnail(report: UltrasoundReport) -> bytes:
    """Draw the first image with an opinion, else the first, with the circles of its lesions.

    Parameters
    ----------
    report : UltrasoundReport
        Findings and images.

    Returns
    -------
    bytes
        A PNG file of at most `THUMBNAIL_WIDTH` by `HIGHEST` pixels; circles in the colour of what was answered.
    """
    opinions, images = report.findings.opinions, report.analysis.images
    first = opinions[0].image if opinions else images[0].name
    image = next(image for image in images if image.name == first)
    rows, columns = image.shape
    scale = min(THUMBNAIL_WIDTH / columns, HIGHEST / rows)
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    small = np.asarray(Image.fromarray(image.array).resize(size, Image.Resampling.BILINEAR))
    picture = Image.fromarray(small >> (8 - GREY_BITS) << (8 - GREY_BITS)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for opinion in opinions:
        if opinion.image == first and opinion.circle:
            verdict = verdict_of_case(opinion.probabilities)
            color = CIRCLE if verdict is Verdict.NONE else VERDICT_COLORS[verdict]
            x0, y0, x1, y1 = ((edge + 0.5) * scale for edge in opinion.circle.box)
            draw.ellipse((x0, y0, x1, y1), outline=color, width=2)
    buffer = io.BytesIO()
    picture.quantize(64).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
