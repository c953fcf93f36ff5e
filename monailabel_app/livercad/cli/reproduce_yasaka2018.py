"""`livercad reproduce yasaka2018`: categories of liver masses on triphasic CT, repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def yasaka2018(
    output: Annotated[Path, typer.Option(metavar="OUT", help="Where to write; what is there already is kept.")],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Patients with three phases, lesion masks or boxes, and labels.csv (docs/yasaka2018.md).",
            show_default="phantoms",
        ),
    ] = None,
    sets: Annotated[
        int | None,
        typer.Option(
            min=10, metavar="N", help="Original image sets for training.", show_default="1068, as the paper has"
        ),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML file with what the paper leaves open (docs/yasaka2018.md)."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed gives the same study.", show_default="0, or the file's")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Few and short trainings, only to see that it works.")] = False,
) -> None:
    """Yasaka 2018: five categories of liver masses told apart on triphasic CT.

    Trains five models five times and tests them on patients of their own. Writes OUT/index.html and OUT/results.json.
    Stopped and started again, it goes on where it was.
    """
    from rich.console import Console

    from livercad.cli.stopping import stoppable
    from livercad.papers.choices import read_choices
    from livercad.papers.yasaka2018.folder import FolderSource
    from livercad.papers.yasaka2018.phantoms import SETS, PhantomSource
    from livercad.papers.yasaka2018.reproduce import reproduce
    from livercad.papers.yasaka2018.settings import QUICK_SETS, QUICK_TRAINING, Model, Settings
    from livercad.papers.yasaka2018.sources import LesionSource

    chosen = Settings(training=QUICK_TRAINING) if quick else Settings()
    if settings:
        chosen = read_choices(settings, Settings, chosen)
    if seed is not None:
        chosen = chosen.model_copy(update={"seed": seed})
    source: LesionSource
    if data:
        source = FolderSource.of(data, chosen.capture, chosen.seed, sets or (QUICK_SETS if quick else None))
    else:
        source = PhantomSource(
            sets or (QUICK_SETS if quick else SETS), 0.25 if quick else 1.0, chosen.seed, chosen.capture
        )
    console = Console(stderr=True)
    with stoppable(console) as progress:
        results = reproduce(source, output, chosen, quick=quick, progress=progress)
    for reason in results.left_out:
        console.print(f"left out: {reason}", markup=False, highlight=False, soft_wrap=True)
    for model in Model:
        accuracy = results.models[model].test_accuracy
        typer.echo(f"model {model}: accuracy {accuracy.median:.2f} ({accuracy.low:.2f}-{accuracy.high:.2f})")
    typer.echo(f"all tables and figures: {output / 'index.html'}")
