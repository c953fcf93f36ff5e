"""`livercad reproduce yamakawa2020`: how much around a liver tumour an ultrasound network should see, repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def yamakawa2020(
    output: Annotated[Path, typer.Option(metavar="OUT", help="Where to write; what is there already is kept.")],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Ultrasound images with circles, boxes or masks and classes (docs/ultrasound.md).",
            show_default="phantoms",
        ),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="TOML file with sizes and what the paper leaves open (docs/yamakawa2020.md)."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed gives the same study.", show_default="0, or the file's")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small and short, only to see that it works.")] = False,
) -> None:
    """Yamakawa 2020: types of liver tumours on ultrasound, by regions of many sizes around them.

    Trains a network at each D/L in ten folds, and what the paper proposes next. Writes OUT/index.html and
    OUT/results.json. Stopped and started again, it goes on where it was.
    """
    from rich.console import Console

    from livercad.cli.stopping import stoppable
    from livercad.papers.choices import read_choices
    from livercad.papers.settings import with_deviations
    from livercad.papers.yamakawa2020.reproduce import reproduce
    from livercad.papers.yamakawa2020.settings import ON_TWO_CORES, PAPER, QUICK, Settings

    reasons = QUICK if quick else ON_TWO_CORES
    chosen = with_deviations(PAPER, reasons)
    if settings:
        chosen = read_choices(settings, Settings, chosen)
    if seed is not None:
        chosen = chosen.changed({"seed": seed})
    console = Console(stderr=True)
    with stoppable(console) as progress:
        results = reproduce(data, output, chosen, reasons=reasons, quick=quick, progress=progress)
    for note in results.notes:
        console.print(note, markup=False, highlight=False, soft_wrap=True)
    for scores in (*results.sweep, *results.multi_scale, *results.off_centre):
        area = f", AUC {scores.auc.value:.3f}" if scores.auc else ""
        typer.echo(
            f"{scores.title}: accuracy in cases {scores.cases.value:.3f}, in images {scores.images.value:.3f}{area}"
        )
    typer.echo(results.verdict)
    typer.echo(f"all tables and figures: {output / 'index.html'}")
