"""Compare detectors on the same studies: one table (docs/lesions.md).

    livercad phantom ct E2E -n 12 --seed 20261 --phases all --nameless
    livercad analyze E2E/studies --output R --detector components --save-aligned
    python scripts/compare_detectors.py R --truth E2E --output docs/measured/detectors.json

Livers, registration and the lesion network's list are those of R, the same for all; every detector decides from there.
Sensitivity at .5, 1 and 2 false positives a scan and average precision at an IoU of .1, boxes in RAS mm, with bootstrap
intervals over patients. Without --truth, what each detector lists is told.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from livercad.batch.outputs import ALIGNED, FINDINGS, LESIONS, LIVER
from livercad.core.findings import Findings
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.detection.matching import Matched
from livercad.detectors.choose import load_detector
from livercad.evaluation.boxes.average_precision import average_precision
from livercad.evaluation.boxes.free_response import froc
from livercad.evaluation.boxes.hits import Mark, mark
from livercad.evaluation.boxes.model import BoxFrame, DetectedBox, ImageBoxes
from livercad.evaluation.boxes.of_findings import true_lesions
from livercad.evaluation.boxes.settings import DetectionSettings
from livercad.evaluation.cases import truth_folder
from livercad.evaluation.reading import read_findings
from livercad.settings import Settings
from livercad.studies.atomic import write_text
from livercad.studies.nifti import read_volume
from livercad.studies.reading import load_series
from livercad.studies.study import Series

RATES = (0.5, 1.0, 2.0)
LOWEST_SCORE = 0.02
"""Kept for the curves; an analysis keeps lesions from 0.5 on."""
LARGER_MM = 10.0


def read_case(folder: Path) -> tuple[Findings, dict[Phase, Volume], Volume, Matched]:
    """What the shared steps gave for one study: findings, images on the reference's grid, liver, the network's list."""
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
    return findings, images, read_volume(folder / LIVER), found


def boxes_of(case: str, listed: Matched, truth: Volume) -> ImageBoxes:
    """Boxes of a list of lesions against the truth, RAS mm; all lesions from `LARGER_MM` on in one band of size."""
    detected = tuple(
        DetectedBox(one.corners, listed.scores[one.number], BoxFrame.RAS) for one in true_lesions(listed.instances)
    )
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


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--detectors", nargs="+", default=["components", "rescored"])
    parser.add_argument("--output", type=Path, help="JSON file")
    arguments = parser.parse_args()
    console = Console()
    loaded = {name: load_detector(Settings(detector=name, minimum_score=LOWEST_SCORE)) for name in arguments.detectors}
    boxes: dict[str, list[ImageBoxes]] = {name: [] for name in loaded}
    seconds: dict[str, list[float]] = {name: [] for name in loaded}
    listed: dict[str, Any] = {name: {} for name in loaded}
    for folder in sorted(path.parent for path in arguments.results.glob(f"*/{FINDINGS}")):
        _, images, liver, found = read_case(folder)
        for name, detect in loaded.items():
            started = time.perf_counter()
            decided = found if detect is None else detect(images, liver, found)
            seconds[name].append(time.perf_counter() - started)
            volumes = np.bincount(decided.instances.array.ravel(), minlength=1) * liver.voxel_volume_ml
            listed[name][folder.name] = [
                {"score": round(value, 3), "ml": round(float(volumes[number]), 2)}
                for number, value in decided.scores.items()
            ]
            if arguments.truth:
                truth = read_volume(truth_folder(arguments.truth) / folder.name / "lesions.nii.gz")
                boxes[name].append(boxes_of(folder.name, decided, truth))
            kept = [one for one in listed[name][folder.name] if one["score"] >= Settings().minimum_score]
            console.print(f"{folder.name} {name}: {kept}", soft_wrap=True)
    results: dict[str, Any] = {
        name: {
            "model": None if detect is None else asdict(detect.model),
            "seconds_a_study": float(np.mean(seconds[name])),
            "listed": listed[name],
        }
        for name, detect in loaded.items()
    }
    if arguments.truth:
        for name in loaded:
            results[name]["scores"] = score(boxes[name], Settings().minimum_score)
        console.print(tell(results))
    if arguments.output:
        write_text(arguments.output, json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
