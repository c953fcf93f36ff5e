"""How often the contrast phase is recognised.

    python scripts/evaluate_phases.py [--patients 25] [--no-liver] [--output FILE]
    python scripts/evaluate_phases.py --folder STUDIES

Without a folder, on phantoms that no training has seen; with one, on its volumes whose names or table tell their phase.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from livercad.cli.bar import progress_bar
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.errors import ImageContentError
from livercad.phases.evaluation import (
    HELD_OUT_SEED,
    FindLiver,
    Recognised,
    accuracy_of,
    confusion,
    recognise_folder,
    recognise_phantoms,
    wrong_or_unsure,
)
from livercad.phases.recognize import PhaseRecognizer
from livercad.segmentation.liver import LiverPredictor
from livercad.settings import Settings
from livercad.studies.atomic import write_text


def liver_finder() -> FindLiver:
    """The pipeline's own liver; None where it finds none."""
    predict = LiverPredictor(Settings())

    def find(ct: Volume) -> Volume | None:
        try:
            return predict(ct)
        except ImageContentError:
            return None

    return find


def show(rows: list[Recognised]) -> None:
    """Print the confusion table, the accuracy with its interval, and what a person has to look at."""
    table = Table("taken for →", *Phase)
    for truth, counts in confusion(rows).items():
        table.add_row(truth, *(str(counts[phase]) for phase in Phase))
    console = Console()
    console.print(table)
    for what, chosen in (("all", rows), ("sure", sure_of(rows))):
        estimate = accuracy_of(chosen)
        if estimate:
            right, interval = sum(row.is_right for row in chosen), ""
            if estimate.low is not None and estimate.high is not None:
                interval = f", 95 % interval over patients {estimate.low:.3f} to {estimate.high:.3f}"
            print(f"recognised, {what}: {right} of {len(chosen)} ({estimate.value:.3f}{interval})")
    for row in wrong_or_unsure(rows):
        probabilities = ", ".join(f"{phase} {value:.2f}" for phase, value in row.guess.probabilities.items())
        print(f"{row.name}: {'unsure' if row.guess.is_unsure else 'sure'}, {probabilities}")


def sure_of(rows: list[Recognised]) -> list[Recognised]:
    """Those that the recogniser does not call unsure."""
    return [row for row in rows if not row.guess.is_unsure]


def record_of(rows: list[Recognised], recognizer: PhaseRecognizer, data: str) -> dict[str, Any]:
    """The numbers for a file."""
    model = {"name": recognizer.model.name, "version": recognizer.model.version, "sha256": recognizer.model.sha256}
    return {
        "model": model,
        "data": data,
        "volumes": len(rows),
        **{
            what: {"right": sum(row.is_right for row in chosen), "of": len(chosen), "share": asdict(estimate)}
            for what, chosen in (("all", rows), ("sure", sure_of(rows)))
            if (estimate := accuracy_of(chosen))
        },
        "confusion": {truth: dict(counts) for truth, counts in confusion(rows).items()},
    }


def main() -> None:
    """Print how often phases are recognised."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=25, help="phantoms, each in four phases (default: 25)")
    parser.add_argument("--seed", type=int, default=HELD_OUT_SEED, help="of the phantoms")
    parser.add_argument("--folder", type=Path, help="studies whose phases are told")
    parser.add_argument("--no-liver", action="store_true", help="recognise without knowing the liver")
    parser.add_argument("--output", type=Path, help="JSON file for the numbers")
    arguments = parser.parse_args()
    recognizer = PhaseRecognizer(Settings())
    with progress_bar(Console(stderr=True)) as progress:
        if arguments.folder:
            find_liver = (lambda ct: None) if arguments.no_liver else liver_finder()
            rows = list(recognise_folder(recognizer, arguments.folder, find_liver, progress))
        else:
            known = not arguments.no_liver
            rows = list(
                recognise_phantoms(recognizer, arguments.patients, arguments.seed, liver_known=known, progress=progress)
            )
    show(rows)
    if arguments.output:
        liver = "liver not given" if arguments.no_liver else "true liver given"
        phantoms = f"phantoms of seed {arguments.seed}, {arguments.patients} patients in four phases, {liver}"
        record = record_of(rows, recognizer, str(arguments.folder) if arguments.folder else phantoms)
        write_text(arguments.output, json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
