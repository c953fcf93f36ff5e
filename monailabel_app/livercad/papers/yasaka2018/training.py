"""One training of one model, and its answers to the test ("Deep Learning with a CNN", "Testing Phase with CNN")."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors.torch import save
from torch import Tensor, nn

from livercad.code import code_hash
from livercad.networks.yasaka2018 import YasakaNetwork
from livercad.papers.workers import tick
from livercad.papers.yasaka2018.arrays import CATEGORIES, TrainingArrays
from livercad.papers.yasaka2018.settings import PHASES, Model, TrainingSettings
from livercad.studies.atomic import write_bytes, write_text

CURVE_POINTS = 40
"""Of a learning curve."""
CODE = ("livercad.networks.yasaka2018", "livercad.papers.yasaka2018.arrays", __name__)
"""What a training depends on, but for its arrays: of another version's code it is done again."""


class LearningCurve(BaseModel):
    """How a training went; loss and accuracy on the minibatches, with dropout, averaged between points."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_sets: list[int]
    loss: list[float]
    accuracy: list[float]


class Training(BaseModel):
    """The result of one training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    model: Model
    run: int
    seed: int
    parameters: int
    seconds: float
    curve: LearningCurve
    training_accuracy: float
    test_probabilities: list[list[float]]
    """Shape (test image sets, categories)."""


