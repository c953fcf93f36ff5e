"""The results page with its figures and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from livercad.papers.page import environment_of, study_page, write_figure, write_png
from livercad.papers.qi2019 import figures, published, tables
from livercad.papers.qi2019.fixed import FIXED_CHOICES
from livercad.papers.qi2019.frozen.results import Results as Compared
from livercad.papers.qi2019.jobs import Job, result_of
from livercad.papers.qi2019.learners import Together
from livercad.papers.qi2019.making import trained_learner
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.results import Results
from livercad.papers.qi2019.sheet import Pair, crops_sheet, looked_sheet, pathways_sheet
from livercad.papers.qi2019.splits import Side, Split, rows_of
from livercad.papers.qi2019.steps import Study
from livercad.papers.qi2019.ways import differences_figure, roc_figure, ways_shown
from livercad.studies.atomic import write_text

COMPARED = "features"
"""Folder of the comparison with features of ImageNet."""
SHOWN = Split.PATIENT
"""Whose networks and test images the pictures show."""


def write_page(
    results: Results, study: Study, enhanced: Mapping[Split, Job], compared: Compared | None, output: Path
) -> None:
    """Write ``index.html``, and every figure and picture in ``figures``.

    Parameters
    ----------
    results : Results
        The numbers.
    study : Study
        Whose images are shown.
    enhanced : mapping of Split to Job
        The trainings with region enhancement, which are done.
    compared : frozen.results.Results or None
        Ways to see an image with features of ImageNet, if asked for; their own page is in `COMPARED`.
    output : Path
        The folder.
    """
    folder = output / "figures"
    drawn = {name: write_figure(name, partial(draw, results), folder) for name, draw in figures.FIGURES.items()}
    if results.folds:
        for name, draw_ways in (("folds_roc", roc_figure), ("folds_differences", differences_figure)):
            drawn[name] = write_figure(name, partial(draw_ways, results.folds.asked, results.second_question), folder)
    page = study_page(
        environment_of("livercad.papers.qi2019"),
        "Qi 2019",
        results,
        FIXED_CHOICES,
        splits=list(Split),
        sides=list(Side),
        methods=list(Method),
        split_titles=figures.SPLIT_TITLES,
        questions=tables.question_titles(results),
        nets=figures.NETS,
        published=published,
        tables=tables.criteria_tables(results),
        criteria=tables.CRITERIA,
        leak_rows=tables.leak_table(results),
        number=tables.number,
        figures=drawn,
        compared=compared,
        compared_page=f"{COMPARED}/index.html",
        ways_shown=ways_shown(results.second_question),
        pictures=_pictures(study, enhanced[SHOWN], folder),
    )
    write_text(output / "index.html", page)


def _pictures(study: Study, job: Job, folder: Path) -> dict[str, str]:
    learner, training = trained_learner(job), result_of(job)
    assert isinstance(learner, Together) and training is not None
    pair = Pair(learner.mt, learner.sn, study.settings.networks.side)
    rows = rows_of(job.sides, Side.TEST).tolist()
    images, answers = [study.data.images[row] for row in rows], study.data.answers
    told = {
        question: dict(zip(training.rows, training.probabilities[Method.REM][question], strict=True))
        for question in Question
    }
    longest = max(images, key=lambda image: max(image.grey.shape) / min(image.grey.shape))
    sheets = {
        f"looked_{question}": looked_sheet(
            pair, question, images, answers[question][rows].tolist(), [told[question][row] for row in rows]
        )
        for question in Question
    }
    sheets["pathways"] = pathways_sheet(pair, [image for image in images if image.box] or images)
    sheets["crops"] = crops_sheet(longest, study.settings.networks.side, study.settings.crops)
    return {name: write_png(sheet, folder / f"{name}.png") for name, sheet in sheets.items()}
