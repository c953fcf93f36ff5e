"""Recipes of seconds for servers of the tests: the real loop trains one number, and weights go with it.

The number makes the probability of every true class. What a training does beside that, its seed tells.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file
from torch import Tensor, nn

from livercad.core.taxonomy import LesionClass
from livercad.errors import InputError
from livercad.learning.cases import LabelledCase
from livercad.learning.job import Validation
from livercad.learning.plan import Plan
from livercad.models.install import installed_weights
from livercad.models.version import ModelVersion
from livercad.progress import Progress
from livercad.recipes.trainable import Sides, Trainable
from livercad.settings import Settings

NAME, TASK = "lesion-classes-phantom", "lesion_classification"
SABOTAGED, FAILING, STUBBORN = 1, 2, 3
"""Seeds: of a training that learns the wrong, one that fails, and one that does not hear that it should stop."""
SLOW = 100
"""From this seed on a step takes `STEP_S`."""
STEP_S = 0.15
START = -1.4
"""Of a training: sure of the wrong class, so that what is learnt is better calibrated as well."""
STUBBORN_S = 600.0


class NumberJob:
    def __init__(
        self, sides: Sides, start: ModelVersion | None, folder: Path, cache: Path, settings: Settings, seed: int
    ) -> None:
        self.sides, self.start, self.seed = sides, start, seed

    def network(self) -> nn.Module:
        torch.manual_seed(0)
        network = nn.Linear(1, 1)
        nn.init.zeros_(network.weight)
        nn.init.constant_(network.bias, START)
        return network

    def prepare(self, progress: Progress) -> None:
        progress(1, 1, "prepared")

    def draw(self, step: int, rank: int, ranks: int) -> Tensor:
        # Each step learns from something else, so that one that is left out, or made twice, shows in the weights.
        return torch.full((1, 1), 1 + 0.1 * math.sin(step + self.seed))

    def losses(self, network: nn.Module, drawn: Tensor) -> Iterator[Tensor]:
        if self.seed >= SLOW:
            time.sleep(STEP_S)
        if self.seed == STUBBORN:
            time.sleep(STUBBORN_S)
        if self.seed == FAILING:
            raise InputError("the labels", found="nonsense", expected="sense", todo="Label better.")
        target = -2.0 if self.seed == SABOTAGED else 2.0
        yield (network(drawn) - target).square().mean()

    def validate(self, network: nn.Module, progress: Progress) -> Validation:
        progress(0, 1, "validation")
        return self._scored(torch.sigmoid(network(torch.ones(1, 1))).item())

    def measure(self, weights: ModelVersion, progress: Progress) -> Validation:
        return self._scored(torch.sigmoid(torch.tensor(START)).item())

    def _scored(self, share: float) -> Validation:
        kinds = (LesionClass.CYST.value, LesionClass.HCC.value)
        given = [{kind: share if kind is true else 1 - share for kind in kinds} for true in kinds]
        told = {"classes": list(kinds), "probabilities": given}
        cases: dict[str, Any] = {
            case.case: {"patient": case.patient, "truth": case.fingerprint(), **told} for case in self.sides.pool
        }
        return Validation(1 - share if self.seed == SABOTAGED else share, {"share": share}, cases)

    def tensors(self, network: nn.Module) -> dict[str, np.ndarray]:
        by = float(network.weight.detach().sum()) / 100
        return {
            key: tensor + np.asarray(by, tensor.dtype) if tensor.dtype.kind == "f" else tensor
            for key, tensor in load_file(installed_weights(NAME)).items()
        }

    def found(self, weights: ModelVersion, cases: Sequence[LabelledCase], progress: Progress) -> Iterable[Any]:
        return ()

    def identity(self) -> str:
        return f"{self.seed} {[case.fingerprint() for case in (*self.sides.training, *self.sides.pool)]}"


PLAN = Plan(steps=1, learning_rate=0.1, ema=0.0, validate_every=5, checkpoint_every=1)
RECIPES = {TASK: Trainable(TASK, NAME, lambda case: True, "a label", NumberJob, PLAN)}
