"""`livercad evaluate`: results against truth: masks, lesion classes and phases, or boxes with their scores."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livercad.evaluation.boxes.settings import BoxCriterion, DetectionSettings, Repeats
from livercad.evaluation.settings import EvaluationSettings, HitCriterion

if TYPE_CHECKING:
    from rich.console import Console

    from livercad.evaluation.cases import Skipped

DEFAULTS = EvaluationSettings()
BOX_DEFAULTS = DetectionSettings()


class Hit(StrEnum):
    """All that `--hit` may be: of masks, or of boxes."""

    IOU = "iou"
    COVERAGE = "coverage"
    IOBB = "iobb"
    CENTRE = "centre"


def evaluate(
    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS",
            help="What `livercad analyze` wrote; with --detection also boxes in CSV or COCO results in JSON.",
        ),
    ],
    truth: Annotated[
        Path,
        typer.Option(
            metavar="TRUTH",
            help="Folder of case folders with liver.nii.gz and lesions.nii.gz (or tumor.nii.gz), and if wanted tables "
            "lesions.csv, phases.csv and patients.csv; for boxes the true ones, in CSV or a COCO data set in JSON; for "
            "ultrasound the folder of images, with its table of classes.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT",
            help="Where to write.",
            show_default="RESULTS/evaluation; with --detection RESULTS/detection, or beside the file of boxes; with "
            "--ultrasound RESULTS/ultrasound-evaluation",
        ),
    ] = None,
    detection: Annotated[
        bool,
        typer.Option(
            "--detection",
            help="Score detections by their scores: FROC, average precision, precision and recall, what was missed.",
        ),
    ] = False,
    ultrasound: Annotated[
        bool,
        typer.Option(
            "--ultrasound",
            help="Score what was said of ultrasound images: accuracy, area under the ROC curve, confusion of classes.",
        ),
    ] = False,
    hit: Annotated[
        Hit,
        typer.Option(
            help="What makes a lesion found: IoU, or coverage (share of the true lesion that was found). With "
            "--detection: IoU of boxes, iobb (over the detected box's own size), or its centre in the lesion."
        ),
    ] = Hit.IOU,
    hit_threshold: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=0.99,
            help="A found lesion lies above this (LiTS asks for an IoU of 0.5); a box reaches it.",
        ),
    ] = DEFAULTS.hit_threshold,
    tolerance_mm: Annotated[float, typer.Option(min=0.01, help="Of the surface Dice.")] = DEFAULTS.tolerance_mm,
    repeats: Annotated[
        Repeats | None,
        typer.Option(
            help="With --detection: what a further box on a lesion counts as in FROC.",
            show_default=BOX_DEFAULTS.repeats.value,
        ),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            metavar="IMAGES",
            help="With --detection: the images that the boxes are in, or the studies, for contact sheets of misses and "
            "false positives.",
            show_default="where findings say that the CT was",
        ),
    ] = None,
) -> None:
    """Score liver and lesion masks against truth: Dice, VOE, RVD, ASSD, HD95, surface Dice, lesions found.

    Where TRUTH/lesions.csv tells the type of each lesion (case, lesion, type), it also scores what the lesions found
    were called; where TRUTH/phases.csv tells the phase of each image (case, image, phase), what the images were taken
    for. Writes cases.csv, lesions.csv, summary.json and index.html, and phases.csv where phases are scored.

    With --detection it scores boxes by their scores instead: FROC per image and per scan, with intervals over patients
    and by size, average precision, and precision and recall; of findings, of tables (image,x0,y0,x1,y1,score or
    scan,x0,y0,z0,x1,y1,z1,score) or of COCO's JSON. Writes boxes.csv, detection.json and index.html, and contact sheets
    of misses and false positives.

    With --ultrasound it scores the answers about ultrasound images against the classes of TRUTH's table, by case and by
    lesion or image. Writes cases.csv, opinions.csv, ultrasound.json and index.html.
    """
    if ultrasound:
        if detection:
            raise typer.BadParameter("does not go with --ultrasound.", param_hint="--detection")
        _ultrasound(results, truth, output)
        return
    if detection:
        if hit is Hit.COVERAGE:
            raise typer.BadParameter(
                "coverage is of masks; boxes are scored by iou, iobb or centre.", param_hint="--hit"
            )
        if hit_threshold == 0:
            raise typer.BadParameter("a box that shares nothing is no hit: above 0.", param_hint="--hit-threshold")
        settings = DetectionSettings(
            criterion=BoxCriterion(hit.value), threshold=hit_threshold, repeats=repeats or BOX_DEFAULTS.repeats
        )
        _boxes(results, truth, output, images, settings)
        return
    if repeats or images:
        raise typer.BadParameter("needs --detection.", param_hint="--repeats" if repeats else "--images")
    if hit not in (Hit.IOU, Hit.COVERAGE):
        raise typer.BadParameter(f"{hit.value} is of boxes: give --detection too.", param_hint="--hit")
    _masks(
        results,
        truth,
        output,
        EvaluationSettings(
            hit_criterion=HitCriterion(hit.value), hit_threshold=hit_threshold, tolerance_mm=tolerance_mm
        ),
    )


def _masks(results: Path, truth: Path, output: Path | None, settings: EvaluationSettings) -> None:
    from rich.console import Console

    from livercad.cli.bar import progress_bar
    from livercad.evaluation.evaluate import evaluate as run
    from livercad.evaluation.output import write_evaluation

    console = Console(stderr=True)
    with progress_bar(console) as progress:
        evaluation = run(results, truth, settings, progress)
    output = output or results / "evaluation"
    write_evaluation(evaluation, output)
    _tell_left_out(evaluation.skipped, console)
    count = len(evaluation.cases)
    typer.echo(f"{count} case{'' if count == 1 else 's'} evaluated: {output / 'index.html'}")


def _ultrasound(results: Path, truth: Path, output: Path | None) -> None:
    from rich.console import Console

    from livercad.cli.bar import progress_bar
    from livercad.evaluation.ultrasound.evaluate import evaluate_ultrasound
    from livercad.evaluation.ultrasound.output import write_ultrasound_evaluation

    console = Console(stderr=True)
    with progress_bar(console) as progress:
        evaluation = evaluate_ultrasound(results, truth, progress=progress)
    output = output or results / "ultrasound-evaluation"
    write_ultrasound_evaluation(evaluation, output)
    _tell_left_out(evaluation.skipped, console)
    for caution in evaluation.learnt.cautions:
        console.print(caution, markup=False, highlight=False, soft_wrap=True)
    for scores in evaluation.by_case:
        accuracy, auc = scores.accuracy, scores.auc
        told = f"accuracy {accuracy.value:.2f}" if accuracy else ""
        typer.echo(f"{scores.question}: {told}{f', AUC {auc.value:.2f}' if auc else ''}, {scores.patients} patients")
    left_out = f", {len(evaluation.skipped)} left out" if evaluation.skipped else ""
    typer.echo(f"{len({each.case for each in evaluation.cases})} cases evaluated{left_out}: {output / 'index.html'}")


def _boxes(
    predictions: Path, truth: Path, output: Path | None, images: Path | None, settings: DetectionSettings
) -> None:
    from rich.console import Console

    from livercad.cli.bar import progress_bar
    from livercad.evaluation.boxes.evaluate import score
    from livercad.evaluation.boxes.output import write_detection
    from livercad.evaluation.boxes.picture_files import find_pictures
    from livercad.evaluation.boxes.read import read_boxes

    console = Console(stderr=True)
    with progress_bar(console) as progress:
        boxes = read_boxes(predictions, truth, progress)
        pictures = find_pictures(boxes.images, boxes.sources, images)
        scores = score(boxes.images, settings, progress)
    default = (
        predictions / "detection" if predictions.is_dir() else predictions.with_name(f"{predictions.stem}-detection")
    )
    output = output or default
    write_detection(boxes, scores, output, pictures)
    _tell_left_out(boxes.left_out, console)
    point = next(one for one in scores.frocs[0].at if one.rate == scores.working_point[0])
    typer.echo(
        f"sensitivity {point.sensitivity.value:.2f} at {point.rate:g} false positives per {scores.frocs[0].per.value}, "
        f"{len(boxes.images)} {scores.frocs[0].per.value}s: {output / 'index.html'}"
    )


def _tell_left_out(left_out: Iterable[Skipped], console: Console) -> None:
    for item in left_out:
        console.print(
            f"left out: {item.case} ({item.what}): {item.reason}", markup=False, highlight=False, soft_wrap=True
        )
