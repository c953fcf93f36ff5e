"""`livercad phantom`: digital phantoms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livercad.core.phases import Phase

ALL = "all"
BREATHING_MM = 15.0
"""Default of `livercad.phantom.breathing.LARGEST_MM`, without importing what paints phantoms."""
CT_CASES = "phantom-[0-9][0-9][0-9]"
"""Folders of the cases that `livercad.phantom.studies.write_ct_studies` writes."""

app = typer.Typer(no_args_is_help=True, help="Make digital phantoms: patients that never were, with their truth.")


@app.command()
def ct(
    output: Annotated[
        Path, typer.Argument(metavar="OUT", help="Where to write; another set of phantoms there is removed.")
    ],
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="How many studies.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same studies.")] = 0,
    phases: Annotated[
        str, typer.Option(metavar="PHASE[,PHASE…]", help=f"Volumes of every study: {', '.join(Phase)}; or all.")
    ] = Phase.PORTAL.value,
    breathing: Annotated[
        float,
        typer.Option(metavar="MM", min=0, help="How far the diaphragm lies from the reference phase's at most."),
    ] = BREATHING_MM,
    nameless: Annotated[
        bool,
        typer.Option("--nameless", help="Name images image-1, image-2, …: their phases have to be recognised then."),
    ] = False,
) -> None:
    """Make abdominal CT studies with known liver and lesions.

    Writes OUT/studies/CASE/PHASE.nii.gz, and OUT/truth/CASE/liver.nii.gz and lesions.nii.gz with OUT/truth/lesions.csv
    (the type of every lesion) and phases.csv (the phase of every image).
    """
    wanted = _phases(phases)
    from rich.console import Console

    from livercad.cli.stopping import BEGINS_AGAIN, stoppable
    from livercad.evaluation.blinding import write_phases
    from livercad.phantom.studies import write_ct_studies

    _begin_ct(output)
    with stoppable(Console(stderr=True), BEGINS_AGAIN) as progress:
        lesions = write_ct_studies(output, count, seed, phases=wanted, breathing_mm=breathing, progress=progress)
    write_phases(output, nameless=nameless, seed=seed)
    typer.echo(f"{count} studies with {len(lesions)} lesions: {output / 'studies'}, truth in {output / 'truth'}")


@app.command()
def deeplesion(
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Where to write; patients that are there are kept.")],
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="How many patients.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same patients.")] = 0,
    size: Annotated[int, typer.Option(min=64, help="Pixels along the sides of a slice.")] = 512,
    slice_mm: Annotated[float, typer.Option("--slice-mm", min=0.5, help="Distance of the slices.")] = 5.0,
    context: Annotated[int, typer.Option(min=0, help="Slices written before and after each key slice.")] = 1,
    main_only: Annotated[
        bool,
        typer.Option("--main-only", help="Mark only the main lesion of a slice: the noise of Aluko et al. 2018."),
    ] = False,
) -> None:
    """Make slices with boxes around lesions, laid out like DeepLesion.

    Writes OUT/DL_info.csv, OUT/Images_png/SERIES/SLICE.png (16 bits, HU + 32768), and OUT/DL_all.csv, the same table
    with every lesion of every slice.
    """
    from rich.console import Console

    from livercad.cli.stopping import stoppable
    from livercad.phantom.deeplesion import PATIENTS, Options, write_deeplesion
    from livercad.studies.deeplesion.folder import COMPLETE, TABLE
    from livercad.studies.foreign import refuse_foreign

    refuse_foreign(output / TABLE, (output / PATIENTS).is_dir())
    for name in (TABLE, COMPLETE):  # written when all patients are there: what is half-done has none
        (output / name).unlink(missing_ok=True)
    options = Options(count, seed, size, slice_mm, context, main_only)
    with stoppable(Console(stderr=True)) as progress:
        rows = write_deeplesion(output, options, progress)
    images = len({row.image for row in rows})
    typer.echo(f"{len(rows)} lesions marked in {images} slices of {count} patients: {output}")


@app.command()
def ultrasound(
    output: Annotated[
        Path, typer.Argument(metavar="OUT", help="Where to write; the same set is not made again, another one removed.")
    ],
    count: Annotated[
        int, typer.Option("-n", "--count", min=4, help="How many cases, in the proportions of Yamakawa et al. 2020.")
    ] = 324,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same cases.")] = 0,
    size: Annotated[
        int, typer.Option(min=64, max=2048, help="Pixels across an image; three quarters as many down.")
    ] = 512,
    normals: Annotated[int, typer.Option(min=0, help="Further cases, of three images each, without a lesion.")] = 0,
) -> None:
    """Make B-mode images of liver lesions from a convex probe: cysts, hemangiomas, HCC and metastases.

    Writes OUT/images, OUT/masks, OUT/annotations.csv (centre, diameter and class of every lesion) and OUT/phantom.json
    (all that was drawn). 324 cases have 980 images, as the paper's.
    """
    from rich.console import Console

    from livercad.cli.stopping import BEGINS_AGAIN, stoppable
    from livercad.phantom.ultrasound.making import Options, write_ultrasound

    with stoppable(Console(stderr=True), BEGINS_AGAIN) as progress:
        rows = write_ultrasound(output, Options(count, seed, size, normals), progress)
    typer.echo(f"{len(rows)} images of {count + normals} cases: {output}")


def _begin_ct(output: Path) -> None:
    """Remove the cases and the truth of another set; an error where the truth is not of phantoms."""
    from shutil import rmtree

    from livercad.evaluation.cases import is_phantom
    from livercad.evaluation.truth_tables import PHASES_TABLE, TYPES_TABLE
    from livercad.studies.foreign import refuse_foreign

    truth = output / "truth"
    is_own = is_phantom(output)
    refuse_foreign(truth / TYPES_TABLE, is_own)
    if is_own:
        for name in (TYPES_TABLE, PHASES_TABLE):
            (truth / name).unlink(missing_ok=True)
        for case in (*(output / "studies").glob(CT_CASES), *truth.glob(CT_CASES)):
            rmtree(case)


def _phases(text: str) -> tuple[Phase, ...]:
    if text.strip() == ALL:
        return tuple(Phase)
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in set(Phase)]
    if unknown:
        raise typer.BadParameter(
            f"{unknown[0]!r} is no phase; choose from {', '.join(Phase)}, {ALL}.", param_hint="--phases"
        )
    return tuple(dict.fromkeys(Phase(name) for name in names))
