"""What the results pages of papers have in common: their templates, and figures and pictures inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import jinja2
from markupsafe import Markup
from PIL.Image import Image

from livercad.evaluation.figures import STYLE
from livercad.evaluation.page import PHANTOM_NOTE, TEMPLATES
from livercad.papers.choices import FixedChoice, concerning
from livercad.papers.settings import PaperSettings
from livercad.studies.atomic import replacing, write_bytes, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


OURS, PAPER = "#1f6f8b", "#b5563c"
"""Colours of the figures' numbers. They differ in lightness too, and in marker."""
GRID = "#e5e7eb"
PHANTOMS = "phantoms."
"""Settings that only count where phantoms are made."""


def environment_of(package: str) -> jinja2.Environment:
    """The environment of a paper's page.

    Parameters
    ----------
    package : str
        Full name of the package whose folder ``templates`` has it; ``page.html`` and ``study.html``, which it extends,
        lie here.

    Returns
    -------
    Environment
        What is inserted is escaped; a name that does not exist is an error.
    """
    return jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package), jinja2.PackageLoader("livercad.papers")]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def style_sheet() -> Markup:
    """The style that all results pages have."""
    return Markup((TEMPLATES / "evaluation.css").read_text(encoding="utf-8"))


class Shown(Protocol):
    """Results that a page shows."""

    @property
    def is_phantom(self) -> bool:
        """Whether the images were made."""


class Study(Shown, Protocol):
    """Results of a paper's study, as its page needs them."""

    @property
    def settings(self) -> PaperSettings:
        """What was chosen."""

    @property
    def paper(self) -> object:
        """The paper's numbers; among them its citation."""


def results_page(environment: jinja2.Environment, template: str, results: Shown, **values: object) -> str:
    """Render a page of results.

    Parameters
    ----------
    environment : Environment
        See `environment_of`.
    template : str
        Name of its file; it extends ``page.html``.
    results : Shown
        The numbers; the template has them as ``results``.
    **values : object
        What the template needs besides.

    Returns
    -------
    str
        HTML.
    """
    return environment.get_template(template).render(
        style=style_sheet(),
        results=results,
        phantom_note=PHANTOM_NOTE if results.is_phantom else "",
        today=date.today().isoformat(),
        **values,
    )


def study_page(
    environment: jinja2.Environment, name: str, results: Study, fixed: Sequence[FixedChoice], **values: object
) -> str:
    """Render the page of a study.

    Parameters
    ----------
    environment : Environment
        See `environment_of`.
    name : str
        Of the paper; its template is this name in small letters, without spaces.
    results : Study
        The numbers; the template has them as ``results``.
    fixed : sequence of FixedChoice
        All of the paper's.
    **values : object
        What its own template needs besides.

    Returns
    -------
    str
        HTML.
    """
    return results_page(
        environment,
        f"{name.lower().replace(' ', '')}.html",
        results,
        name=name,
        paper=results.paper,
        choices=[
            each for each in results.settings.choices() if results.is_phantom or not each.name.startswith(PHANTOMS)
        ],
        fixed=concerning(fixed, results.is_phantom),
        phantoms=PHANTOMS,
        **values,
    )


def write_figure(name: str, draw: Callable[[], Figure], folder: Path) -> Markup:
    """Write a figure as PNG and SVG.

    Parameters
    ----------
    name : str
        Of the files, and unlike that of any other figure of the page.
    draw : callable
        Draws it.
    folder : Path
        Where to write.

    Returns
    -------
    Markup
        The ``<svg>`` element to stand in the page.
    """
    import matplotlib as mpl

    with mpl.rc_context(STYLE | {"svg.hashsalt": f"livercad {name}"}):  # ids must not clash within the page
        figure = draw()
        with replacing(folder / f"{name}.png") as path:
            figure.savefig(path, dpi=150)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None})
    text = stream.getvalue()
    write_text(folder / f"{name}.svg", text)
    return Markup(text[text.index("<svg") :])


def write_png(image: Image, path: Path) -> str:
    """Write a picture, and return it as a data address."""
    stream = io.BytesIO()
    image.save(stream, format="PNG")
    write_bytes(path, stream.getvalue())
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
