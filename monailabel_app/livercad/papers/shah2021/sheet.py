"""Pictures of the page: preprocessing, perimeters and boxes (Figs 2, 5 and 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont
from skimage.measure import find_contours

from livercad.papers.shah2021.answers import LesionAnswer
from livercad.papers.shah2021.classes import CLASSES
from livercad.papers.shah2021.crops import Square
from livercad.papers.shah2021.images import Image, pixels_of
from livercad.papers.shah2021.perimeter import Perimeter
from livercad.papers.shah2021.preprocessing import limited, preprocessed
from livercad.papers.shah2021.settings import ImageSettings
from livercad.papers.sheets import CELL, Drawn, draw_box, row_of, stacked

YELLOW, WHITE = (255, 220, 0), (255, 255, 255)
EACH = 2
"""Examples of a class."""
LIVERS = 6
AROUND = 0.06
"""Of the liver's size: shown to each side of it."""


def preprocessing_sheet(images: Sequence[Image], folder: Path, settings: ImageSettings) -> Drawn:
    """Figure 2: an image raw, limited, and equalised.

    Parameters
    ----------
    images : sequence of Image
        Of lesions; the first patient's first is shown.
    folder : Path
        Where their pixels are.
    settings : ImageSettings
        The limits.

    Returns
    -------
    Image
        Three in a row.
    """
    hu = pixels_of(folder, images[0].patient).first_hu
    raw = (np.clip(hu.astype(float), -1024, 1024) + 1024) / 2048
    steps = (
        ("A  as the scanner has it, -1024 to 1024 HU", raw * 255),
        (f"B  limited to {settings.low_hu:g} to {settings.high_hu:g} HU", limited(hu, settings) * 255),
        ("C  histogram equalised", preprocessed(hu, settings)),
    )
    return row_of([(title, _grey(grey.astype(np.uint8))) for title, grey in steps])


def liver_sheet(images: Sequence[Image], perimeters: Mapping[str, Perimeter], folder: Path) -> Drawn:
    """Figure 5: the predicted perimeter in yellow, what was marked as a thin white line.

    Parameters
    ----------
    images : sequence of Image
        Of whole livers, for the test: the first of the first patients are shown.
    perimeters : mapping of str to Perimeter
        By the images' names.
    folder : Path
        Where their pixels are.

    Returns
    -------
    Image
        `LIVERS` of them, three in a row.
    """
    cells = []
    for image in _of_different_patients(images)[:LIVERS]:
        pixels = pixels_of(folder, image.patient)
        cell = _grey(pixels.grey[image.number])
        whole = Square(0, 0, len(pixels.grey[image.number]))
        _outline(cell, pixels.liver[image.number], whole, WHITE)
        for polygon in perimeters[image.name].polygons:
            _line(cell, polygon, whole, YELLOW, 2)
        cells.append((f"{image.patient}, {image.phase.value}", cell))
    return stacked([row_of(cells[first : first + 3]) for first in range(0, len(cells), 3)])


def lesion_sheet(
    images: Sequence[Image],
    answers: Mapping[str, LesionAnswer],
    perimeters: Mapping[str, Perimeter],
    folder: Path,
) -> Drawn:
    """Figure 7: green boxes around benign lesions, red ones around malignant, the probability above.

    Parameters
    ----------
    images : sequence of Image
        With lesions, for the test: of each class the first patients' with the largest area are shown, whatever the
        network made of them.
    answers : mapping of str to LesionAnswer
        By the images' names.
    perimeters : mapping of str to Perimeter
        Likewise.
    folder : Path
        Where their pixels are.

    Returns
    -------
    Image
        A column a class.
    """
    columns = []
    for kind in CLASSES:
        own = [image for image in images if image.kind is kind]
        patients = list(dict.fromkeys(image.patient for image in own))[:EACH]
        shown = []
        for patient in patients:
            pixels = pixels_of(folder, patient)
            mine = [image for image in own if image.patient == patient]
            image = max(mine, key=lambda each: int((pixels.lesions[each.number] > 0).sum()))
            liver = perimeters[image.name].mask()
            view = Square.around(liver | (pixels.lesions[image.number] > 0), AROUND) or Square(0, 0, len(liver))
            cell = _grey(view.cut(np.where(liver, pixels.grey[image.number], 0)))
            _outline(cell, pixels.lesions[image.number] > 0, view, WHITE)
            _boxes(cell, answers[image.name], view)
            shown.append((f"{kind}: {patient}, {image.phase.value}", cell))
        columns.append(shown)
    rows = [[column[n] for column in columns if n < len(column)] for n in range(EACH)]
    return stacked([row_of(row) for row in rows if row])


def _of_different_patients(images: Sequence[Image]) -> list[Image]:
    """The middle image of each patient, then the others."""
    own: dict[str, list[Image]] = {}
    for image in images:
        own.setdefault(image.patient, []).append(image)
    first = [each[len(each) // 2] for each in own.values()]
    return first + [image for image in images if image not in first]


def _grey(image: npt.NDArray[np.uint8]) -> Drawn:
    return Picture.fromarray(image).resize((CELL, CELL), Picture.Resampling.BICUBIC).convert("RGB")


def _outline(cell: Drawn, mask: npt.NDArray[np.bool_], view: Square, color: tuple[int, int, int]) -> None:
    for contour in find_contours(np.pad(mask, 1).astype(float), 0.5):
        _line(cell, contour - 1, view, color, 1)


def _line(cell: Drawn, points: npt.NDArray[np.float64], view: Square, color: tuple[int, int, int], width: int) -> None:
    step = CELL / view.side
    scaled = [((x + 0.5 - view.left) * step, (y + 0.5 - view.top) * step) for y, x in points]
    ImageDraw.Draw(cell).line([*scaled, scaled[0]], fill=color, width=width)


def _boxes(cell: Drawn, answer: LesionAnswer, view: Square) -> None:
    step = CELL / view.side
    for section in answer.sections:
        left, right = ((column - view.left) * step for column in section.columns)
        top, bottom = ((row - view.top) * step for row in section.rows)
        draw_box(cell, (left, top, right, bottom), section.kind.color, f"{section.kind} {section.probability:.2f}")
    if not answer.sections:
        ImageDraw.Draw(cell).text((6, CELL - 20), "nothing found", WHITE, ImageFont.load_default(13))
