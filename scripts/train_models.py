"""Train the models that come with LiverCAD, from phantoms alone.

    python scripts/train_models.py phases|lesions|detector|all --work work/training [--output OUT] [--ship]

A run that was stopped goes on where it was. A GPU is used when there is one. `--ship` puts the weights into the package
and their hash into the registry of models.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from livercad.classification.training import train_lesions
from livercad.cli.bar import progress_bar
from livercad.detectors.training.recipe import train_detector
from livercad.models.shipping import Trained, ship, write_trained
from livercad.phases.training.recipe import train_phases
from livercad.progress import Progress

RECIPES: dict[str, Callable[[Path, Progress], Trained]] = {
    "phases": lambda work, progress: train_phases(work, progress=progress),
    "lesions": lambda work, progress: train_lesions(work, progress=progress),
    "detector": lambda work, progress: train_detector(work, progress=progress),
}
"""By the name of the subcommand: what makes weights in a work folder."""


def main() -> None:
    """Run one recipe, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=[*RECIPES, "all"])
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoints; several GB of it are free")
    parser.add_argument("--output", type=Path, help="folder for the weights (default: WORK/weights)")
    parser.add_argument("--ship", action="store_true", help="put the weights into the package as well")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    for name in RECIPES if arguments.model == "all" else [arguments.model]:
        with progress_bar(console) as progress:
            trained = RECIPES[name](arguments.work / name, progress)
        print(write_trained(trained, arguments.output or arguments.work / "weights"))
        if arguments.ship:
            print(ship(trained))


if __name__ == "__main__":
    main()
