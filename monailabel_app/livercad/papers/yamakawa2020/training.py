"""One fold's training: many random starts, the best network by validation, its answers to the test (section 2.6)."""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save
from torch import Tensor, nn

from livercad.errors import InputError
from livercad.learning.checkpoint import CHECKPOINT, read_checkpoint, write_checkpoint
from livercad.networks.yamakawa2020 import YamakawaNetwork
from livercad.papers.diverged import diverged
from livercad.papers.workers import tick
from livercad.papers.yamakawa2020.accuracy import Accuracy, accuracy_of
from livercad.papers.yamakawa2020.crops import Grey
from livercad.papers.yamakawa2020.plan import Curve, Plan, Training
from livercad.papers.yamakawa2020.versions import minibatches, versions_of
from livercad.studies.atomic import write_bytes, write_text

ANSWERED = 256
"""Images at once, when a network answers."""


@dataclass
class Chosen:
    """The best network so far.

    Parameters
    ----------
    validation : Accuracy
        By which it was chosen.
    start, epoch : int
        From which first weights, after how many epochs; both from 1.
    test : ndarray, shape (test images, classes)
        Its probabilities.
    state : dict of str to Tensor
        Its weights.
    curve : Curve
        Of its training.
    """

    validation: Accuracy
    start: int
    epoch: int
    test: npt.NDArray[np.float64]
    state: dict[str, Tensor]
    curve: Curve


def run_training(plan: Plan) -> None:
    """Train from all starts, and write the best network's weights, then the result.

    Parameters
    ----------
    plan : Plan
        What to do. What whole starts have come to is kept when it is stopped.

    Raises
    ------
    InputError
        If it diverges: nothing of it is kept.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # the same to the last digit however many cores there are
    try:
        _train_and_write(plan)
    finally:
        torch.set_num_threads(before)


def _train_and_write(plan: Plan) -> None:
    crops = np.stack([np.load(path) for path in plan.crops], axis=2)
    first, seconds, best = _resumed(plan)
    tick((first - 1) * max(plan.training.epochs))
    for start in range(first, plan.training.starts + 1):
        begun = time.process_time()
        chosen = _train(plan, crops, start)
        if best is None or chosen.validation > best.validation:
            best = chosen
        seconds += time.process_time() - begun
        if start < plan.training.starts:
            write_checkpoint(plan.folder / plan.name, _told(plan, start, seconds, best))
    assert best is not None  # there is one start or more
    result = Training(
        key=plan.key,
        name=plan.name,
        start=best.start,
        epoch=best.epoch,
        validation_cases=best.validation.cases,
        validation_images=best.validation.images,
        parameters=sum(weights.numel() for weights in new_network(plan).parameters()),
        seconds=round(seconds, 1),
        curve=best.curve,
        probabilities=best.test.tolist(),
    )
    write_bytes(plan.weights_path, save(best.state))
    write_text(plan.result_path, result.model_dump_json())
    (plan.folder / plan.name / CHECKPOINT).unlink(missing_ok=True)


def new_network(plan: Plan) -> YamakawaNetwork:
    """A training's network with random weights."""
    return YamakawaNetwork(len(plan.crops), plan.pixels, classes=plan.classes, **dict(plan.network))


