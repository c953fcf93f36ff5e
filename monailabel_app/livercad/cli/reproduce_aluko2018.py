"""`livercad reproduce aluko2018`: boxes around liver lesions on slices of DeepLesion, repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def aluko2018(
    output: Annotated[Path, typer.Option(metavar="OUT", help="Where to write; what is there already is kept.")],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DEEPLESION",
            help="The data set's folder, with DL_info.csv and Images_png; in the paper's size (docs/aluko2018.md).",
            show_default="phantoms",
        ),
    ] = None,
    studies: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="CT studies to look at with the trained network; pictures on the page."),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML file with sizes and what the paper leaves open (docs/aluko2018.md)."),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="none|torchvision",
            help="ImageNet's weights for VGG-16 and ResNet50; torchvision fetches them from the internet.",
            show_default="none, or the file's",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed gives the same study.", show_default="0, or the file's")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small and short, only to see that it works.")] = False,
) -> None:
    """Aluko 2018: liver lesions boxed on slices of CT, by three kinds of networks.

    Trains a baseline, VGG-16 variants and Faster R-CNN. Writes OUT/index.html and OUT/results.json. Stopped and started
    again, it goes on where it was.
    """
    from rich.console import Console

    from livercad.cli.stopping import stoppable
    from livercad.networks.base_weights import NONE, TORCHVISION
    from livercad.papers.aluko2018.reproduce import reproduce
    from livercad.papers.aluko2018.settings import ON_PHANTOMS, QUICK, Settings
    from livercad.papers.choices import read_choices
    from livercad.papers.settings import with_deviations

    if weights not in (None, NONE, TORCHVISION):
        raise typer.BadParameter("choose none or torchvision; --settings takes files", param_hint="--weights")
    chosen = with_deviations(Settings(), QUICK if quick else {} if data else ON_PHANTOMS)
    if settings:
        chosen = read_choices(settings, Settings, chosen)
    if weights:
        chosen = chosen.changed({"weights": {"vgg16": weights, "resnet50": weights}})
    if seed is not None:
        chosen = chosen.changed({"seed": seed})
    console = Console(stderr=True)
    with stoppable(console) as progress:
        results = reproduce(data, output, chosen, quick=quick, studies=studies, progress=progress)
    for note in results.notes:
        console.print(note, markup=False, highlight=False, soft_wrap=True)
    for one in results.one_box.values():
        typer.echo(f"{one.title}: sensitivity {one.test.sensitivity.value:.2f} on test images")
    for detector in results.detectors.values():
        point = detector.annotated.at_one or detector.annotated.operating
        told = f"sensitivity {point.sensitivity:.2f} at {point.false_per_image:.2f} false positives per image"
        typer.echo(f"Faster R-CNN, {detector.title}: {told}")
    typer.echo(f"all tables and figures: {output / 'index.html'}")
