"""Compare the phase recogniser with a small 3-D network that sees the image itself.

    python scripts/compare_phase_networks.py --work work/training/phases [--steps 900] [--folder STUDIES] [--output OUT]

Trains the network on views of the same phantom patients (new ones in every step, where the trees have 600 patients),
with the liver as a second channel, and sets it beside the shipped recogniser, which has trees on the HU of organs: on
the held-out patients of its recipe, on phantom studies, and on the volumes of a folder whose phases are told. A stopped
training goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from evaluate_phases import liver_finder
from rich.console import Console
from torch import Tensor, nn

from livercad.cli.bar import progress_bar
from livercad.core.volume import Volume
from livercad.models.install import installed_weights
from livercad.phases.classifier import PHASES
from livercad.phases.evaluation import Recognise, Recognised, recognise_folder, recognise_phantoms
from livercad.phases.finder import surroundings_of
from livercad.phases.organs import SPACING_MM, scale_hu
from livercad.phases.recognize import NAME, PhaseGuess, PhaseRecognizer
from livercad.phases.training.anatomies import make_anatomies
from livercad.phases.training.examples import LIVER_GIVEN_PROBABILITY, draw_examination
from livercad.phases.training.recipe import HELD_OUT_SEED, TRAINING_SEED, Sizes
from livercad.progress import Progress, part
from livercad.segmentation.resampling import NetworkGrid
from livercad.settings import Settings
from livercad.studies.atomic import replacing, write_text

NETWORK_SEED = 3
PATIENTS_A_STEP = 2
LEARNING_RATE = 1e-3
CHECKPOINT_EVERY = 25


class PhaseNet(nn.Module):
    """Convolutions, then the mean and the maximum over the image: 0.5 million parameters.

    Batch normalisation, since normalising each image would take away the very thing that tells a phase: absolute HU.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inner, outer, stride in ((2, 24, 2), (24, 48, 1), (48, 48, 2), (48, 96, 1), (96, 96, 2)):
            layers += [nn.Conv3d(inner, outer, 3, stride, 1, bias=False), nn.BatchNorm3d(outer), nn.ReLU(inplace=True)]
        self.convolutions = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Linear(192, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, len(PHASES)))

    def forward(self, image: Tensor) -> Tensor:
        """Logits, shape (batch, 4), of images of shape (batch, 2, i, j, k)."""
        maps = self.convolutions(image)
        return torch.as_tensor(self.head(torch.cat([maps.mean((2, 3, 4)), maps.amax((2, 3, 4))], 1)))


def channels(image: npt.NDArray[np.float32], liver: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.float32]:
    """Scaled HU and the liver, shape (2, i, j, k); no liver where it is not known."""
    return np.stack([scale_hu(image), np.zeros_like(image) if liver is None else liver.astype(np.float32)])


def draw(maps: list[npt.NDArray[np.uint8]], rng: np.random.Generator) -> Tensor:
    """One patient in four phases, shape (4, 2, i, j, k)."""
    seen = draw_examination(maps, rng)
    liver = seen.liver if rng.random() < LIVER_GIVEN_PROBABILITY else None
    return torch.from_numpy(np.stack([channels(seen.images[phase], liver) for phase in PHASES]))


def train(maps: list[npt.NDArray[np.uint8]], checkpoint: Path, steps: int, progress: Progress) -> PhaseNet:
    """Train, or go on."""
    torch.manual_seed(NETWORK_SEED)
    network = PhaseNet()
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    parts = {"network": network, "optimizer": optimizer, "schedule": schedule}
    done = 0
    if checkpoint.is_file():
        stored = torch.load(checkpoint, weights_only=True)
        if stored["steps"] == steps:
            done = stored["step"]
            for name, one in parts.items():
                one.load_state_dict(stored[name])
    truth = torch.arange(len(PHASES))
    for step in range(done, steps):
        rng = np.random.default_rng((NETWORK_SEED, step))
        optimizer.zero_grad()
        for _ in range(PATIENTS_A_STEP):  # views differ in size, so that each goes through by itself
            loss = nn.functional.cross_entropy(network(draw(maps, rng)), truth) / PATIENTS_A_STEP
            loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        progress(step + 1, steps, f"3-D network, loss {loss.item() * PATIENTS_A_STEP:.2f}")
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == steps:
            with replacing(checkpoint) as partial:
                state = {name: one.state_dict() for name, one in parts.items()}
                torch.save({"step": step + 1, "steps": steps, **state}, partial)
    return network.eval()


