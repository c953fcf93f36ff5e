"""How the classifier is trained: on phantom lesions, resumable, the same from the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from livercad.classification.augmentation import Augmentation, augmented, network_view, seeded
from livercad.classification.examples import TYPES, LesionExamples
from livercad.classification.scaling import to_network
from livercad.core.crops import PHASES, PLANES
from livercad.core.taxonomy import CLASS_OF, LesionClass
from livercad.networks.phase_fusion import FusedOutput, PhaseFusionNet
from livercad.progress import Progress, silent
from livercad.studies.atomic import replacing

CLASSES = tuple(LesionClass)
CLASS_OF_TYPE = np.array([CLASSES.index(CLASS_OF[kind]) for kind in TYPES])


@dataclass(frozen=True)
class Recipe:
    """Settings of a training. All our choice.

    Parameters
    ----------
    steps : int
        Batches.
    batch : int
        Lesions a batch.
    learning_rate, weight_decay : float
        Of AdamW; the rate rises over the first twentieth and falls to zero along a cosine.
    smoothing : float
        Label smoothing: phantoms are never as sure as their labels.
    seed : int
        Of weights, order and augmentation.
    checkpoint_every : int
        Steps between checkpoints.
    augmentation : Augmentation
        How examples are changed.
    """

    steps: int = 1600
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    smoothing: float = 0.05
    seed: int = 0
    checkpoint_every: int = 100
    augmentation: Augmentation = field(default_factory=Augmentation)


def new_network() -> PhaseFusionNet:
    """The classifier's network with random weights."""
    return PhaseFusionNet(len(PHASES), PLANES, len(CLASSES))


def train(
    examples: LesionExamples, recipe: Recipe, checkpoint: Path, device: str = "cpu", progress: Progress = silent
) -> PhaseFusionNet:
    """Train a classifier, or go on where an interrupted training stopped.

    Parameters
    ----------
    examples : LesionExamples
        To learn from.
    recipe : Recipe
        How.
    checkpoint : Path
        Written now and then; one of another recipe or of other examples is not used.
    device : str, default "cpu"
        Where torch computes.
    progress : Progress
        Told of every step; may raise Cancelled.

    Returns
    -------
    PhaseFusionNet
        In evaluation mode.
    """
    torch.manual_seed(recipe.seed)
    network = new_network().to(device)
    optimizer = torch.optim.AdamW(network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, recipe.steps))
    labels = torch.from_numpy(CLASS_OF_TYPE[examples.types])
    identity = fingerprint(examples, recipe)
    start = _resume(checkpoint, identity, network, optimizer, schedule)
    loss_of = nn.CrossEntropyLoss(weight=_balance(labels).to(device), label_smoothing=recipe.smoothing)
    network.train()
    for step in range(start, recipe.steps):
        # What a step draws depends on its number only, so that a resumed training draws the same.
        rng = seeded(recipe.seed * 1_000_003 + step)
        chosen = torch.randint(len(labels), (recipe.batch,), generator=rng)
        crops, present = augmented(torch.from_numpy(examples.squares[chosen.numpy()]), recipe.augmentation, rng)
        scaled = torch.from_numpy(to_network(crops.numpy())).to(device)
        torch.manual_seed(recipe.seed * 1_000_003 + step)
        with torch.autocast(device, torch.bfloat16):
            logits = network(scaled, present.to(device)).logits
        loss = loss_of(logits.float(), labels[chosen].to(device))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        progress(step + 1, recipe.steps, f"training, loss {loss.item():.2f}")
        if (step + 1) % recipe.checkpoint_every == 0 or step + 1 == recipe.steps:
            state = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
            with replacing(checkpoint) as path:
                torch.save(state | {"schedule": schedule.state_dict(), "step": step + 1, "identity": identity}, path)
    return network.eval()


def predict(
    network: PhaseFusionNet,
    squares: npt.NDArray[np.int16],
    sets: Sequence[npt.NDArray[np.bool_]],
    batch: int = 128,
) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """Logits and features of stored examples, unchanged, for several sets of phases.

    Parameters
    ----------
    network : PhaseFusionNet
        In evaluation mode, on the CPU.
    squares : ndarray of int16
        As in `LesionExamples`.
    sets : sequence of ndarray of bool, shape (phases,)
        What the network is shown.
    batch : int, default 128
        Lesions at a time.

    Returns
    -------
    list of tuple of ndarray
        For each set logits, shape (n, classes), and what they are made from, shape (n, width).
    """
    found: list[list[FusedOutput]] = [[] for _ in sets]
    with torch.inference_mode():
        for first in range(0, len(squares), batch):
            crops = network_view(torch.from_numpy(squares[first : first + batch]))
            # Encoded once: which phases are shown matters only afterwards.
            maps = network.encode(torch.from_numpy(to_network(crops.numpy())))
            for outputs, shown in zip(found, sets, strict=True):
                outputs.append(network.fuse(maps, torch.from_numpy(shown).expand(len(crops), -1)))
    return [
        (
            torch.cat([output.logits for output in outputs]).numpy(),
            torch.cat([output.features for output in outputs]).numpy(),
        )
        for outputs in found
    ]


def fingerprint(examples: LesionExamples, recipe: Recipe) -> str:
    """SHA-256 of what a training depends on."""
    digest = hashlib.sha256(repr(sorted(asdict(recipe).items())).encode())
    for array in (examples.squares, examples.types, examples.patients):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _rate(step: int, steps: int) -> float:
    rise = max(1, steps // 20)
    return min((step + 1) / rise, 0.5 * (1 + float(np.cos(np.pi * step / steps))))


def _balance(labels: Tensor) -> Tensor:
    """Weights of classes so that each counts alike."""
    counts = torch.bincount(labels, minlength=len(CLASSES)).clamp(min=1)
    return (len(labels) / len(CLASSES) / counts).float()


def _resume(
    checkpoint: Path,
    identity: str,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
) -> int:
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    if state["identity"] != identity:
        return 0
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return int(state["step"])
