"""`livercad reproduce qi2019`: ultrasound images told by two networks that show each other where they look."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def qi2019(
    output: Annotated[Path, typer.Option(metavar="OUT", help="Where to write; what is there already is kept.")],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Ultrasound images with classes: BUSI, AUL, or a table of one's own (docs/qi2019.md).",
            show_default="phantoms",
        ),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Weights of a ResNet50 of ImageNet, or torchvision: compare BASIC, MIP and REM with its frozen "
            "features too, in OUT/features (docs/qi2019.md).",
            show_default="not compared",
        ),
    ] = None,
    folds: Annotated[
        bool,
        typer.Option(
            "--folds",
            help="Besides, train BASIC, MIP and REM in five folds over patients, so that every image is tested once.",
        ),
    ] = False,
    settings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML file with what the paper has or leaves open (docs/qi2019.md)."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed gives the same study.", show_default="0, or the file's")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Narrow networks, short trainings: to see it work.")] = False,
) -> None:
    """Qi 2019: ultrasound images told by Mt-Net and Sn-Net, which show each other where they look.

    Trains them alone, with multi-input prediction, and with region enhancement, beside GoogLeNet and an autoencoder,
    with images divided as the paper does and with whole patients. Writes OUT/index.html and OUT/results.json. Stopped
    and started again, it goes on where it was.
    """
    from rich.console import Console

    from livercad.cli.stopping import stoppable
    from livercad.papers.choices import read_choices
    from livercad.papers.qi2019.methods import Method, Question
    from livercad.papers.qi2019.reproduce import reproduce
    from livercad.papers.qi2019.settings import ON_TWO_CORES, PAPER, QUICK, Settings
    from livercad.papers.qi2019.splits import Side
    from livercad.papers.settings import with_deviations

    reasons = QUICK if quick else ON_TWO_CORES
    chosen = with_deviations(PAPER, reasons)
    if settings:
        chosen = read_choices(settings, Settings, chosen)
    if seed is not None:
        chosen = chosen.model_copy(update={"seed": seed})
    console = Console(stderr=True)
    with stoppable(console) as progress:
        results = reproduce(
            output, chosen, data=data, features=features, folds=folds, reasons=reasons, quick=quick, progress=progress
        )
    for reason in results.left_out:
        console.print(f"left out: {reason}", markup=False, highlight=False, soft_wrap=True)
    for split, result in results.splits.items():
        for question in Question:
            own = result.criteria[question][Method.REM][Side.TEST]
            typer.echo(
                f"test, split by {split}: {Method.REM.name_for(question)}: F-β {own.f_beta.value:.3f}, accuracy "
                f"{own.accuracy.value:.3f}, AUC {own.auc.value:.3f}"
            )
    typer.echo(f"all tables and figures: {output / 'index.html'}")
