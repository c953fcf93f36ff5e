"""The results page with its figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

from livercad import __version__
from livercad.core.findings import DISCLAIMER
from livercad.evaluation.page import PHANTOM_NOTE
from livercad.papers.page import environment_of, style_sheet, write_figure, write_png
from livercad.papers.yasaka2018 import figures, published, tables
from livercad.papers.yasaka2018.arrays import CATEGORIES
from livercad.papers.yasaka2018.fixed import fixed_choices
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
    page = environment.get_template("yasaka2018.html").render(
        style=style_sheet(),
        results=results,
        triphasic=results.models[Model.TRIPHASIC],
        models=list(Model),
        categories=CATEGORIES,
        published=published,
        paper=results.paper,
        accuracy_rows=tables.accuracy_table(results),
        sensitivity_rows=tables.sensitivity_table(results),
        specificity_rows=tables.category_table(results, "specificity"),
        category_accuracy_rows=tables.category_table(results, "accuracy"),
        misdiagnosis_rows=tables.misdiagnosis_table(results),
        choices=results.settings.choices(),
        fixed=fixed_choices(results.is_phantom),
        figures=drawn,
        pictures=pictures,
        disclaimer=DISCLAIMER,
        phantom_note=PHANTOM_NOTE if results.is_phantom else "",
        version=__version__,
        today=date.today().isoformat(),
    )
    write_text(output / "index.html", page)
