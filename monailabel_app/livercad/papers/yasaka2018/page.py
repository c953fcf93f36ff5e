"""The results page with its figures."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import jinja2
from markupsafe import Markup
from PIL.Image import Image

from livercad import __version__
from livercad.core.findings import DISCLAIMER
from livercad.evaluation.figures import STYLE
from livercad.evaluation.page import PHANTOM_NOTE, TEMPLATES
from livercad.papers.yasaka2018 import figures, published, tables
from livercad.papers.yasaka2018.arrays import CATEGORIES
from livercad.papers.yasaka2018.fixed import fixed_choices
from livercad.papers.yasaka2018.image_sets import FOLDER, ImageSet
from livercad.papers.yasaka2018.results import Results
from livercad.papers.yasaka2018.settings import Model
from livercad.papers.yasaka2018.sheet import augmentation_sheet, contact_sheet
from livercad.papers.yasaka2018.sources import Part
from livercad.studies.atomic import replacing, write_bytes, write_text

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
    drawn = {name: Markup(_write_figure(name, results, folder)) for name in FIGURES}
    training = [each for each in sets if each.part is Part.TRAINING]
    test = [each for each in sets if each.part is Part.TEST]
    sheets = {
        "samples": contact_sheet(test, output / FOLDER, results.settings),
        "augmentation": augmentation_sheet(training[0], output / FOLDER, results.settings),
    }
    pictures = {name: _write_png(image, folder / f"{name}.png") for name, image in sheets.items()}
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("livercad.papers.yasaka2018"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["p"] = tables.p_text
    page = environment.get_template("yasaka2018.html").render(
        style=Markup((TEMPLATES / "evaluation.css").read_text(encoding="utf-8")),
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


def _write_figure(name: str, results: Results, folder: Path) -> str:
    """Write a figure as PNG and SVG; the SVG is returned to stand in the page."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE | {"svg.hashsalt": f"livercad {name}"}):  # ids must not clash within the page
        figure = FIGURES[name](results)
        with replacing(folder / f"{name}.png") as path:
            figure.savefig(path, dpi=150)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None})
    write_text(folder / f"{name}.svg", stream.getvalue())
    text = stream.getvalue()
    return text[text.index("<svg") :]


def _write_png(image: Image, path: Path) -> str:
    """Write a picture, and return it as a data address."""
    stream = io.BytesIO()
    image.save(stream, format="PNG")
    write_bytes(path, stream.getvalue())
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
