"""A contact sheet of captured image sets, and of what the network sees of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from livercad.papers.yasaka2018.arrays import CATEGORIES
from livercad.papers.yasaka2018.augmentation import turned, variants_of
from livercad.papers.yasaka2018.capture import network_images, opened
from livercad.papers.yasaka2018.image_sets import ImageSet
from livercad.papers.yasaka2018.settings import PHASES, Settings

CELL = 150
GAP = 6
LEFT, TOP = 134, 26
COLUMNS = 2
"""Examples of a category."""
INK, SOFT = (31, 41, 51), (91, 102, 114)


def examples_of(sets: Sequence[ImageSet], each: int = COLUMNS) -> dict[str, list[ImageSet]]:
    """Choose examples: the first lesions of every category, of different kinds where there are several.

    Parameters
    ----------
    sets : sequence of ImageSet
        All there are.
    each : int
        How many of a category.

    Returns
    -------
    dict of str to list of ImageSet
        By category.
    """
    chosen: dict[str, list[ImageSet]] = {}
    for category in CATEGORIES:
        own = [item for item in sets if item.category is category and item.position == 1 and item.lesion == 1]
        kinds = list(dict.fromkeys((item.kind, item.hypervascular) for item in own))
        first = [next(item for item in own if (item.kind, item.hypervascular) == kind) for kind in kinds]
        rest = [item for item in own if item not in first]
        chosen[category.value] = (first + rest)[:each]
    return chosen


def contact_sheet(sets: Sequence[ImageSet], folder: Path, settings: Settings) -> Image.Image:
    """Draw what the network sees: a row a category, unenhanced, arterial and delayed of some lesions.

    Parameters
    ----------
    sets : sequence of ImageSet
        To choose from.
    folder : Path
        Where their files are.
    settings : Settings
        How they are cropped and scaled.

    Returns
    -------
    Image
        RGB.
    """
    chosen = examples_of(sets)
    width = LEFT + COLUMNS * (len(PHASES) * (CELL + GAP) + 3 * GAP)
    sheet = Image.new("RGB", (width, TOP + len(CATEGORIES) * (CELL + GAP)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for column in range(COLUMNS):
        for n, phase in enumerate(PHASES):
            draw.text((_left(column, n), 6), phase.value, SOFT, font)
    for row, (category, examples) in enumerate(chosen.items()):
        top = TOP + row * (CELL + GAP)
        draw.text((4, top + 4), f"Category {category}", INK, font)
        for column, example in enumerate(examples):
            name = (example.kind or example.patient).replace("_", " ")
            for line, text in enumerate([*_wrapped(name), f"{example.diameter_mm:.0f} mm"]):
                draw.text((4, top + 26 + column * 58 + line * 15), text, SOFT, font)
            captured = opened([path.read_bytes() for path in example.paths(folder)])
            for n, image in enumerate(network_images(captured, settings.capture)):
                sheet.paste(_cell(image), (_left(column, n), top))
    return sheet


def augmentation_sheet(example: ImageSet, folder: Path, settings: Settings) -> Image.Image:
    """Draw all copies of one image set, in its arterial phase: a row a rotation.

    Parameters
    ----------
    example : ImageSet
        The original.
    folder : Path
        Where its files are.
    settings : Settings
        How it is augmented.

    Returns
    -------
    Image
        Grey.
    """
    captured = opened([path.read_bytes() for path in example.paths(folder)])
    variants = variants_of(captured, settings.augmentation, settings.capture, np.random.default_rng(0))[:, 1:2]
    pixels, turns = settings.capture.pixels, settings.augmentation.quarter_turns
    sheet = Image.new("L", (len(variants) * (pixels + 3) - 3, len(turns) * (pixels + 3) - 3), 255)
    for row, turn in enumerate(turns):
        copies = turned(variants, np.full(len(variants), turn))
        for column, copy in enumerate(copies):
            sheet.paste(Image.fromarray(copy[0]), (column * (pixels + 3), row * (pixels + 3)))
    return sheet


def _left(column: int, phase: int) -> int:
    return LEFT + column * (len(PHASES) * (CELL + GAP) + 3 * GAP) + phase * (CELL + GAP)


def _cell(image: np.ndarray) -> Image.Image:
    return Image.fromarray(image).resize((CELL, CELL), Image.Resampling.NEAREST).convert("RGB")


def _wrapped(text: str) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + len(word) < 16:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines
