"""A training: stopped, gone on with, diverged; its loss by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from livercad.errors import Cancelled, InputError
from livercad.papers import workers
from livercad.papers.shah2021 import training
from livercad.papers.shah2021.jobs import RESULT, WEIGHTS, Learner, Step
from livercad.papers.shah2021.lesions import lesion_step
from livercad.papers.shah2021.settings import LesionSettings
from livercad.papers.shah2021.training import CHECKPOINT, run_training


@dataclass(frozen=True)
class ToyJob:
    """Numbers to be told apart by a straight line."""

    folder: Path
    schedule: object
    seed: int = 3
    key: str = "toy"
    rate_setting: str = "toy.learning_rate"
    training: tuple[bool, ...] = (True,) * 22 + (False,) * 8
    threads: int = 1
    device: str = "cpu"

    def learner(self) -> Learner:
        rng = np.random.default_rng(0)
        points = torch.from_numpy(rng.normal(size=(30, 6)).astype(np.float32))
        truth = (points.sum(dim=1) > 0).long()
        network = torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2))

        def step(net: torch.nn.Module, rows: np.ndarray, device: torch.device) -> Step:
            logits = net(points[rows]).float()
            right = float((logits.argmax(dim=1) == truth[rows]).sum())
            return Step(F.cross_entropy(logits, truth[rows]), right, len(rows))

        sides = np.array(self.training)
        return Learner(network, step, np.flatnonzero(sides), np.flatnonzero(~sides))


@pytest.mark.parametrize("stop_after", [1, 3, 5, 6, 11])
def test_a_training_stopped_anywhere_goes_on_to_the_very_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_after: int
) -> None:
    monkeypatch.setattr(training, "keep_freed_memory", lambda: None)
    schedule = LesionSettings(epochs=4, batch=8)
    run_training(ToyJob(tmp_path / "whole", schedule))
    done = 0

    def stop(amount: int) -> None:
        nonlocal done
        done += amount > 0
        if done == stop_after:
            raise Cancelled

    monkeypatch.setattr(workers, "_tick", stop)
    with pytest.raises(Cancelled):
        run_training(ToyJob(tmp_path / "parts", schedule))
    assert not (tmp_path / "parts" / RESULT).exists()
    done = -100
    run_training(ToyJob(tmp_path / "parts", schedule))
    one, two = (load_file(tmp_path / name / WEIGHTS) for name in ("whole", "parts"))
    assert all(torch.equal(one[key], two[key]) for key in one)
    curves = [
        json.loads((tmp_path / name / RESULT).read_text(encoding="utf-8"))["curve"] for name in ("whole", "parts")
    ]
    assert curves[0] == curves[1]


@dataclass(frozen=True)
class WrongJob(ToyJob):
    """Numbers that a training comes to are not finite: in its loss, in the test's, or only in its weights."""

    wrong: str = "training"

    def learner(self) -> Learner:
        learner = super().learner()

        def step(net: torch.nn.Module, rows: np.ndarray, device: torch.device) -> Step:
            step = learner.step(net, rows, device)
            if self.wrong == ("training" if net.training else "test"):
                return step._replace(loss=step.loss * float("nan"))
            if self.wrong == "weights" and not net.training:
                with torch.no_grad():
                    net[1].running_mean[0] = float("inf")
            return step._replace(loss=torch.nan_to_num(step.loss))

        return replace(learner, step=step)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("training", "a training loss of nan"),
        ("test", "a test loss of nan"),
        ("weights", "weights that are not finite"),
    ],
)
def test_a_training_that_diverges_stops_with_what_to_do_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, told: str
) -> None:
    monkeypatch.setattr(training, "keep_freed_memory", lambda: None)
    monkeypatch.setattr(training, "CHECKPOINT_S", -1.0)
    schedule = LesionSettings(epochs=2, batch=8)
    with pytest.raises(InputError) as stopped:
        run_training(WrongJob(tmp_path / "toy", schedule, wrong=wrong))
    assert f"training toy, epoch 1 of 2: found {told}: it has diverged" in str(stopped.value)
    assert "Set a lower toy.learning_rate in the file of --settings" in str(stopped.value)
    assert {path.name for path in (tmp_path / "toy").iterdir()} <= {".lock"}


def test_a_checkpoint_of_other_settings_is_not_gone_on_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "keep_freed_memory", lambda: None)
    schedule = LesionSettings(epochs=2, batch=8)
    run_training(ToyJob(tmp_path / "a", schedule))
    run_training(ToyJob(tmp_path / "b", schedule))
    torch.save({"identity": "another"}, tmp_path / "b" / CHECKPOINT)
    run_training(ToyJob(tmp_path / "b", schedule))
    one, two = (load_file(tmp_path / name / WEIGHTS) for name in "ab")
    assert all(torch.equal(one[key], two[key]) for key in one)


def test_the_loss_is_both_channels_cross_entropy_by_hand() -> None:
    location = torch.zeros(2, 2, 4, 4)
    classes = torch.zeros(2, 4, 4, 4)
    classes[0, 1, 0, 0] = 2.0  # in one of the two cells of a lesion of class 1
    marked = torch.zeros(2, 4, 4, dtype=torch.long)
    marked[0, 0, :2] = 2
    marked[1, 3, 3] = 4
    loss, right, counted = lesion_step(location, classes, marked)
    first = -np.log(np.e / (np.e + 3))  # a mean logit of 1 against three of 0
    assert loss.item() == pytest.approx(np.log(2) + (first + np.log(4)) / 2, abs=1e-5)
    assert (right, counted) == (1.0, 2.0)
    assert lesion_step(location, classes, marked * 0)[1:] == (0.0, 0.0)
