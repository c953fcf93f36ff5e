"""What the results pages of papers have in common: their templates, and figures and pictures inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup
from PIL.Image import Image

from livercad.evaluation.figures import STYLE
from livercad.evaluation.page import TEMPLATES
from livercad.studies.atomic import replacing, write_bytes, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


OURS, PAPER = "#1f6f8b", "#b5563c"
"""Colours of the figures' numbers. They differ in lightness too, and in marker."""
GRID = "#e5e7eb"


def environment_of(package: str) -> jinja2.Environment:
    """The environment of a paper's page.

    Parameters
    ----------
    package : str
        Full name of the package whose folder ``templates`` has it.

    Returns
    -------
    Environment
        What is inserted is escaped; a name that does not exist is an error.
    """
    return jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def style_sheet() -> Markup:
    """The style that all results pages have."""
    return Markup((TEMPLATES / "evaluation.css").read_text(encoding="utf-8"))


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
