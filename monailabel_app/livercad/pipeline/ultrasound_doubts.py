"""When what is said of ultrasound images is less reliable than it looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

import numpy as np

from livercad.core.circle import SMALLEST_SIDE, Circle
from livercad.core.class_names import in_a_sentence
from livercad.core.question_names import question_name
from livercad.core.ultrasound import Doubt, Opinion, Question, UltrasoundWarning, has_square_pixels
from livercad.studies.ultrasound.image import UltrasoundImage
from livercad.ultrasound.model import LooksAtSquare, LooksAtSquares, UltrasoundModel
from livercad.ultrasound.placing import is_within
from livercad.ultrasound.sector import DARK

COLOURED_SHARE = 0.01
"""Of an image's pixels. Our choice: half the area of a lesion of 67.7 pixels, the mean of Yamakawa 2020 (section 2.5),
on an image of 512 x 384. Words, marks and scales in colour cover less; Doppler of that size may hide what a lesion is
told by."""
LIT_SHARE = 0.01
"""Of an image's pixels, or of those in the square around a lesion, brighter than black, at least. Our choice: no image
of AUL and BUSI has less than 13 %, and no square there less than 44 %."""
OF_LESIONS = (Question.MALIGNANT, Question.TYPE)
"""Questions whose answers are expected to agree within a case; a mass need not show on every image."""
NAMED = 5
"""Images that a warning names."""


class Asked(NamedTuple):
    """What a model was asked about.

    Parameters
    ----------
    image : UltrasoundImage
        With its pixels.
    circle : Circle or None
        Around the lesion; None for the image as a whole.
    """

    image: UltrasoundImage
    circle: Circle | None


def doubts_of(
    images: Sequence[UltrasoundImage],
    with_lesions: Set[str],
    asked: Sequence[Asked],
    opinions: Sequence[Opinion],
    model: UltrasoundModel,
) -> tuple[UltrasoundWarning, ...]:
    """Collect the reasons for caution.

    Parameters
    ----------
    images : sequence of UltrasoundImage
        Those read.
    with_lesions : set of str
        Names of those that a lesion is marked on, whether or not the model is asked about it.
    asked : sequence of Asked
        What the model was asked about.
    opinions : sequence of Opinion
        What it said.
    model : UltrasoundModel
        It.

    Returns
    -------
    tuple of UltrasoundWarning
        One of each kind at most, but for `Doubt.DISAGREEMENT`, of which each question may have one.
    """
    marked = {each.image.name for each in asked}
    told = (
        (Doubt.NO_CIRCLE, "No circle lies on the image, so that the model was not asked", _unmarked(images, marked)),
        (
            Doubt.EMPTY,
            "Hardly anything is to be seen, so that what the model says means nothing",
            [*_empty(images, marked), *_beside_the_sector(asked)],
        ),
        (Doubt.COLOURED, "Colour covers grey values that were not seen", _coloured(images, marked)),
        (
            Doubt.STRETCHED,
            "Pixels are longer along one side, so that shapes are not seen as they are",
            _stretched(images, marked),
        ),
        (Doubt.SMALL_LESION, *_small(asked, model)),
        (Doubt.OUTSIDE, "The circle reaches beyond the image, so that not all of the lesion is seen", _outside(asked)),
        (
            Doubt.CONTRADICTION,
            "A lesion is marked on the image, but looking at all of it the model sees no mass",
            _contradicted(with_lesions, opinions),
        ),
    )
    warnings = [UltrasoundWarning(code, f"{what}: {_named(where)}.") for code, what, where in told if where]
    return (*warnings, *_disagreements(opinions))


def _unmarked(images: Iterable[UltrasoundImage], marked: set[str]) -> list[str]:
    return [image.name for image in images if image.name not in marked]


def _empty(images: Iterable[UltrasoundImage], marked: set[str]) -> list[str]:
    told = []
    for image in (image for image in images if image.name in marked):
        rows, columns = image.shape
        lit = float(np.mean(image.array > DARK))
        if min(rows, columns) < SMALLEST_SIDE:
            told.append(f"{image.name} ({columns} x {rows} pixels)")
        elif lit < LIT_SHARE:
            told.append(f"{image.name} ({lit:.1%} of it is not black)")
    return told


def _beside_the_sector(asked: Iterable[Asked]) -> list[str]:
    """Lesions around which all is black, on images that are not; a cyst may be black, but never what lies around it."""
    told = []
    for image, circle in asked:
        if circle is None or _empty([image], {image.name}):
            continue
        lit = _lit_around(image, circle)
        if lit < LIT_SHARE:
            column, row = circle.center
            told.append(
                f"{image.name} ({lit:.1%} around the lesion at column {column:.0f}, row {row:.0f} is not black)"
            )
    return told


def _lit_around(image: UltrasoundImage, circle: Circle) -> float:
    """Share of pixels that are not black, of those of the image in the square at the usual D/L."""
    x0, y0, x1, y1 = (max(0, int(np.ceil(edge))) for edge in circle.square())
    pixels = image.array[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    return float(np.mean(pixels > DARK)) if pixels.size else 0.0


def _coloured(images: Iterable[UltrasoundImage], marked: set[str]) -> list[str]:
    own = [image for image in images if image.name in marked and image.coloured > COLOURED_SHARE]
    return [f"{image.name} ({image.coloured:.0%} of it)" for image in own]


def _stretched(images: Iterable[UltrasoundImage], marked: set[str]) -> list[str]:
    return [
        f"{image.name} ({image.spacing_mm[1]:.3g} x {image.spacing_mm[0]:.3g} mm)"
        for image in images
        if image.name in marked and image.spacing_mm and not has_square_pixels(image.spacing_mm)
    ]


def _closest(model: UltrasoundModel) -> tuple[float, float] | None:
    """D/L of the model's smallest square, and the side in pixels that it has at least."""
    if isinstance(model, LooksAtSquare):
        return model.ratio, model.smallest
    if isinstance(model, LooksAtSquares) and model.ratios:
        return max(model.ratios), model.smallest
    return None