def _train(plan: Plan, crops: Grey, start: int) -> Chosen:
    """Train from one start; the best of the numbers of epochs."""
    seed = int.from_bytes(hashlib.sha256(f"{plan.seed} {plan.fold} {start}".encode()).digest()[:6], "big")
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    settings, labels, cases = plan.training, np.array(plan.labels), np.array(plan.cases)
    training, validation, test = (np.array(images) for images in plan.sides)
    network = new_network(plan).to(plan.device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    loss_of, curve = nn.CrossEntropyLoss(), Curve(loss=[], training=[], validation=[])
    best: Chosen | None = None
    for epoch in range(1, max(settings.epochs) + 1):
        network.train()
        right, losses = 0, []
        for numbers, versions in minibatches(training, crops.shape[1], settings, rng):
            truth = torch.from_numpy(labels[numbers]).to(plan.device)
            with torch.autocast(plan.device, torch.bfloat16, enabled=_has_bfloat16(plan.device)):
                logits = network(to_network(versions_of(crops, numbers, versions), plan.device))
            loss = loss_of(logits.float(), truth)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item() * len(numbers))
            right += int((logits.argmax(dim=1) == truth).sum())
        shown = len(training) * settings.versions
        if not math.isfinite(sum(losses)):
            raise _stopped(plan, epoch, f"a loss of {sum(losses)}")
        answers = probabilities(network, crops[validation, 0], plan.device)
        if not np.isfinite(answers).all():
            raise _stopped(plan, epoch, "answers that are not finite")
        accuracy = accuracy_of(answers, cases[validation], labels[validation])
        curve.loss.append(round(sum(losses) / shown, 5))
        curve.training.append(round(right / shown, 5))
        curve.validation.append(round(accuracy.images, 5))
        if epoch in settings.epochs and (best is None or accuracy > best.validation):
            state = {name: value.detach().cpu().contiguous().clone() for name, value in network.state_dict().items()}
            best = Chosen(accuracy, start, epoch, probabilities(network, crops[test, 0], plan.device), state, curve)
        tick(1)
    assert best is not None  # the last epoch is among them
    return best


def probabilities(network: nn.Module, images: Grey, device: str) -> npt.NDArray[np.float64]:
    """A network's answers.

    Parameters
    ----------
    network : Module
        Is left ready to answer.
    images : ndarray of uint8, shape (n, crops, pixels, pixels)
        Grey values.
    device : str
        Of torch.

    Returns
    -------
    ndarray of float64, shape (n, classes)
        Probabilities, which add up to 1.
    """
    network.eval()
    with torch.inference_mode(), torch.autocast(device, torch.bfloat16, enabled=_has_bfloat16(device)):
        parts = [
            torch.softmax(network(to_network(images[first : first + ANSWERED], device)).double(), dim=1)
            for first in range(0, len(images), ANSWERED)
        ]
    return torch.cat(parts).cpu().numpy()


def to_network(images: Grey, device: str) -> Tensor:
    """Scale grey values to [-1, 1]; shape as it was."""
    scaled = torch.from_numpy(np.ascontiguousarray(images)).to(device).float() / 127.5 - 1
    return scaled.contiguous(memory_format=torch.channels_last)


def _has_bfloat16(device: str) -> bool:
    """Whether half the bits make it faster; without support they make it slower."""
    return device != "cpu" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _resumed(plan: Plan) -> tuple[int, float, Chosen | None]:
    """The start to go on with, seconds taken, and the best network of the starts before."""
    try:
        state = read_checkpoint(plan.folder / plan.name, plan.key)
    except (InputError, RuntimeError, EOFError, KeyError):  # of other settings, or written by another version
        state = None
    if state is None:
        return 1, 0.0, None
    told = state["best"]
    best = Chosen(
        Accuracy(*told["validation"]), told["start"], told["epoch"], np.array(told["test"]), told["state"],
        Curve(**told["curve"]),
    )  # fmt: skip
    return int(state["start"]) + 1, float(state["seconds"]), best


def _told(plan: Plan, start: int, seconds: float, best: Chosen) -> dict[str, Any]:
    told = {
        "validation": tuple(best.validation),
        "start": best.start,
        "epoch": best.epoch,
        "test": best.test.tolist(),
        "state": best.state,
        "curve": best.curve.model_dump(),
    }
    return {"identity": plan.key, "start": start, "seconds": seconds, "best": told}


def _stopped(plan: Plan, epoch: int, found: str) -> InputError:
    (plan.folder / plan.name / CHECKPOINT).unlink(missing_ok=True)
    return diverged(plan.name, epoch, max(plan.training.epochs), found, "training.learning_rate")
