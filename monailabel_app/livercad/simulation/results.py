"""Every number of a simulation, as ``results.json`` has it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from livercad.learning.strategies import Strategy
from livercad.simulation.areas import Difference, Interval


class Record(BaseModel):
    """Base of the others."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Replay(Record):
    """One strategy with one seed, round by round.

    Parameters
    ----------
    seed : int
        See `livercad.simulation.replay.Replays`.
    counts : list of int
        Cases labelled.
    scores : list of float
        Of the models trained on them.
    parts : list of dict of str to float
        What each score is the mean of.
    labelled : list of list of str
        Cases that were labelled for each round.
    seconds : list of float
        Training, test and looking at the pool.
    """

    seed: int
    counts: list[int]
    scores: list[float]
    parts: list[dict[str, float]]
    labelled: list[list[str]]
    seconds: list[float]


class StrategyResult(Record):
    """One strategy over all seeds.

    Parameters
    ----------
    curve : list of Interval
        Score by round.
    area : Interval
        Under the learning curve, as its mean height.
    difference : Difference or None
        Of the area to that of `random`, seed by seed; None for `random`, or without it.
    chosen : dict of str to Interval
        Cases of each kind among all that were labelled.
    replays : list of Replay
        By seed.
    """

    curve: list[Interval]
    area: Interval
    difference: Difference | None
    chosen: dict[str, Interval]
    replays: list[Replay]


class TaskResult(Record):
    """One task.

    Parameters
    ----------
    title, metric, data, learner : str
        As `livercad.simulation.task.Description` has them.
    looks : dict of Strategy to str
        Likewise.
    is_phantom : bool
        Likewise.
    identity : str
        Of data, code and settings.
    budget : int
        Cases a round.
    pool, test : Interval
        How many cases.
    pool_kinds : dict of str to Interval
        Cases of each kind in the pool.
    counts : list of int
        Cases labelled by round.
    strategies : dict of Strategy to StrategyResult
        What each came to.
    not_possible : list of Strategy
        Asked for, but the task knows nothing that they could go by.
    findings : list of str
        What it all says.
    """

    title: str
    metric: str
    data: str
    learner: str
    looks: dict[Strategy, str]
    is_phantom: bool
    identity: str
    budget: int
    pool: Interval
    test: Interval
    pool_kinds: dict[str, Interval]
    counts: list[int]
    strategies: dict[Strategy, StrategyResult]
    not_possible: list[Strategy]
    findings: list[str]


class Results(Record):
    """A simulation.

    Parameters
    ----------
    livercad_version : str
        Of the code.
    versions : dict of str to str
        Of Python and of the libraries that compute.
    quick : bool
        Whether it only shows that everything works.
    seeds : list of int
        All of them.
    confidence : float
        Of all intervals.
    tasks : dict of str to TaskResult
        By name.
    """

    livercad_version: str
    versions: dict[str, str]
    quick: bool
    seeds: list[int]
    confidence: float
    tasks: dict[str, TaskResult]
