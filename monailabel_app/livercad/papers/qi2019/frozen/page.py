"""The page of a comparison, its figures and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from livercad.papers.page import environment_of, results_page, write_figure, write_png
from livercad.papers.qi2019.asked import Array, Asked, Told, Truth, Way
from livercad.papers.qi2019.crops import Grey, scaled, uniform_crops
from livercad.papers.qi2019.data import Data
from livercad.papers.qi2019.frozen.choices import CHOICES
from livercad.papers.qi2019.frozen.fold import FoldAnswers
from livercad.papers.qi2019.frozen.pathways import enlarged
from livercad.papers.qi2019.frozen.results import Results
from livercad.papers.qi2019.outcomes import outcomes_sheet
from livercad.papers.qi2019.ways import differences_figure, roc_figure, ways_shown
from livercad.papers.sheets import Drawn
from livercad.studies.atomic import write_text

NETS = {Asked.ANY: "Mt-Net", Asked.SECOND: "Sn-Net"}


def write_page(
    results: Results, images: Data, truth: Truth, told: Told, folds: Sequence[FoldAnswers], side: int, output: Path
) -> None:
    """Write ``index.html``, and every figure and picture in ``figures``.

    Parameters
    ----------
    results : Results
        The numbers.
    images : Data
        What is shown.
    truth : Truth
        What is known of it.
    told : Told
        What was said of it.
    folds : sequence of FoldAnswers
        Where both networks look.
    side : int
        Of squares, in pixels.
    output : Path
        The folder.
    """
    folder = output / "figures"
    drawn = {
        name: write_figure(name, partial(draw, results.asked, results.second_question), folder)
        for name, draw in (("roc", roc_figure), ("differences", differences_figure))
    }
    pictures = {
        asked: write_png(_sheet(images, truth, told, folds, side, asked), folder / f"looked_{asked.name.lower()}.png")
        for asked in NETS
    }
    page = results_page(
        environment_of("livercad.papers.qi2019"),
        "frozen.html",
        results,
        shown=ways_shown(results.second_question),
        nets=NETS,
        figures=drawn,
        pictures=pictures,
        choices=CHOICES,
    )
    write_text(output / "index.html", page)


def _sheet(images: Data, truth: Truth, told: Told, folds: Sequence[FoldAnswers], side: int, asked: Asked) -> Drawn:
    """Where a network looks, of images of every fold by turns."""
    tested = [truth.tested(fold) for fold in range(len(folds))]
    rows = sorted(range(len(images.images)), key=lambda row: (_place(tested, truth, row), truth.fold[row]))

    def look(n: int) -> tuple[Grey, npt.NDArray[np.float64]]:
        row = rows[n]
        answers = folds[truth.fold[row]]
        where: Array = (answers.sn if asked is Asked.SECOND else answers.mt)[_place(tested, truth, row)]
        (square,) = uniform_crops(scaled(images.images[row].grey, side), side, 1)
        middle = where[len(where) // 2][None]
        return square, enlarged(middle, side)[0].astype(np.float64)

    answers, probabilities = truth.answers(asked), told[asked, Way.REM]
    return outcomes_sheet(
        [images.images[row] for row in rows],
        [int(answers[row]) for row in rows],
        [float(probabilities[row]) for row in rows],
        look,
    )


def _place(tested: Sequence[npt.NDArray[np.int64]], truth: Truth, row: int) -> int:
    """Of an image among those that its fold tests."""
    return int(np.searchsorted(tested[truth.fold[row]], row))
