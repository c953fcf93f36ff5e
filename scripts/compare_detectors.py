"""Compare detectors on the same studies: one table (docs/lesions.md).

    livercad phantom ct E2E -n 12 --seed 20261 --phases all --nameless
    livercad analyze E2E/studies --output R --detector components --save-aligned
    python scripts/compare_detectors.py R --truth E2E --aluko2018 A/model --shah2021 S/model --output detectors.json

Livers, registration and the lesion network's list are those of R, the same for all; every detector decides from there.
Those of the two repeated studies look at the reference phase, as they are served; A and S are what `livercad reproduce`
has written. What has no weights is left out, and said. Sensitivity at .5, 1 and 2 false positives a scan and average
precision at an IoU of .1, boxes in RAS mm, with bootstrap intervals over patients. Without --truth, what each detector
lists is told.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from livercad.batch.outputs import ALIGNED, FINDINGS, LESIONS, LIVER
from livercad.core.findings import Findings, ModelUsed
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.detection.linking import DetectedLesion
from livercad.detection.matching import Matched
from livercad.detectors.choose import load_detector
from livercad.errors import ModelError
from livercad.evaluation.boxes.average_precision import average_precision
from livercad.evaluation.boxes.free_response import froc
from livercad.evaluation.boxes.hits import Mark, mark
from livercad.evaluation.boxes.model import BoxFrame, DetectedBox, ImageBoxes
from livercad.evaluation.boxes.of_findings import corners_of_box, true_lesions
from livercad.evaluation.boxes.settings import DetectionSettings
from livercad.evaluation.cases import truth_folder
from livercad.evaluation.reading import read_findings
from livercad.papers.aluko2018.predictor import NAME as ALUKO
from livercad.papers.aluko2018.predictor import AlukoDetector
from livercad.papers.shah2021.predictor import NAME as SHAH
from livercad.papers.shah2021.predictor import FoundLesion, ShahDetector
from livercad.settings import Settings
from livercad.studies.atomic import write_text
from livercad.studies.nifti import read_volume
from livercad.studies.reading import load_series
from livercad.studies.study import Series

RATES = (0.5, 1.0, 2.0)
LOWEST_SCORE = 0.02
"""Kept for the curves; an analysis keeps lesions from 0.5 on."""
LARGER_MM = 10.0


@dataclass(frozen=True, eq=False)
class Case:
    """What the shared steps gave for one study: findings, images on the reference's grid, liver, the network's list."""

    findings: Findings
    images: dict[Phase, Volume]
    liver: Volume
    found: Matched

    @classmethod
    def read(cls, folder: Path) -> Case:
        """From the folder of an analysis with ``--save-aligned``."""
        findings = read_findings(folder / FINDINGS)
        if findings is None:
            raise SystemExit(f"{folder} has no {FINDINGS}: run livercad analyze first.")
        images = {}
        for read in findings.phases:
            if read.phase and read.is_reference:
                images[read.phase] = load_series(Series((Path(read.source),), None, "unknown"))
            elif read.phase:
                images[read.phase] = read_volume(folder / ALIGNED[read.phase])
        found = Matched(
            read_volume(folder / LESIONS),
            {lesion.number: lesion.score for lesion in findings.lesions},
            {lesion.number: lesion.visible_in for lesion in findings.lesions},
        )
        return cls(findings, images, read_volume(folder / LIVER), found)

    @property
    def reference(self) -> Volume:
        """The image that the liver was outlined on."""
        (phase,) = (read.phase for read in self.findings.phases if read.is_reference)
        if phase is None:
            raise SystemExit(f"{self.findings.case}: the phase of the reference is not known.")
        return self.images[phase]


@dataclass(frozen=True, eq=False)
class Compared:
    """A detector.

    Parameters
    ----------
    model : ModelUsed or None
        Its weights; None where it has none of its own.
    minimum_score : float
        From which it lists a lesion in the product.
    detect : callable
        What it finds in a case, in its own words.
    boxes : callable
        The same as boxes, RAS mm.
    """

    model: ModelUsed | None
    minimum_score: float
    detect: Callable[[Case], Any]
    boxes: Callable[[Any], tuple[DetectedBox, ...]]


def of_pipeline(name: str) -> Compared:
    """A detector of `livercad analyze --detector`."""
    detect = load_detector(Settings(detector=name, minimum_score=LOWEST_SCORE))

    def decide(case: Case) -> Matched:
        return case.found if detect is None else detect(case.images, case.liver, case.found)

    def boxes(decided: Matched) -> tuple[DetectedBox, ...]:
        lesions = true_lesions(decided.instances)
        return tuple(DetectedBox(one.corners, decided.scores[one.number], BoxFrame.RAS) for one in lesions)

    return Compared(detect.model if detect else None, Settings().minimum_score, decide, boxes)


def of_study(detector: AlukoDetector | ShahDetector, minimum_score: float) -> Compared:
    """The detector of a repeated study, which draws boxes on one image."""

    def boxes(lesions: Sequence[DetectedLesion | FoundLesion]) -> tuple[DetectedBox, ...]:
        return tuple(DetectedBox(corners_of_box(one.box), one.score, BoxFrame.RAS) for one in lesions)

    def detect(case: Case) -> Sequence[DetectedLesion | FoundLesion]:
        return detector(case.reference, case.liver)

    return Compared(detector.model, minimum_score, detect, boxes)


def aluko(folder: Path) -> Compared:
    """As it is served: the model's own threshold."""
    detector = AlukoDetector(folder)
    return of_study(detector, detector.description.threshold)


