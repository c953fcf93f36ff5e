"""`livercad analyze`: a folder of CT or ultrasound in, lesions, measurements, classes and reports out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from livercad.settings import Settings, UltrasoundSettings

DEFAULTS, ULTRASOUND_DEFAULTS = Settings(), UltrasoundSettings()
SOME_FAILED_STATUS = 1


def analyze(
    studies: Annotated[
        Path,
        typer.Argument(
            metavar="STUDIES",
            help="Folder of CT (NIfTI files, a folder of phases a case, or DICOM), of ultrasound images (PNG, JPEG, "
            "BMP, DICOM), or of both.",
        ),
    ],
    output: Annotated[
        Path, typer.Option(metavar="OUT", help="Where results go. Started again on it, only what is missing runs.")
    ],
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where the networks run; auto takes a GPU if there is one.")
    ] = DEFAULTS.device,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Compute N cases at once, in processes of their own (Ray).")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Compute on a running Ray cluster, such as host:6379. All its machines must see STUDIES and OUT under "
            "the same path.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Compute every case again.")] = False,
    one_case: Annotated[
        bool,
        typer.Option("--one-case", help="All images in STUDIES are of one patient, whatever their names."),
    ] = False,
    save_aligned: Annotated[
        bool,
        typer.Option("--save-aligned", help="Also write every other phase, laid over the reference phase."),
    ] = False,
    threshold: Annotated[
        float, typer.Option(min=0.01, max=0.99, help="Lesion probability from which a voxel is a lesion's.")
    ] = DEFAULTS.lesion_threshold,
    minimum_score: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Drop lesions with a lower score.")
    ] = DEFAULTS.minimum_score,
    minimum_volume: Annotated[
        float, typer.Option(min=0.0, metavar="ML", help="Drop lesions smaller than this, in ml.")
    ] = DEFAULTS.minimum_volume_ml,
    detector: Annotated[
        Literal["components", "rescored", "faster-rcnn", "retinanet"],
        typer.Option(help="What decides which candidates are lesions; docs/lesions.md compares them."),
    ] = DEFAULTS.detector,
    ultrasound_model: Annotated[
        Literal["ultrasound_lesion", "yamakawa2020", "qi2019", "none"],
        typer.Option(
            help="What is asked about ultrasound images; docs/ultrasound.md tells them apart. With none, only CT is "
            "looked for."
        ),
    ] = ULTRASOUND_DEFAULTS.model,
    region_enhancement: Annotated[
        bool,
        typer.Option(
            help="Of qi2019: its networks show each other where they look; without, each is asked once (docs/"
            "qi2019.md)."
        ),
    ] = ULTRASOUND_DEFAULTS.region_enhancement,
) -> None:
    """Find, measure and classify the lesions of the liver in every study of a folder; classify those on ultrasound.

    All phases of a study are used; those that no name tells are recognised from the image. Writes OUT/CASE/ with
    liver.nii.gz, lesions.nii.gz, findings.json and report.html, and over all cases index.html, findings.csv, cases.csv
    and run.json. A case that fails is written down and the rest goes on. Ctrl-C stops in order; the same command then
    goes on where it stopped.

    Of ultrasound images, OUT/CASE/ has findings.json, report.html and saliency/, and OUT ultrasound.csv and
    ultrasound_cases.csv; circles come from annotations.csv or masks (docs/ultrasound.md).

    Exit status: 0 all well, 1 some case failed, 2 nothing could be done, 130 stopped with Ctrl-C.
    """
    from rich.console import Console

    from livercad.batch.display import Display
    from livercad.batch.ray_runner import RayRunner
    from livercad.batch.run import Ultrasound, run_batch
    from livercad.batch.runner import Runner, SerialRunner
    from livercad.batch.work import CaseAnalyzer
    from livercad.cli.stopping import INTERRUPTED_STATUS
    from livercad.papers import ultrasound_models
    from livercad.pipeline.analyzer import Analyzer

    settings = Settings(
        device=device,
        lesion_threshold=threshold,
        minimum_score=minimum_score,
        minimum_volume_ml=minimum_volume,
        detector=detector,
    )

    def runner_of(load: Callable[[], CaseAnalyzer]) -> Runner:
        on_ray = workers is not None or cluster is not None
        return RayRunner(load, workers, cluster) if on_ray else SerialRunner(load)

    runner = runner_of(partial(Analyzer.load, settings))
    ultrasound = None
    if ultrasound_model != "none":
        of_images = UltrasoundSettings(device=device, model=ultrasound_model, region_enhancement=region_enhancement)
        ultrasound = Ultrasound(runner_of(partial(ultrasound_models.load_analyzer, of_images)), of_images)
    display = Display(Console())
    try:
        result = run_batch(
            studies,
            output,
            runner,
            settings,
            display,
            ultrasound=ultrasound,
            force=force,
            one_case=one_case,
            save_aligned=save_aligned,
        )
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED_STATUS)
    display.say(result.in_words())
    display.say(f"Results: {output / 'index.html'}")
    if result.cancelled:
        raise typer.Exit(INTERRUPTED_STATUS)
    if result.failed or result.unchecked:
        raise typer.Exit(SOME_FAILED_STATUS)
