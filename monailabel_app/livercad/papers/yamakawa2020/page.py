"""The results page with its figures and pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from livercad.core.class_names import name_of
from livercad.papers.intervals import with_interval
from livercad.papers.page import environment_of, study_page, write_figure, write_png
from livercad.papers.yamakawa2020 import data_figures, figures, tables
from livercad.papers.yamakawa2020.answers import Answers
from livercad.papers.yamakawa2020.dataset import Dataset
from livercad.papers.yamakawa2020.fixed import FIXED_CHOICES
from livercad.papers.yamakawa2020.results import Results
from livercad.papers.yamakawa2020.settings import CropSet
from livercad.papers.yamakawa2020.sheet import crops_sheet, examples_sheet
from livercad.studies.atomic import write_text

FIGURES: dict[str, Callable[[Results], Any]] = {
    "figure-5-cases": figures.cases_figure,
    "figure-6-images": figures.images_figure,
    "table-2-classes": figures.classes_figure,
    "figure-9-dice": figures.dice_figure,
    "proposals": figures.proposals_figure,
    "figure-2-diameters": data_figures.diameters_figure,
    "figure-4-training": data_figures.curves_figure,
}
"""Of every study; some have more."""
CIRCLES = 3
"""Sets that Figure 10 can draw."""


def write_page(results: Results, dataset: Dataset, reference: Answers, output: Path) -> None:
    """Write ``index.html``, and every figure in ``figures``.

    Parameters
    ----------
    results : Results
        The numbers.
    dataset : Dataset
        The images, of which some are shown.
    reference : Answers
        At the D/L that others are compared with; examples are of it.
    output : Path
        The folder.
    """
    folder = output / "figures"
    draws = dict(FIGURES)
    if results.positive is not None:
        draws["auc"] = figures.auc_figure
    if len(results.overlap.ratios) == CIRCLES:
        draws["figure-10-overlap"] = figures.overlap_figure
    drawn = {name: write_figure(name, partial(draw, results), folder) for name, draw in draws.items()}
    page = study_page(
        environment_of("livercad.papers.yamakawa2020"),
        "Yamakawa 2020",
        results,
        FIXED_CHOICES,
        is_papers=results.has_paper_s_classes,
        reference=next(each for each in results.sweep if each.ratio == results.settings.study.reference),
        figures=drawn,
        pictures=_pictures(results, dataset, reference, folder),
        sweep_rows=tables.sweep_rows(results),
        proposal_rows=tables.proposal_rows(results),
        off_centre_rows=tables.off_centre_rows(results),
        best_rows=tables.best_rows(results),
        best=tables.ratios_of(results.best_cases.ratios),
        ratios_text=tables.ratios_of(results.overlap.ratios),
        with_interval=partial(with_interval, digits=tables.DIGITS),
        name_of=name_of,
        signed=tables.signed,
    )
    write_text(output / "index.html", page)


def _pictures(results: Results, dataset: Dataset, reference: Answers, folder: Path) -> Mapping[str, str]:
    settings = results.settings
    crop = CropSet(settings.study.reference)
    sheets = {
        "figure-1-crops": crops_sheet(dataset, (*settings.centred, *settings.shifted), settings.crops),
        "figure-7-right": examples_sheet(reference, crop, settings.crops, is_right=True),
        "figure-8-wrong": examples_sheet(reference, crop, settings.crops, is_right=False),
    }
    return {name: write_png(sheet, folder / f"{name}.png") for name, sheet in sheets.items() if sheet}