def shah(folder: Path) -> Compared:
    """As it is served: all its boxes."""
    return of_study(ShahDetector(folder), 0.0)


def load(makers: dict[str, Callable[[], Compared]]) -> tuple[dict[str, Compared], dict[str, str]]:
    """Load what has weights; the reason by name of what has none."""
    loaded, left_out = {}, {}
    for name, make in makers.items():
        try:
            loaded[name] = make()
        except ModelError as error:
            left_out[name] = str(error)
    return loaded, left_out


def against(case: str, detected: tuple[DetectedBox, ...], truth: Volume) -> ImageBoxes:
    """Boxes against the truth, RAS mm; all lesions from `LARGER_MM` on in one band of size."""
    true = tuple(
        replace(one, diameter_mm=LARGER_MM + 1) if (one.diameter_mm or 0) >= LARGER_MM else one
        for one in true_lesions(truth)
    )
    return ImageBoxes(case, case, BoxFrame.RAS, detected, true)


def score(images: list[ImageBoxes], least: float) -> dict[str, Any]:
    """Every number of one detector."""
    settings = DetectionSettings(rates=RATES, ap_ious=(0.1,))
    curve = froc(images, settings)
    larger = next(size for size in curve.sizes if size.size.startswith("10"))
    kept = [replace(one, detected=tuple(box for box in one.detected if box.score >= least)) for one in images]
    marks = [one.mark for one in mark(kept, settings).boxes]
    return {
        "sensitivity": {str(at.rate): asdict(at.sensitivity) for at in curve.at},
        "sensitivity_from_10_mm": {str(at.rate): asdict(at.sensitivity) for at in larger.at},
        "lesions": curve.lesions,
        "lesions_from_10_mm": larger.lesions,
        "average_precision": asdict(average_precision(images, settings).at[0.1]),
        "at_minimum_score": {
            "minimum_score": least,
            "hits": marks.count(Mark.HIT),
            "false_positives": marks.count(Mark.FALSE_POSITIVE),
            "studies": len(images),
        },
    }


def tell(results: dict[str, Any]) -> Table:
    """The numbers as a table."""
    table = Table()
    for column in ("detector", "> 10 mm: .5", "1", "2 FP a scan", "all: .5", "1", "2", "AP at IoU .1", "s a study"):
        table.add_column(column)
    for name, one in results.items():
        cells = [one["scores"][group][str(r)] for group in ("sensitivity_from_10_mm", "sensitivity") for r in RATES]
        cells.append(one["scores"]["average_precision"])
        words = [
            f"{c['value']:.2f} ({c['low']:.2f}-{c['high']:.2f})" if c["low"] is not None else f"{c['value']:.2f}"
            for c in cells
        ]
        table.add_row(name, *words, f"{one['seconds_a_study']:.1f}")
    return table


def makers_of(arguments: argparse.Namespace) -> dict[str, Callable[[], Compared]]:
    """Every detector that is asked for, by name."""
    makers: dict[str, Callable[[], Compared]] = {name: partial(of_pipeline, name) for name in arguments.detectors}
    for name, folder, make in ((ALUKO, arguments.aluko2018, aluko), (SHAH, arguments.shah2021, shah)):
        if folder:
            makers[name] = partial(make, folder)
    return makers


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--detectors", nargs="+", default=["components", "rescored", "faster-rcnn", "retinanet"])
    parser.add_argument(
        "--aluko2018", type=Path, metavar="MODEL", help="folder `model` of livercad reproduce aluko2018"
    )
    parser.add_argument("--shah2021", type=Path, metavar="MODEL", help="what livercad reproduce shah2021 has written")
    parser.add_argument("--output", type=Path, help="JSON file")
    arguments = parser.parse_args()
    console = Console()
    loaded, left_out = load(makers_of(arguments))
    for name, reason in left_out.items():
        console.print(f"{name} is left out: {reason}", soft_wrap=True)
    images: dict[str, list[ImageBoxes]] = {name: [] for name in loaded}
    seconds: dict[str, list[float]] = {name: [] for name in loaded}
    for folder in sorted(path.parent for path in arguments.results.glob(f"*/{FINDINGS}")):
        case = Case.read(folder)
        empty = case.liver.like(np.zeros(case.liver.shape, np.uint16))
        truth = read_volume(truth_folder(arguments.truth) / folder.name / LESIONS) if arguments.truth else empty
        for name, one in loaded.items():
            started = time.perf_counter()
            told = one.detect(case)
            seconds[name].append(time.perf_counter() - started)
            detected = one.boxes(told)
            images[name].append(against(folder.name, detected, truth))
            kept = [line for line in listed(detected) if line["score"] >= one.minimum_score]
            console.print(f"{folder.name} {name}: {kept}", soft_wrap=True)
    results: dict[str, Any] = {
        name: {
            "model": one.model and asdict(one.model),
            "seconds_a_study": float(np.mean(seconds[name])),
            "listed": {image.name: listed(image.detected) for image in images[name]},
            **({"scores": score(images[name], one.minimum_score)} if arguments.truth else {}),
        }
        for name, one in loaded.items()
    }
    if arguments.truth:
        console.print(tell(results))
    if arguments.output:
        whole = {**results, **{name: {"left_out": reason} for name, reason in left_out.items()}}
        write_text(arguments.output, json.dumps(whole, indent=2) + "\n")


def listed(detected: Sequence[DetectedBox]) -> list[dict[str, float]]:
    """Score and longest side of every box."""
    return [
        {"score": round(box.score, 3), "mm": round(float(np.subtract(box.corners[3:], box.corners[:3]).max()), 1)}
        for box in detected
    ]


if __name__ == "__main__":
    main()
