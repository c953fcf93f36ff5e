"""How long and how fast a training learns."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Plan:
    """Settings of a training that hold for any network.

    Parameters
    ----------
    steps : int
        Draws of the job, each with one update of the weights or several.
    learning_rate : float
        Of AdamW, at its highest.
    warm_up : float
        Share of the steps over which the rate rises to that; from there it falls to zero along a cosine.
    weight_decay : float
        Of AdamW.
    ema : float
        The weights that count are a running mean of those of the updates, which keeps this share of itself at each of
        them (and less at first); 0 for the weights of the last update.
    clip : float
        Largest norm of a gradient.
    validate_every : int
        Steps between validations. The first comes before the first step, the last after the last.
    patience : int
        Validations without a better score after which a training ends; 0 for never.
    checkpoint_every : int
        Steps between checkpoints.
    seed : int
        Of all that is drawn.
    precision : {"auto", "float32", "bfloat16"}
        What a network computes in; auto takes bfloat16 where the hardware computes in it.
    loaders : int
        Threads that draw ahead.
    """

    steps: int
    learning_rate: float = 1e-4
    warm_up: float = 0.05
    weight_decay: float = 0.01
    ema: float = 0.99
    clip: float = 1.0
    validate_every: int = 50
    patience: int = 0
    checkpoint_every: int = 10
    seed: int = 0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    loaders: int = 1

    def __post_init__(self) -> None:
        if min(self.steps, self.validate_every, self.checkpoint_every, self.loaders) < 1:
            raise ValueError(f"A plan needs at least one step, and intervals and loaders of at least one: {self}")

    def rate(self, step: int) -> float:
        """Learning rate of a step, from 0."""
        rise = max(1, round(self.warm_up * self.steps))
        return self.learning_rate * min((step + 1) / rise, 0.5 * (1 + math.cos(math.pi * step / self.steps)))

    def is_due(self, step: int) -> bool:
        """Whether a validation comes before this step."""
        return step % self.validate_every == 0 or step == self.steps

    def as_dict(self) -> dict[str, Any]:
        """All settings, ready for JSON."""
        return asdict(self)
