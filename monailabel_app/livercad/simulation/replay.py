"""An annotator who labels some cases a round, a model that learns from them, a strategy that chooses the next."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from livercad.learning.strategies import Strategy, order
from livercad.simulation.task import Model, Split, Task
from livercad.studies.atomic import write_text

Kept = TypeVar("Kept", bound="Round")


class Round(BaseModel):
    """One round of a replay, as it is kept.

    Parameters
    ----------
    identity : str
        Of all that it depends on.
    labelled : list of str
        Cases that were labelled for this round, as they were chosen.
    count : int
        Cases labelled until now.
    score : float
        What the model trained on them reaches.
    parts : dict of str to float
        As `Score` has them.
    seconds : float
        Training, test and looking at the pool.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    identity: str
    labelled: list[str]
    count: int
    score: float
    parts: dict[str, float]
    seconds: float


class Start(Round):
    """The first round, in which the cases are drawn at random: all strategies share it.

    Parameters
    ----------
    next : dict of Strategy to list of str
        What each strategy has labelled next.
    """

    next: dict[Strategy, list[str]]


class LaterRound(Round):
    """Any other round.

    Parameters
    ----------
    next : list of str
        What its strategy has labelled next; none after the last round.
    """

    next: list[str]


@dataclass(frozen=True)
class Replays:
    """The replays of a task with one seed.

    Parameters
    ----------
    task : Task
        What is learnt.
    seed : int
        Of the split, of the first cases, of the weights that trainings start from.
    budget : int
        Cases a round.
    rounds : int
        How many, the first included.
    folder : Path
        Where finished rounds are kept.
    identity : str
        Of all that the rounds depend on; those of another are made again.
    """

    task: Task
    seed: int
    budget: int
    rounds: int
    folder: Path
    identity: str

    def start(self) -> Start:
        """The first round: read, or made and kept."""
        path = self.folder / f"seed-{self.seed:03d}" / "start.json"
        kept = _read(path, Start, self.identity)
        if kept:
            return kept
        began, split = time.monotonic(), self.task.split(self.seed)
        chosen = np.random.default_rng((self.seed, 11)).permutation(split.pool)[: self.budget].tolist()
        model = self._learn(chosen)
        score = model.score(split.test)
        proposed = {
            strategy: self._next(strategy, model, split, chosen, 0) for strategy in self.task.description.strategies
        }
        made = Start(
            identity=self.identity,
            labelled=chosen,
            count=len(chosen),
            score=score.value,
            parts=dict(score.parts),
            seconds=round(time.monotonic() - began, 2),
            next=proposed,
        )
        write_text(path, made.model_dump_json(indent=1))
        return made

    def later(self, strategy: Strategy) -> Iterator[LaterRound]:
        """Go through the rounds after the first, reading those that are kept.

        Parameters
        ----------
        strategy : Strategy
            Chooses.

        Yields
        ------
        LaterRound
            In order.
        """
        start = self.start()
        labelled, proposed = list(start.labelled), start.next[strategy]
        for number in range(1, self.rounds):
            path = self.folder / f"seed-{self.seed:03d}" / f"{strategy}-{number}.json"
            labelled += proposed
            found = _read(path, LaterRound, self.identity)
            goes_on = number + 1 < self.rounds
            if found is None or (goes_on and not found.next):  # the last of an earlier call with fewer rounds
                found = self._round(strategy, number, labelled, proposed)
                write_text(path, found.model_dump_json(indent=1))
            yield found
            proposed = found.next

    def _round(self, strategy: Strategy, number: int, labelled: Sequence[str], added: Sequence[str]) -> LaterRound:
        began, split = time.monotonic(), self.task.split(self.seed)
        model = self._learn(labelled)
        score = model.score(split.test)
        return LaterRound(
            identity=self.identity,
            labelled=list(added),
            count=len(labelled),
            score=score.value,
            parts=dict(score.parts),
            seconds=round(time.monotonic() - began, 2),
            next=self._next(strategy, model, split, labelled, number) if number + 1 < self.rounds else [],
        )

    def _learn(self, labelled: Sequence[str]) -> Model:
        # The labels of these cases and nothing else leave the annotator.
        return self.task.learn(self.task.truth(labelled), self.seed)

    def _next(self, strategy: Strategy, model: Model, split: Split, labelled: Sequence[str], number: int) -> list[str]:
        known = model.look(split.pool, self.seed)
        is_open = ~np.isin(split.pool, labelled)
        rng = np.random.default_rng((self.seed, 12, number))
        return list(islice(order(strategy, known, is_open, rng), self.budget))


def _read(path: Path, kind: type[Kept], identity: str) -> Kept | None:
    """A kept round; None where there is none, or one of other data, settings or code."""
    try:
        kept = kind.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return None
    return kept if kept.identity == identity else None
