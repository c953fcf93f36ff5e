"""The page of a simulation with its figures."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from livercad.core.findings import DISCLAIMER
from livercad.evaluation.figures import STYLE
from livercad.evaluation.page import PHANTOM_NOTE, TEMPLATES
from livercad.simulation import figures
from livercad.simulation.areas import Interval
from livercad.simulation.findings import verdict
from livercad.simulation.results import Results, TaskResult
from livercad.studies.atomic import replacing, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES: dict[str, Callable[[TaskResult], Figure]] = {
    "curves": figures.curves_figure,
    "differences": figures.differences_figure,
    "chosen": figures.chosen_figure,
}


def write_page(results: Results, output: Path) -> None:
    """Write ``index.html``, and every figure in ``figures``.

    Parameters
    ----------
    results : Results
        The numbers.
    output : Path
        The folder.
    """
    drawn = {
        name: {
            figure: Markup(_write_figure(f"{name}-{figure}", draw, task, output / "figures"))
            for figure, draw in FIGURES.items()
            if figure != "differences" or any(each.difference for each in task.strategies.values())
        }
        for name, task in results.tasks.items()
    }
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("livercad.simulation"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(interval=_interval, signed=_signed, p=_p, words=lambda text: text.replace("_", " "))
    page = environment.get_template("simulation.html").render(
        style=Markup((TEMPLATES / "evaluation.css").read_text(encoding="utf-8")),
        results=results,
        figures=drawn,
        verdict=verdict,
        disclaimer=DISCLAIMER,
        phantom_note=PHANTOM_NOTE if any(task.is_phantom for task in results.tasks.values()) else "",
        today=date.today().isoformat(),
    )
    write_text(output / "index.html", page)


def _write_figure(name: str, draw: Callable[[TaskResult], Figure], task: TaskResult, folder: Path) -> str:
    """Write a figure as PNG and SVG; the SVG is returned to stand in the page."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE | {"svg.hashsalt": f"livercad {name}"}):  # ids must not clash within the page
        figure = draw(task)
        with replacing(folder / f"{name}.png") as path:
            figure.savefig(path, dpi=150)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None})
    write_text(folder / f"{name}.svg", stream.getvalue())
    text = stream.getvalue()
    return text[text.index("<svg") :]


def _interval(estimate: Interval | None, digits: int = 3) -> str:
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    return f"{estimate.low:.{digits}f} to {estimate.high:.{digits}f}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "< .001" if value < 0.001 else f"{value:.3f}".lstrip("0")
