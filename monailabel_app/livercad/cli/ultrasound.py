"""`livercad ultrasound`: look at a folder of ultrasound images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from livercad.studies.ultrasound.collection import Collection

_SETS_TOLD = 5
_LEFT_OUT_TOLD = 5
_SHEETS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
_LISTS = (".csv", ".json")


def ultrasound(
    data: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of images; annotations.csv, index.csv or masks.")],
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="PNG or JPEG file to draw images in, with circles, boxes and squares."),
    ] = None,
    duplicates: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV or JSON file for what near-duplicates were grouped."),
    ] = None,
    ratio: Annotated[float, typer.Option(min=0.01, help="D/L of the squares in the sheet.")] = 0.6,
    most: Annotated[int, typer.Option(min=1, help="Images to draw at most, evenly chosen.")] = 120,
    columns: Annotated[int, typer.Option(min=1, help="Images in a row.")] = 8,
    copies_only: Annotated[bool, typer.Option("--copies-only", help="Draw near-duplicates alone, set by set.")] = False,
) -> None:
    """Tell what a folder of ultrasound images has: cases, classes, diameters, problems, near-duplicates.

    The same reader as that of every command that takes ultrasound images.
    """
    from rich.console import Console

    from livercad.cli.bar import progress_bar
    from livercad.studies.ultrasound.collection import read_collection
    from livercad.studies.ultrasound.duplicates import write_grouping

    _check_ending("--sheet", sheet, tuple(_SHEETS))
    _check_ending("--duplicates", duplicates, _LISTS)
    with progress_bar(Console(stderr=True)) as progress:
        found = read_collection(data, progress)
    for line in (*_summary(found), *_doubts(data, found)):
        typer.echo(line)
    for problem in found.problems:
        typer.echo(f"problem: {problem.case}: {problem.reason}")
    if duplicates:
        write_grouping(duplicates, found.grouping, found.listed)
        typer.echo(f"what was grouped: {duplicates}")
    if sheet:
        _draw(sheet, found, (ratio, most, columns), copies_only)


def _check_ending(option: str, path: Path | None, endings: tuple[str, ...]) -> None:
    from livercad.errors import InputError

    if path and path.suffix.lower() not in endings:
        raise InputError(
            path,
            found=f"a name for {option} that ends in {path.suffix or 'nothing'}",
            expected=" or ".join(endings),
            todo="Name it so.",
        )


def _counted(count: int, one: str) -> str:
    return f"{count} {one}{'s' * (count != 1)}"


def _doubts(data: Path, found: Collection) -> list[str]:
    """What may be meant otherwise and stops nothing here."""
    from livercad.core.names import fits_folder
    from livercad.studies.ultrasound.layouts import unknown_columns
    from livercad.studies.ultrasound.rows import TABLE

    lines = [f"left out: {problem.reason}" for problem in found.left_out[:_LEFT_OUT_TOLD]]
    lines += [f"  and {len(found.left_out) - _LEFT_OUT_TOLD} more"] * (len(found.left_out) > _LEFT_OUT_TOLD)
    if unknown := unknown_columns(data):
        lines.append(
            f"not read: {_counted(len(unknown), 'column')} of {TABLE} with names not known: {', '.join(unknown)}"
        )
    names = sorted({each.case for each in found.listed} | {each.case for each in found.problems})
    if unfit := [repr(name) for name in names if not fits_folder(name)]:
        lines.append(
            f"livercad analyze will refuse this folder: no folder can be named as {_counted(len(unfit), 'case')} "
            f"({', '.join(unfit)}); expected no slash, no dot first"
        )
    return lines


def _summary(found: Collection) -> list[str]:
    from collections import Counter

    import numpy as np

    listed, images, grouping = found.listed, found.images, found.grouping
    cases, patients = {each.case for each in listed}, {each.patient for each in listed}
    lines = [
        f"{_counted(len(listed), 'image')} of {_counted(len(cases), 'case')} ({_counted(len(patients), 'patient')})"
    ]
    by_kind = Counter(each.kind or "(no class)" for each in listed)
    for kind, count in sorted(by_kind.items()):
        own = {each.case for each in listed if (each.kind or "(no class)") == kind}
        lines.append(f"  {kind}: {_counted(count, 'image')} of {_counted(len(own), 'case')}")
    diameters = [lesion.circle.diameter for each in listed for lesion in each.lesions]
    if diameters:
        low, middle, high = np.percentile(diameters, (5, 50, 95))
        lines.append(
            f"{_counted(len(diameters), 'lesion')}, diameter {np.mean(diameters):.1f} pixels on average, "
            f"median {middle:.1f}, from {low:.1f} to {high:.1f} in nine of ten"
        )
    bare = sum(not each.lesions for each in listed)
    lines += [f"{_counted(bare, 'image')} with nothing marked"] * (bare > 0)
    coloured = sum(image.coloured > 0 for image in images)
    lines += [f"coloured pixels in {_counted(coloured, 'image')}, which became grey by their brightness"] * (
        coloured > 0
    )
    calibrated = sum(image.spacing_mm is not None for image in images)
    lines.append(f"the size of pixels is told by {calibrated} of {_counted(len(images), 'image')}")
    sets = grouping.duplicates
    lines.append(
        f"near-duplicates: {_counted(sum(map(len, sets)), 'image')} in {_counted(len(sets), 'set')}, {grouping.copies} "
        f"({grouping.copies / max(1, len(listed)):.0%}) more than are different; "
        f"{_counted(len(set(grouping.groups)), 'group')} for splits"
    )
    lines += [f"  {' = '.join(names)}" for names in sets[:_SETS_TOLD]]
    lines += [f"  and {_counted(len(sets) - _SETS_TOLD, 'set')} more"] * (len(sets) > _SETS_TOLD)
    return lines


def _draw(sheet: Path, found: Collection, settings: tuple[float, int, int], copies_only: bool) -> None:
    import numpy as np

    from livercad.reports.ultrasound_sheet import ultrasound_sheet
    from livercad.studies.atomic import replacing

    (ratio, most, columns), grouping = settings, found.grouping
    images = list(zip(found.listed, found.images, strict=True))
    in_set = {name: number for number, names in enumerate(grouping.duplicates, start=1) for name in names}
    if copies_only:
        images = sorted((each for each in images if each[0].name in in_set), key=lambda each: in_set[each[0].name])
        chosen = images[:most]
    else:
        chosen = [images[int(n)] for n in np.unique(np.linspace(0, len(images) - 1, min(most, len(images))).round())]
    if not chosen:
        typer.echo(f"nothing to draw ({'no near-duplicates' if copies_only else 'no images'}): {sheet} is not written")
        return
    marks = [f"copies {in_set[each.name]}" if each.name in in_set else "" for each, _ in chosen]
    picture = ultrasound_sheet(chosen, columns, ratio=ratio, marks=marks)
    with replacing(sheet) as path:
        picture.save(path, format=_SHEETS[sheet.suffix.lower()])
    typer.echo(f"{_counted(len(chosen), 'image')} drawn: {sheet}")
