"""The results page with its figures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from livercad.papers.page import environment_of, study_page, write_figure, write_png
from livercad.papers.yasaka2018 import figures, published, tables
from livercad.papers.yasaka2018.arrays import CATEGORIES
from livercad.papers.yasaka2018.fixed import FIXED_CHOICES
from livercad.papers.yasaka2018.image_sets import FOLDER, ImageSet
from livercad.papers.yasaka2018.results import Results
from livercad.papers.yasaka2018.settings import Model
from livercad.papers.yasaka2018.sheet import augmentation_sheet, contact_sheet
from livercad.papers.yasaka2018.sources import Part
from livercad.studies.atomic import write_text

FIGURES = {
    "accuracy": figures.accuracy_figure,
    "roc": figures.roc_figure,
    "confusion": figures.confusion_figure,
    "learning": figures.learning_figure,
}


def write_page(results: Results, sets: Sequence[ImageSet], output: Path) -> None:
    """Write ``index.html``, and every figure in ``figures``.

    Parameters
    ----------
    results : Results
        The numbers.
    sets : sequence of ImageSet
        Of which samples are shown.
    output : Path
        The folder.
    """
    folder = output / "figures"
    drawn = {name: write_figure(name, partial(draw, results), folder) for name, draw in FIGURES.items()}
    training = [each for each in sets if each.part is Part.TRAINING]
    test = [each for each in sets if each.part is Part.TEST]
    sheets = {
        "samples": contact_sheet(test, output / FOLDER, results.settings),
        "augmentation": augmentation_sheet(training[0], output / FOLDER, results.settings),
    }
    pictures = {name: write_png(image, folder / f"{name}.png") for name, image in sheets.items()}
    environment = environment_of("livercad.papers.yasaka2018")
    environment.filters["p"] = tables.p_text
    page = study_page(
        environment,
        "Yasaka 2018",
        results,
        FIXED_CHOICES,
        triphasic=results.models[Model.TRIPHASIC],
        models=list(Model),
        categories=CATEGORIES,
        published=published,
        accuracy_rows=tables.accuracy_table(results),
        sensitivity_rows=tables.sensitivity_table(results),
        specificity_rows=tables.category_table(results, "specificity"),
        category_accuracy_rows=tables.category_table(results, "accuracy"),
        misdiagnosis_rows=tables.misdiagnosis_table(results),
        figures=drawn,
        pictures=pictures,
    )
    write_text(output / "index.html", page)
