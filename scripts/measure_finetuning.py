"""What a fine-tuning of the lesion network has gained where it learnt, and lost where it did not (docs/learning.md).

    livercad phantom ct PHANTOMS -n 28 --seed 77
    livercad train lesions --studies SOME/studies --output TRAINED
    python scripts/measure_finetuning.py TRAINED/challenger.safetensors --held-out OTHERS [--ct CT] [--output FILE]

OTHERS is a folder of studies with truth that took no part. CT is a folder of real CT, a folder a case with ct.nii.gz or
ct_portal.nii.gz, liver.nii.gz, and tumor.nii.gz where lesions are known; elsewhere it is only told how much both
versions find, and how far they agree. The liver is the outlined one, else what the liver network finds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console

from livercad.cli.bar import progress_bar
from livercad.core.volume import Volume
from livercad.evaluation.overlap import Overlap
from livercad.learning.metrics import MEASURES
from livercad.learning.truth import cases_of_truth
from livercad.models.version import ModelVersion, base, challenger
from livercad.progress import Progress
from livercad.segmentation.lesions import NAME, LesionPredictor
from livercad.segmentation.liver import LiverPredictor
from livercad.segmentation.training.scores import lesion_measure, measure_all
from livercad.settings import Settings
from livercad.studies.nifti import read_volume

NUMBERS = ("lesion_dice", "small_lesion_sensitivity", "false_positives_per_case")
IMAGES = ("ct_portal.nii.gz", "ct.nii.gz")


def held_out(folder: Path, version: ModelVersion, progress: Progress) -> dict[str, float]:
    """Scores on studies with truth."""
    cases = [case for case in cases_of_truth(folder)[0] if case.has_lesions]
    measured = measure_all(lesion_measure(version, Settings()), cases, progress)
    told = {}
    for name in NUMBERS:
        sums = list(MEASURES[name].sums_by_patient(measured.values()).values())
        told[name] = round(float(MEASURES[name].value(np.sum(sums, axis=0))), 3)
    return told | {"cases": len(cases)}


def real_cases(folder: Path) -> Iterator[tuple[str, Volume, Volume, Volume | None]]:
    """Name, CT, liver with its lesions, and lesions where they are known."""
    finder = None
    for case in sorted(path for path in folder.iterdir() if path.is_dir()):
        image = next((case / name for name in IMAGES if (case / name).is_file()), None)
        if image is None:
            continue
        ct = read_volume(image)
        lesions = read_volume(case / "tumor.nii.gz") if (case / "tumor.nii.gz").is_file() else None
        if (case / "liver.nii.gz").is_file():
            liver = read_volume(case / "liver.nii.gz")
        else:
            finder = finder or LiverPredictor(Settings())
            liver = finder(ct)
        inside = (liver.array > 0) | (lesions.array > 0 if lesions else False)
        yield case.name, ct, liver.like(inside.astype(np.uint8)), lesions


def main() -> None:
    """Measure the base and the weights that are given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--held-out", type=Path)
    parser.add_argument("--ct", type=Path)
    parser.add_argument("--cases", nargs="*", help="of --ct; all where not given")
    parser.add_argument("--output", type=Path, help="JSON with all numbers")
    arguments = parser.parse_args()
    versions = {"base": base(NAME), "fine-tuned": challenger(NAME, arguments.weights)}
    told: dict[str, object] = {}
    with progress_bar(Console(stderr=True)) as progress:
        if arguments.held_out:
            told["held out"] = {
                name: held_out(arguments.held_out, version, progress) for name, version in versions.items()
            }
        if arguments.ct:
            predictors = {name: LesionPredictor(Settings(), version) for name, version in versions.items()}
            for case, ct, liver, lesions in real_cases(arguments.ct):
                if arguments.cases and case not in arguments.cases:
                    continue
                found = {name: predictor(ct, liver, progress).instances for name, predictor in predictors.items()}
                told[case] = {
                    name: {
                        "lesions": int(volume.array.max()),
                        "ml": round(float((volume.array > 0).sum() * volume.voxel_volume_ml), 2),
                        "Dice": round(Overlap.of(volume, lesions).dice, 3) if lesions else None,
                    }
                    for name, volume in found.items()
                } | {"agreement, Dice": round(Overlap.of(found["base"], found["fine-tuned"]).dice, 3)}
    text = json.dumps(told, indent=2)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
