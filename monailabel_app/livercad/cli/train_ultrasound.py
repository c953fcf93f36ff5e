"""`livercad train ultrasound`: the default model of ultrasound images learns from a folder of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

FOLDS = 5
"""Default of `livercad.ultrasound.training.run.FOLDS`, without importing torch."""


def ultrasound(
    data: Annotated[Path, typer.Option(metavar="DIR", help="Folder of images, as `livercad ultrasound` takes it.")],
    output: Annotated[Path, typer.Option(metavar="OUT", help="Where model, numbers and page go.")],
    weights: Annotated[
        str,
        typer.Option(
            metavar="WHAT",
            help="Network that looks at the images: 'phantom', the one that comes with LiverCAD; 'torchvision', a "
            "ResNet50 of ImageNet, fetched over the internet; or a file of such weights.",
        ),
    ] = "phantom",
    install: Annotated[
        bool, typer.Option("--install", help="Put the model in the place where analyses and the server look for it.")
    ] = False,
    folds: Annotated[int, typer.Option(min=2, help="Of the cross-validation, over patients.")] = FOLDS,
    seed: Annotated[int, typer.Option(min=0, help="Of the divisions.")] = 0,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where it computes; auto takes a GPU if there is one.")
    ] = "auto",
) -> None:
    """Train the default ultrasound model: is there a mass, and what is a lesion inside a circle.

    Writes OUT/model, OUT/results.json and OUT/index.html with what cross-validation over patients says. Stopped or
    killed, the same command goes on where it was. The model is under the licence of the images.
    """
    from rich.console import Console

    from livercad.cli.stopping import stoppable
    from livercad.ultrasound.load import install_model
    from livercad.ultrasound.training.run import PAGE, train_ultrasound

    with stoppable(Console(stderr=True)) as progress:
        trained = train_ultrasound(data, output, weights, seed=seed, folds=folds, device=device, progress=progress)
    for each in trained.results.questions:
        area = f"AUC {each.auc.value:.3f}, " if each.auc else ""
        typer.echo(f"{each.question}: {area}accuracy {each.accuracy.value:.3f} ({', '.join(each.classes)})")
    for note in trained.results.notes:
        typer.echo(f"note: {note}")
    typer.echo(f"Trained: {output / PAGE}")
    if install:
        typer.echo(f"In use now: {install_model(trained.path)}")
