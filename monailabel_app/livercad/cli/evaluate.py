"""`livercad evaluate`: results against truth: masks, lesion classes and phases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livercad.evaluation.settings import EvaluationSettings, HitCriterion

DEFAULTS = EvaluationSettings()


def evaluate(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="What `livercad analyze` wrote.")],
    truth: Annotated[
        Path,
        typer.Option(
            metavar="TRUTH",
            help="Folder of case folders with liver.nii.gz and lesions.nii.gz (or tumor.nii.gz), and if wanted tables "
            "lesions.csv and phases.csv.",
        ),
    ],
    output: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Where to write.", show_default="RESULTS/evaluation")
    ] = None,
    hit: Annotated[
        HitCriterion,
        typer.Option(help="What makes a lesion found: IoU, or coverage (share of the true lesion that was found)."),
    ] = DEFAULTS.hit_criterion,
    hit_threshold: Annotated[
        float, typer.Option(min=0.0, max=0.99, help="A found lesion lies above this; LiTS asks for an IoU of 0.5.")
    ] = DEFAULTS.hit_threshold,
    tolerance_mm: Annotated[float, typer.Option(min=0.01, help="Of the surface Dice.")] = DEFAULTS.tolerance_mm,
) -> None:
    """Score liver and lesion masks against truth: Dice, VOE, RVD, ASSD, HD95, surface Dice, lesions found.

    Where TRUTH/lesions.csv tells the type of each lesion (case, lesion, type), it also scores what the lesions found
    were called; where TRUTH/phases.csv tells the phase of each image (case, image, phase), what the images were taken
    for. Writes cases.csv, lesions.csv, summary.json and index.html, and phases.csv where phases are scored.
    """
    from rich.console import Console

    from livercad.cli.bar import progress_bar
    from livercad.evaluation.evaluate import evaluate as run
    from livercad.evaluation.output import write_evaluation

    settings = EvaluationSettings(hit_criterion=hit, hit_threshold=hit_threshold, tolerance_mm=tolerance_mm)
    console = Console(stderr=True)
    with progress_bar(console) as progress:
        evaluation = run(results, truth, settings, progress)
    output = output or results / "evaluation"
    write_evaluation(evaluation, output)
    for item in evaluation.skipped:
        console.print(
            f"left out: {item.case} ({item.what}): {item.reason}", markup=False, highlight=False, soft_wrap=True
        )
    count = len(evaluation.cases)
    typer.echo(f"{count} case{'' if count == 1 else 's'} evaluated: {output / 'index.html'}")
