"""The results page with its figures and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from PIL.Image import Image as Picture

from livercad.papers.page import environment_of, study_page, write_figure, write_png
from livercad.papers.shah2021 import figures, published, tables
from livercad.papers.shah2021.answers import LesionTest, LiverTest
from livercad.papers.shah2021.asking import trained
from livercad.papers.shah2021.classes import CLASSES
from livercad.papers.shah2021.fixed import FIXED_CHOICES
from livercad.papers.shah2021.images import Image
from livercad.papers.shah2021.lesions import new_lesion_network
from livercad.papers.shah2021.perception import filters_sheet, maps_sheet
from livercad.papers.shah2021.results import Results
from livercad.papers.shah2021.settings import Split
from livercad.papers.shah2021.sheet import lesion_sheet, liver_sheet, preprocessing_sheet
from livercad.studies.atomic import write_text

FIGURES = {
    "curves": figures.curves_figure,
    "leak": figures.leak_figure,
    "confusion": figures.confusion_figure,
    "liver_curves": figures.liver_curves_figure,
}
SHOWN = Split.PATIENT
"""Whose networks and test images the pictures show."""


def write_page(
    results: Results,
    liver: Mapping[Split, LiverTest],
    lesions: Mapping[Split, LesionTest],
    cases: Mapping[str, Picture],
    output: Path,
) -> None:
    """Write ``index.html``, and every figure and picture in ``figures``.

    Parameters
    ----------
    results : Results
        The numbers.
    liver, lesions : mapping of Split to LiverTest, LesionTest
        Networks, images and answers, of which samples are shown.
    cases : mapping of str to Image
        Pictures of the studies in `Results.cases`.
    output : Path
        The folder.
    """
    folder = output / "figures"
    drawn = {name: write_figure(name, partial(draw, results), folder) for name, draw in FIGURES.items()}
    page = study_page(
        environment_of("livercad.papers.shah2021"),
        "Shah 2021",
        results,
        FIXED_CHOICES,
        splits=list(Split),
        titles=figures.SPLIT_TITLES,
        classes=CLASSES,
        published=published,
        overlap_rows=tables.overlap_table(results),
        class_rows=tables.class_table(results),
        each_rows=tables.each_class_table(results),
        leak_rows=tables.leak_table(results),
        box_rows=tables.box_table(results),
        other_rows=tables.other_methods_table(results),
        number=tables.number,
        largest_voe=tables.largest_voe,
        figures=drawn,
        pictures=_pictures(results, liver[SHOWN], lesions[SHOWN], folder),
        cases={case: write_png(picture, folder / f"case_{case}.png") for case, picture in cases.items()},
    )
    write_text(output / "index.html", page)


def _pictures(results: Results, liver: LiverTest, lesions: LesionTest, folder: Path) -> dict[str, str]:
    perimeters, answers = liver.perimeters(), lesions.kept()
    given = {answer.image: answer for answer in answers.answers} if answers else {}
    test = _test_images(lesions.lesion_images, lesions.job.training)
    network = trained(new_lesion_network(lesions.job.settings), lesions.job)
    found = [image for image in test if given[image.name].sections] or test
    sheets = {
        "preprocessing": preprocessing_sheet(lesions.lesion_images, lesions.images, results.settings.images),
        "livers": liver_sheet(_test_images(liver.liver_images, liver.job.training), perimeters, liver.images),
        "lesions": lesion_sheet(test, given, perimeters, lesions.images),
        "filters": filters_sheet(network),
        "maps": maps_sheet(network, found[0], perimeters[found[0].name], lesions.images, lesions.job.settings),
    }
    return {name: write_png(sheet, folder / f"{name}.png") for name, sheet in sheets.items()}


def _test_images(images: Sequence[Image], training: tuple[bool, ...]) -> list[Image]:
    return [image for image, taken in zip(images, training, strict=True) if not taken]
