"""Pictures of the page: what is cut at each D/L (Figure 1b), and what was called rightly and wrongly (7 and 8)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from livercad.core.class_names import in_a_sentence, name_of
from livercad.papers.sheets import CELL, Drawn, row_of, stacked
from livercad.papers.yamakawa2020.answers import Answers
from livercad.papers.yamakawa2020.crops import turned_crops
from livercad.papers.yamakawa2020.dataset import Dataset
from livercad.papers.yamakawa2020.settings import CropSet, CropSettings
from livercad.studies.ultrasound.reading import read_image

ACROSS = 6
"""Pictures in a row."""


def crops_sheet(dataset: Dataset, crops: Sequence[CropSet], settings: CropSettings) -> Drawn:
    """Figure 1b: the region of interest of one image at each D/L.

    Parameters
    ----------
    dataset : Dataset
        Its image whose diameter is the middle one is shown.
    crops : sequence of CropSet
        The regions.
    settings : CropSettings
        Sizes.

    Returns
    -------
    Image
        As the network sees them, enlarged.
    """
    diameters = [circle.diameter for circle in dataset.circles]
    number = int(np.argsort(diameters)[len(diameters) // 2])
    image, circle = read_image(dataset.images[number]).array, dataset.circles[number]
    plain = settings.model_copy(update={"angles": ()})
    cells = [(_title(crop), _enlarged(turned_crops(image, circle, crop, plain)[0])) for crop in crops]
    return _rows(cells)


def examples_sheet(answers: Answers, crop: CropSet, settings: CropSettings, *, is_right: bool) -> Drawn | None:
    """Figures 7 and 8: images called rightly, or wrongly, with the class they were called.

    Parameters
    ----------
    answers : Answers
        Of that region of interest.
    crop : CropSet
        It.
    settings : CropSettings
        Sizes.
    is_right : bool
        Which.

    Returns
    -------
    Image or None
        The surest of each class, one a case; None where there are none.
    """
    dataset, called = answers.dataset, answers.probabilities.argmax(axis=1)
    sure = answers.probabilities.max(axis=1)
    plain = settings.model_copy(update={"angles": ()})
    per_class = max(1, ACROSS // len(dataset.classes))
    cells = []
    for label, name in enumerate(dataset.classes):
        own = np.flatnonzero((dataset.labels == label) & (answers.correct_images == is_right))
        own = own[np.argsort(-sure[own], kind="stable")]
        _, first = np.unique(dataset.cases[own], return_index=True)
        for number in own[np.sort(first)][:per_class]:
            image = read_image(dataset.images[number]).array
            cut = turned_crops(image, dataset.circles[number], crop, plain)[0]
            wrong = f", called {in_a_sentence(dataset.classes[called[number]])}" * (not is_right)
            told = name_of(name) + wrong
            cells.append((f"{told} {sure[number]:.2f}", _enlarged(cut)))
    return _rows(cells) if cells else None


def _title(crop: CropSet) -> str:
    return f"D/L {crop.ratio:g}" + (f", middle {crop.down:g} L lower" if crop.down else "")


def _enlarged(crop: npt.NDArray[np.uint8]) -> Drawn:
    return Image.fromarray(crop).resize((CELL, CELL), Image.Resampling.NEAREST).convert("RGB")


def _rows(cells: Sequence[tuple[str, Drawn]]) -> Drawn:
    sheet = stacked([row_of(cells[n : n + ACROSS], min(ACROSS, len(cells))) for n in range(0, len(cells), ACROSS)])
    return sheet.resize((sheet.width * 3 // 4, sheet.height * 3 // 4), Image.Resampling.LANCZOS)