def _small(asked: Iterable[Asked], model: UltrasoundModel) -> tuple[str, list[str]]:
    """What to say of lesions that are too small for the smallest square, and which these are."""
    closest = _closest(model)
    if closest is None:
        return "", []
    ratio, smallest = closest
    square = "square" if isinstance(model, LooksAtSquare) else "smallest square"
    told = f"Lesions so small that the model's {square}, {smallest:g} pixels at least, shows more around them than D/L"
    small = [(image, circle) for image, circle in asked if circle and circle.diameter / ratio < smallest]
    return f"{told} {ratio:g}", [f"{image.name} ({circle.diameter:.0f} pixels)" for image, circle in small]


def _outside(asked: Iterable[Asked]) -> list[str]:
    return [image.name for image, circle in asked if circle and not is_within(circle.box, image.shape)]


def _contradicted(with_lesions: Set[str], opinions: Iterable[Opinion]) -> list[str]:
    """Images with a mark, and how probable the absence of any mass is there."""
    told = []
    for opinion in opinions:
        classes = opinion.probabilities.get(Question.MASS)
        if classes and opinion.image in with_lesions:
            no, yes = classes.values()
            if no > yes:
                told.append(f"{opinion.image} (no mass {no:.0%})")
    return told


def _disagreements(opinions: Sequence[Opinion]) -> list[UltrasoundWarning]:
    """Questions about lesions whose likeliest answer is not the same in all opinions."""
    by_question: dict[str, dict[str, list[str]]] = {}
    for opinion in opinions:
        for question in OF_LESIONS:
            classes = opinion.probabilities.get(question)
            if not classes:
                continue
            likeliest = max(classes, key=classes.__getitem__)
            by_question.setdefault(question, {}).setdefault(likeliest, []).append(opinion.image)
    return [
        UltrasoundWarning(
            Doubt.DISAGREEMENT,
            f"What is likeliest differs ({question_name(question).lower()}): "
            + "; ".join(f"{in_a_sentence(name)} on {_named(list(dict.fromkeys(on)))}" for name, on in told.items())
            + ".",
        )
        for question, told in by_question.items()
        if len(told) > 1
    ]


def _named(where: Sequence[str]) -> str:
    rest = len(where) - NAMED
    return ", ".join(where[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
