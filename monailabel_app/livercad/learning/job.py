"""What the training loop asks of whatever is trained, and what a training comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from torch import Tensor, nn

from livercad.progress import Progress


@dataclass(frozen=True)
class Validation:
    """What weights score on cases that are not learnt from.

    Parameters
    ----------
    score : float
        The one that weights are chosen by; higher is better.
    numbers : mapping of str to float or None
        All that is told of them, by name.
    cases : mapping of str to mapping
        Likewise of each case; ready for JSON.
    """

    score: float
    numbers: Mapping[str, float | None] = field(default_factory=dict)
    cases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """All of it in plain types."""
        return asdict(self)


class Job(Protocol):
    """Something to train."""

    def network(self) -> nn.Module:
        """Make the network with the weights that the training starts from: each time the same."""

    def draw(self, step: int, rank: int, ranks: int) -> Any:
        """Draw what process `rank` of `ranks` learns from in a step.

        What is drawn depends on these numbers only, not on what was drawn before, so that a training that goes on draws
        what it would have drawn. Runs in a thread of its own: it may not use the random numbers of all.
        """

    def losses(self, network: nn.Module, drawn: Any) -> Iterator[Tensor]:
        """Compute what is to be made smaller; after each loss the weights are updated, and the next sees the new ones.

        Equally many in every step and process. Whatever has gradients goes through `network`, which may be a
        `DistributedDataParallel`.
        """

    def validate(self, network: nn.Module, progress: Progress) -> Validation:
        """Score a network that is in evaluation mode."""

    def identity(self) -> str:
        """What the training depends on besides the plan, hashed: a checkpoint of another is not gone on with."""


@dataclass(frozen=True)
class Milestone:
    """A validation during a training.

    Parameters
    ----------
    step : int
        Steps made before it.
    validation : Validation
        What it found.
    """

    step: int
    validation: Validation


@dataclass(frozen=True)
class Outcome:
    """What a training came to.

    Parameters
    ----------
    network : nn.Module
        With the weights of the best validation, on the CPU, in evaluation mode.
    best : Milestone
        That validation; of step 0 where no weights were better than those that the training started from.
    history : tuple of Milestone
        All validations.
    steps : int
        How many were made.
    seconds : float
        Time they took with their validations, over all runs.
    ended : str
        Why, for people.
    """

    network: nn.Module
    best: Milestone
    history: tuple[Milestone, ...]
    steps: int
    seconds: float
    ended: str
