"""`livercad deeplesion`: look at a DeepLesion folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from livercad.studies.deeplesion.rows import CoarseType


def deeplesion(
    data: Annotated[Path, typer.Argument(metavar="DEEPLESION", help="Folder with DL_info.csv and Images_png.")],
    sheet: Annotated[Path, typer.Option(metavar="FILE", help="PNG file to draw the slices with their boxes in.")],
    types: Annotated[
        str, typer.Option(metavar="TYPE[,TYPE…]", help="Coarse types of lesions, 1 to 8 (4 is the liver); or all.")
    ] = "4",
    with_noisy: Annotated[
        bool, typer.Option("--with-noisy", help="Keep annotations that DeepLesion marks as possibly noisy.")
    ] = False,
    most: Annotated[int, typer.Option(min=1, help="Slices to draw at most, from the first on.")] = 200,
    columns: Annotated[int, typer.Option(min=1, help="Slices in a row.")] = 8,
) -> None:
    """Tell what a DeepLesion folder has, and draw its slices with their boxes.

    The same reader as `livercad reproduce aluko2018 --data` has.
    """
    from dataclasses import replace

    from livercad.papers.aluko2018.sheet import deeplesion_sheet
    from livercad.studies.atomic import replacing
    from livercad.studies.deeplesion.folder import read_deeplesion
    from livercad.studies.deeplesion.rows import CoarseType as kinds

    found = read_deeplesion(data, _types(types, kinds), with_noisy=with_noisy)
    slices = found.slices
    missing = sum(found.path_of(key.series, key.index + step) is None for key in slices for step in (-1, 1))
    counts = (len(found.rows), "lesion"), (len(slices), "slice"), (len({key.patient for key in slices}), "patient")
    lesions, images, patients = (f"{n} {one}{'s' * (n != 1)}" for n, one in counts)
    typer.echo(f"{lesions} in {images} of {patients}")
    for reason in found.left_out:
        typer.echo(f"left out: {reason}")
    if missing:
        typer.echo(f"{missing} of {2 * len(slices)} neighbour slices are missing: the key slice stands for them")
    shown = {key.image for key in slices[:most]}
    picture = deeplesion_sheet(replace(found, rows=tuple(r for r in found.rows if r.image in shown)), None, columns)
    with replacing(sheet) as path:
        picture.save(path, format="PNG")
    typer.echo(f"{len(shown)} slices drawn: {sheet}")


def _types(text: str, kind: type[CoarseType]) -> list[CoarseType] | None:
    if text.strip() == "all":
        return None
    try:
        return [kind(int(number)) for number in text.split(",")]
    except ValueError:
        choices = "; ".join(f"{int(each)} {each.title}" for each in kind if each > 0)
        raise typer.BadParameter(f"{text!r} is not a list of types: {choices}; or all.", param_hint="--types") from None
