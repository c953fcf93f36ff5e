"""`livercad reproduce shah2021`: lesions located and classified on single CT slices, repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def shah2021(
    output: Annotated[Path, typer.Option(metavar="OUT", help="Where to write; what is there already is kept.")],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Patients with arterial or portal CT, masks of liver and lesions, and labels.csv (docs/shah2021.md).",
            show_default="phantoms",
        ),
    ] = None,
    patients: Annotated[
        int | None, typer.Option(min=8, metavar="N", help="Phantoms.", show_default="200, as the paper has")
    ] = None,
    studies: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="CT studies to look at with the trained network; pictures on the page."),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML file with what the paper has or leaves open (docs/shah2021.md)."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed gives the same study.", show_default="0, or the file's")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Few patients, short trainings: only to see it work.")] = False,
) -> None:
    """Shah 2021: liver segmented, lesions located and classified on single CT slices.

    Trains both networks twice, with images divided as the paper does and with whole patients. Writes OUT/index.html and
    OUT/results.json. Stopped and started again, it goes on where it was.
    """
    from rich.console import Console

    from livercad.cli.stopping import stoppable
    from livercad.papers.choices import read_choices
    from livercad.papers.shah2021 import settings as choices
    from livercad.papers.shah2021.folder import FolderSource
    from livercad.papers.shah2021.phantoms import PhantomSource
    from livercad.papers.shah2021.reproduce import reproduce
    from livercad.papers.shah2021.sources import PatientSource

    if data and patients:
        raise typer.BadParameter("it is a number of phantoms; --data has patients of its own", param_hint="--patients")
    chosen = choices.quick(choices.Settings()) if quick else choices.Settings()
    if settings:
        chosen = read_choices(settings, choices.Settings, chosen)
    given = {"patients": patients, "seed": seed}
    chosen = chosen.model_copy(update={name: value for name, value in given.items() if value is not None})
    source: PatientSource = FolderSource.of(data) if data else PhantomSource(chosen.patients, chosen.seed)
    console = Console(stderr=True)
    with stoppable(console) as progress:
        results = reproduce(source, output, chosen, quick=quick, studies=studies, progress=progress)
    for reason in results.left_out:
        console.print(f"left out: {reason}", markup=False, highlight=False, soft_wrap=True)
    for split, result in results.splits.items():
        accuracy, lesions = result.test.classes.accuracy, result.test.lesions.dice
        typer.echo(
            f"test, split by {split}: accuracy {accuracy.value if accuracy else 0:.2f}, Dice of lesions "
            f"{lesions.value:.2f}, of the liver {result.liver_test.overlap.dice.value:.2f}"
        )
    typer.echo(f"all tables and figures: {output / 'index.html'}")
