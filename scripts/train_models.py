"""Train the models that come with LiverCAD, and its other detectors, from phantoms alone.

    python scripts/train_models.py MODEL|all --work work/training [--output OUT] [--ship]
    python scripts/train_models.py faster-rcnn|retinanet --work work/training [--output OUT] [--install]

MODEL is phases, lesions, detector, ultrasound, yamakawa2020 or qi2019. A run that was stopped goes on where it was. A
GPU is used when there is one. `--ship` puts the weights into the package and their hash into the registry of models;
`--install` puts those of a detector that does not come with LiverCAD where `livercad analyze --detector` looks for
them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console

from livercad.classification.training import train_lesions
from livercad.cli.bar import progress_bar
from livercad.detectors.training.boxes import install, train_boxes
from livercad.detectors.training.recipe import train_detector
from livercad.detectors.training.teachers import TEACHERS
from livercad.models.shipping import Trained, ship, write_trained
from livercad.papers.qi2019 import settings as qi2019
from livercad.papers.qi2019.predictor import FILES as QI_FILES
from livercad.papers.qi2019.predictor import ExportedNetworks as QiNetworks
from livercad.papers.qi2019.reproduce import reproduce as reproduce_qi
from livercad.papers.settings import with_deviations
from livercad.papers.shipped import trained_of
from livercad.papers.yamakawa2020 import settings as yamakawa2020
from livercad.papers.yamakawa2020.predictor import FILES as YAMAKAWA_FILES
from livercad.papers.yamakawa2020.predictor import ExportedNetworks as YamakawaNetworks
from livercad.papers.yamakawa2020.reproduce import reproduce as reproduce_yamakawa
from livercad.phases.training.recipe import train_phases
from livercad.progress import Progress
from livercad.ultrasound.training.phantoms import train_on_phantoms


def train_yamakawa(work: Path, progress: Progress) -> Trained:
    """The networks of Yamakawa 2020 on phantoms: the reproduction with its defaults."""
    folder, settings = work / "yamakawa2020", with_deviations(yamakawa2020.PAPER, yamakawa2020.ON_TWO_CORES)
    reproduce_yamakawa(None, folder, settings, reasons=yamakawa2020.ON_TWO_CORES, progress=progress)
    return trained_of(YAMAKAWA_FILES, YamakawaNetworks, folder / "model", {"seed": settings.seed})


def train_qi(work: Path, progress: Progress) -> Trained:
    """The networks of Qi 2019 on phantoms: the reproduction with its defaults."""
    folder, settings = work / "qi2019", with_deviations(qi2019.PAPER, qi2019.ON_TWO_CORES)
    reproduce_qi(folder, settings, progress=progress)
    return trained_of(QI_FILES, QiNetworks, folder / "model", {"seed": settings.seed})


RECIPES: dict[str, Callable[[Path, Progress], Trained]] = {
    "phases": lambda work, progress: train_phases(work / "phases", progress=progress),
    "lesions": lambda work, progress: train_lesions(work / "lesions", progress=progress),
    "detector": lambda work, progress: train_detector(work / "detector", progress=progress),
    "ultrasound": lambda work, progress: train_on_phantoms(work / "ultrasound", progress=progress),
    "yamakawa2020": train_yamakawa,
    "qi2019": train_qi,
}
"""By the name of the subcommand: what makes weights in a work folder."""


def train_boxes_beside(name: str, work: Path, progress: Progress) -> Trained:
    """Train a detector that draws boxes, on the phantoms of `detector`."""
    return train_boxes(name, work / "detector", progress=progress)


DETECTORS = {name: partial(train_boxes_beside, name) for name in TEACHERS}
"""Likewise, of what does not come with LiverCAD."""


def main() -> None:
    """Run one recipe, or all of the models that come with LiverCAD."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=[*RECIPES, *DETECTORS, "all"])
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoints; several GB of it are free")
    parser.add_argument("--output", type=Path, help="folder for the weights (default: WORK/weights)")
    parser.add_argument("--ship", action="store_true", help="put the weights into the package as well")
    parser.add_argument("--install", action="store_true", help="put a detector's weights where analyses look for them")
    arguments = parser.parse_args()
    if arguments.ship and arguments.model in DETECTORS:
        parser.error(f"{arguments.model} does not come with LiverCAD; use --install")
    if arguments.install and arguments.model not in DETECTORS:
        parser.error(f"--install is for {' and '.join(DETECTORS)}")
    console = Console(stderr=True)
    for name in RECIPES if arguments.model == "all" else [arguments.model]:
        with progress_bar(console) as progress:
            trained = (RECIPES | DETECTORS)[name](arguments.work, progress)
        print(write_trained(trained, arguments.output or arguments.work / "weights"))
        if arguments.ship:
            print(ship(trained))
        if arguments.install:
            print(install(name, trained))


if __name__ == "__main__":
    main()
