"""The page of a training: one file that needs no other."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from livercad.evaluation import page as evaluation_page
from livercad.studies.atomic import write_text
from livercad.studies.ultrasound.collection import Collection
from livercad.ultrasound.training.figures import curves_figure, errors_picture
from livercad.ultrasound.training.results import Number, Results

TEMPLATES = Path(__file__).parent / "templates"
TITLES = {"mass": "Mass or not", "malignant": "Malignant or benign", "type": "Type of the lesion"}


def write_page(results: Results, collection: Collection, output: Path) -> None:
    """Write ``index.html``.

    Parameters
    ----------
    results : Results
        The numbers.
    collection : Collection
        With the images, for those called wrongly.
    output : Path
        The folder.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template("ultrasound.html").render(
        style=Markup((evaluation_page.TEMPLATES / "evaluation.css").read_text(encoding="utf-8")),
        results=results,
        phantom_note=evaluation_page.PHANTOM_NOTE if results.is_phantom else "",
        titles=TITLES,
        number=_number,
        figures={each.question: Markup(curves_figure(each)) for each in results.questions},
        errors={each.question: errors_picture(each, collection) for each in results.questions},
        today=date.today().isoformat(),
    )
    write_text(output / "index.html", page)


def _number(number: Number | None) -> str:
    if number is None:
        return "–"
    interval = f" ({number.low:.3f} to {number.high:.3f})" if number.low is not None else ""
    return f"{number.value:.3f}{interval}"
