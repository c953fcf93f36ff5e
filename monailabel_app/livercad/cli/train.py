"""`livercad train`: a model learns from labelled studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from livercad.cli.train_ultrasound import ultrasound

if TYPE_CHECKING:
    from rich.console import Console

    from livercad.learning.cases import LabelledCase
    from livercad.learning.pool import Side

MINUTES = 18.0
"""Default of `livercad.recipes.run.MINUTES`, without importing torch."""
SHARE = 0.2
"""Likewise of `livercad.learning.pool.SHARE`."""
CT_MODELS = ("lesions", "liver", "lesion_classification")

app = typer.Typer(no_args_is_help=True, help="Train a model on images of your own.")


def train(
    context: typer.Context,
    studies: Annotated[Path, typer.Option(metavar="DIR", help="Folder of studies, as `livercad analyze` takes it.")],
    labels: Annotated[
        Literal["truth", "submitted"],
        typer.Option(
            help="What it learns from: a folder of truth, or what annotators have submitted to a server as complete."
        ),
    ] = "truth",
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of case folders with liver.nii.gz and lesions.nii.gz; by default DIR/../truth, or beside the "
            "images.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Where weights, record and page go.", show_default="trained/MODEL"),
    ] = None,
    start: Annotated[
        Literal["champion", "base", "scratch"],
        typer.Option("--from", help="Weights to begin with: those in use, the published or shipped ones, or none."),
    ] = "champion",
    steps: Annotated[int | None, typer.Option(min=1, metavar="N", help="How many steps, instead of --minutes.")] = None,
    minutes: Annotated[float, typer.Option(min=0.1, metavar="M", help="How long it may take; steps follow.")] = MINUTES,
    seed: Annotated[int, typer.Option(min=0, help="Of all that is drawn.")] = 0,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where it computes; auto takes a GPU if there is one.")
    ] = "auto",
    share: Annotated[
        float, typer.Option(min=0.0, max=0.9, help="Share of the patients that new cases are kept for validation of.")
    ] = SHARE,
) -> None:
    """Train this model on labelled CT studies: fine-tune the one in use, or begin elsewhere.

    Writes OUT/challenger.safetensors, record.json and index.html. Which case is for validation is decided once, kept in
    the studies folder, and never changes. Stopped or killed, the same command goes on where it was. On several GPUs:
    torchrun --nproc-per-node N -m livercad train …
    """
    from rich.console import Console

    from livercad.cli.stopping import stoppable
    from livercad.learning.ranks import is_first_process
    from livercad.learning.trained import PAGE
    from livercad.recipes.models import RECIPES
    from livercad.recipes.run import Wish, run
    from livercad.settings import Settings

    model = str(context.info_name)
    console = Console(stderr=True, quiet=not is_first_process())
    output = output or Path("trained") / model
    if labels == "submitted":
        from livercad.server.served import submitted_material

        if truth:
            raise typer.BadParameter("it goes with --labels truth", param_hint="--truth")
        material = submitted_material(studies, RECIPES[model], output, share)
        cases, sides = material.cases, material.sides
    else:
        cases, sides = _of_truth(studies, truth, share, console)
    wish = Wish(start, steps, minutes, seed)
    with stoppable(console) as progress:
        run(RECIPES[model], cases, sides, output, wish, Settings(device=device), progress=progress)
    if is_first_process():
        typer.echo(f"Trained: {output / PAGE}")
        typer.echo(f"`livercad models add {model} {output}` makes a version of it.")


def _of_truth(
    studies: Path, truth: Path | None, share: float, console: Console
) -> tuple[Sequence[LabelledCase], Mapping[str, Side]]:
    """Cases and their sides; those that are left out are told."""
    from livercad.learning.folder import learning_folder
    from livercad.learning.left_out import reasons_of
    from livercad.learning.pool import Pool
    from livercad.learning.truth import cases_of_truth

    cases, problems = cases_of_truth(studies, truth)
    for problem in problems:
        console.print(f"left out: {problem.case}: {problem.reason}", markup=False, highlight=False, soft_wrap=True)
    pool = Pool(learning_folder(studies), share)
    for case in cases:
        pool.add(case)
    for name, reason in reasons_of(pool).items():
        console.print(f"left out: {name} {reason}", markup=False, highlight=False, soft_wrap=True)
    return cases, pool.usable()


for _name in CT_MODELS:
    app.command(_name)(train)
app.command()(ultrasound)