@dataclass(frozen=True)
class Job:
    """A training to do.

    Parameters
    ----------
    model : Model
        Which phases it sees.
    run : int
        Which of its trainings, from 1.
    seed : int
        Of the whole reproduction.
    settings : TrainingSettings
        How.
    quarter_turns : tuple of int
        Rotations of the training images.
    variants, categories, test : Path
        Array files: training copies, their categories, test images.
    data_key : str
        What the arrays were made from.
    folder : Path
        Where results go.
    threads : int
        Of torch.
    device : str
        Of torch.
    """

    model: Model
    run: int
    seed: int
    settings: TrainingSettings
    quarter_turns: tuple[int, ...]
    variants: Path
    categories: Path
    test: Path
    data_key: str
    folder: Path
    threads: int
    device: str

    @property
    def key(self) -> str:
        """What the result depends on."""
        made_from = (
            *(code_hash(*CODE), CATEGORIES, self.model, self.model.phases, self.run, self.seed),
            *(self.settings.model_dump_json(), self.quarter_turns, self.data_key),
        )
        return hashlib.sha256(" ".join(map(str, made_from)).encode()).hexdigest()

    @property
    def result_path(self) -> Path:
        """Where the result goes, last of all."""
        return self.folder / f"{self.model.file_name}_{self.run}.json"

    @property
    def weights_path(self) -> Path:
        """Where the network goes."""
        return self.result_path.with_suffix(".safetensors")

    def result(self) -> Training | None:
        """The result, if it is there and still holds."""
        try:
            training = Training.model_validate_json(self.result_path.read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            return None
        return training if training.key == self.key and self.weights_path.is_file() else None

    def arrays(self) -> TrainingArrays:
        """The training set."""
        return TrainingArrays(np.load(self.variants, mmap_mode="r"), np.load(self.categories), self.quarter_turns)


def new_network(model: Model, settings: TrainingSettings, pixels: int) -> YasakaNetwork:
    """Make a model's network with random weights."""
    return YasakaNetwork(
        len(model.phases), pixels, settings.channels, settings.units, settings.dropout, len(CATEGORIES)
    )


def steps_of(settings: TrainingSettings, copies: int) -> int:
    """How many minibatches a training takes."""
    return max(settings.fewest_steps, round(settings.passes * copies / settings.batch))


def run_training(job: Job) -> None:
    """Train, test, and write weights and result.

    Parameters
    ----------
    job : Job
        What to do.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(job.threads)
    try:
        _train_and_write(job)
    finally:
        # What else runs in this process rounds otherwise in another number of threads.
        torch.set_num_threads(before)


def _train_and_write(job: Job) -> None:
    start = time.perf_counter()
    seed = int.from_bytes(hashlib.sha256(f"{job.seed} {job.model} {job.run}".encode()).digest()[:6], "big")
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    arrays, test = job.arrays(), np.load(job.test)
    channels = [PHASES.index(phase) for phase in job.model.phases]
    network = new_network(job.model, job.settings, arrays.variants.shape[-1]).to(job.device)
    curve = _train(network, arrays, channels, job, rng)
    checked = np.sort(rng.permutation(len(arrays))[: job.settings.checked])
    images, truth = arrays.batch(checked, channels)
    diagnoses = probabilities(network, images).argmax(axis=1)
    result = Training(
        key=job.key,
        model=job.model,
        run=job.run,
        seed=seed,
        parameters=sum(weights.numel() for weights in network.parameters()),
        seconds=round(time.perf_counter() - start, 1),
        curve=curve,
        training_accuracy=float((diagnoses == truth).mean()),
        test_probabilities=probabilities(network, test[:, channels]).round(6).tolist(),
    )
    state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    write_bytes(job.weights_path, save(state))
    write_text(job.result_path, result.model_dump_json(indent=1))


def probabilities(network: nn.Module, images: np.ndarray, batch: int = 250) -> np.ndarray:
    """A network's answers.

    Parameters
    ----------
    network : Module
        A trained network.
    images : ndarray of uint8, shape (sets, phases, pixels, pixels)
        Grey values.
    batch : int
        Sets at once.

    Returns
    -------
    ndarray of float64, shape (sets, categories)
        Probabilities, which add up to 1.
    """
    network.eval()
    device = next(network.parameters()).device
    with torch.inference_mode():
        parts = [
            torch.softmax(network(_to_network(images[first : first + batch], device)).double(), dim=1)
            for first in range(0, len(images), batch)
        ]
    return torch.cat(parts).cpu().numpy()


def _train(
    network: nn.Module, arrays: TrainingArrays, channels: Sequence[int], job: Job, rng: np.random.Generator
) -> LearningCurve:
    settings, steps = job.settings, steps_of(job.settings, len(arrays))
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.learning_rate, total_steps=steps)
    loss_of, measured = nn.CrossEntropyLoss(), []
    network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    for numbers in _minibatches(len(arrays), settings.batch, steps, rng):
        images, categories = arrays.batch(numbers, channels)
        truth = torch.from_numpy(categories).to(job.device)
        with torch.autocast(job.device, torch.bfloat16, enabled=_has_bfloat16(job.device)):
            logits = network(_to_network(images, torch.device(job.device)))
        loss = loss_of(logits.float(), truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        measured.append((loss.item(), (logits.argmax(dim=1) == truth).float().mean().item()))
        tick(len(numbers))
    return _curve(np.array(measured), settings.batch)


def _minibatches(copies: int, batch: int, steps: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Random minibatches that show every copy once before any is shown again."""
    order = rng.permutation(copies)
    for _ in range(steps):
        while len(order) < batch:
            order = np.concatenate([order, rng.permutation(copies)])
        yield order[:batch]
        order = order[batch:]


def _to_network(images: np.ndarray, device: torch.device) -> Tensor:
    scaled = torch.from_numpy(np.ascontiguousarray(images)).to(device).float() / 127.5 - 1
    return scaled.contiguous(memory_format=torch.channels_last)


def _has_bfloat16(device: str) -> bool:
    """Whether half the bits make it faster; without support they make it slower."""
    return device != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()


def _curve(measured: np.ndarray, batch: int) -> LearningCurve:
    parts = np.array_split(measured, min(CURVE_POINTS, len(measured)))
    ends = np.cumsum([len(part) for part in parts]) * batch
    return LearningCurve(
        image_sets=ends.tolist(),
        loss=[round(float(part[:, 0].mean()), 4) for part in parts],
        accuracy=[round(float(part[:, 1].mean()), 4) for part in parts],
    )