def recogniser_of(network: PhaseNet) -> Recognise:
    """Let the network look at a volume as the organ network does."""

    def recognise(ct: Volume, liver: Volume | None = None) -> PhaseGuess:
        grid = NetworkGrid.over(ct, SPACING_MM)
        image = grid.to_network(ct.array)
        mask = None if liver is None else grid.to_network(liver.array) > 0.5
        near = np.s_[:, :, :] if mask is None else surroundings_of(mask)
        with torch.inference_mode():
            logits = network(torch.from_numpy(channels(image[near], None if mask is None else mask[near])[None]))
        probabilities = logits.softmax(1)[0].tolist()
        return PhaseGuess(dict(zip(PHASES, probabilities, strict=True)), max(probabilities) < 0.5, {})

    return recognise


def held_out_accuracy(network: PhaseNet, maps: list[npt.NDArray[np.uint8]], sizes: Sizes, progress: Progress) -> float:
    """On the patients that the shipped classifier is tested on."""
    numbers = range(sizes.held_out_patients, 2 * sizes.held_out_patients)
    right = 0
    for number in numbers:
        progress(number - numbers.start, len(numbers), "held-out patients")
        with torch.inference_mode():
            found = network(draw(maps, np.random.default_rng((HELD_OUT_SEED, number)))).argmax(1)
        right += int((found == torch.arange(len(PHASES))).sum())
    return right / (len(PHASES) * len(numbers))


def shipped_accuracy() -> float:
    """What the shipped recogniser's record says of the same patients."""
    record = json.loads(installed_weights(NAME).with_suffix(".json").read_text(encoding="utf-8"))
    return float(record["classifier on held-out phantoms"]["accuracy"])


def share_right(rows: list[Recognised]) -> str:
    """For people: how many, and which not."""
    wrong = ", ".join(f"{row.name} as {row.guess.phase}" for row in rows if not row.is_right)
    return f"{sum(row.is_right for row in rows)} of {len(rows)}" + (f" (not: {wrong})" if wrong else "")


def main() -> None:
    """Print and write the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="work folder of the training; its patients are reused")
    parser.add_argument("--steps", type=int, default=900, help=f"of {PATIENTS_A_STEP} patients each (default: 900)")
    parser.add_argument("--patients", type=int, default=25, help="phantom studies (default: 25)")
    parser.add_argument("--folder", type=Path, help="studies whose phases are told")
    parser.add_argument("--output", type=Path, help="JSON file for the numbers")
    arguments = parser.parse_args()
    sizes = Sizes()
    with progress_bar(Console(stderr=True)) as progress:
        anatomies = arguments.work / "anatomies"
        maps = make_anatomies(anatomies, TRAINING_SEED, sizes.anatomies, part(progress, 0, 0.05))
        held_out = make_anatomies(anatomies, HELD_OUT_SEED, sizes.held_out_anatomies, part(progress, 0.05, 0.07))
        checkpoint = arguments.work / "phase-network.pt"
        network = train(maps, checkpoint, arguments.steps, part(progress, 0.07, 0.8))
        accuracy = held_out_accuracy(network, held_out, sizes, part(progress, 0.8, 0.85))
        shown: dict[str, dict[str, str]] = {"3-D network": {"held-out views": f"{accuracy:.3f}"}}
        shown["organs and trees"] = {"held-out views": f"{shipped_accuracy():.3f}"}
        recognisers: dict[str, Recognise] = {
            "3-D network": recogniser_of(network),
            "organs and trees": PhaseRecognizer(Settings()),
        }
        for name, recognise in recognisers.items():
            phantoms = recognise_phantoms(recognise, arguments.patients, progress=part(progress, 0.85, 0.95))
            shown[name]["phantom studies"] = share_right(list(phantoms))
            if arguments.folder:
                rows = recognise_folder(recognise, arguments.folder, liver_finder(), part(progress, 0.95, 1))
                shown[name][str(arguments.folder)] = share_right(list(rows))
    print(json.dumps(shown, indent=2))
    if arguments.output:
        write_text(arguments.output, json.dumps(shown, indent=2) + "\n")


if __name__ == "__main__":
    main()
