"""From kept rounds to the numbers of a task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from livercad.learning.strategies import Strategy
from livercad.simulation.areas import area_under, holm, over_seeds, paired
from livercad.simulation.findings import findings
from livercad.simulation.replay import Round
from livercad.simulation.results import Replay, StrategyResult, TaskResult
from livercad.simulation.task import Split, Task

Rounds = Mapping[Strategy, Sequence[Sequence[Round]]]
"""By strategy: the rounds of each seed."""


def task_result(
    task: Task,
    identity: str,
    budget: int,
    asked: Sequence[Strategy],
    rounds: Rounds,
    seeds: Sequence[int],
    confidence: float,
) -> TaskResult:
    """Sum a task up.

    Parameters
    ----------
    task : Task
        What was learnt.
    identity : str
        See `TaskResult`.
    budget : int
        Cases a round.
    asked : sequence of Strategy
        What the user wanted.
    rounds : mapping
        See `Rounds`; in the order of seeds.
    seeds : sequence of int
        The seeds.
    confidence : float
        Of all intervals.
    """
    kinds = task.kinds()
    replays = {
        name: [_replay(seed, own) for seed, own in zip(seeds, all_rounds, strict=True)]
        for name, all_rounds in rounds.items()
    }
    areas = {name: [area_under(each.counts, each.scores) for each in own] for name, own in replays.items()}
    differences = {
        name: paired(own, areas[Strategy.RANDOM], confidence)
        for name, own in areas.items()
        if name is not Strategy.RANDOM and Strategy.RANDOM in areas
    }
    adjusted = holm({name: each.p for name, each in differences.items()})
    names = sorted(set(kinds.values()))
    strategies = {
        name: StrategyResult(
            curve=[over_seeds(scores, confidence) for scores in zip(*(each.scores for each in own), strict=True)],
            area=over_seeds(areas[name], confidence),
            difference=differences[name].model_copy(update={"p_holm": adjusted[name]}) if name in differences else None,
            chosen={kind: over_seeds([_count(each, kinds, kind) for each in own], confidence) for kind in names},
            replays=own,
        )
        for name, own in replays.items()
    }
    splits = [task.split(seed) for seed in seeds]
    pool_kinds = {kind: over_seeds([_in_pool(split, kinds, kind) for split in splits], confidence) for kind in names}
    counts = next(iter(replays.values()))[0].counts
    description = task.description
    return TaskResult(
        title=description.title,
        metric=description.metric,
        data=description.data,
        learner=description.learner,
        looks=dict(description.looks),
        is_phantom=description.is_phantom,
        identity=identity,
        budget=budget,
        pool=over_seeds([len(split.pool) for split in splits], confidence),
        test=over_seeds([len(split.test) for split in splits], confidence),
        pool_kinds=pool_kinds,
        counts=counts,
        strategies=strategies,
        not_possible=[name for name in asked if name not in rounds],
        findings=findings(description.metric, counts, strategies, pool_kinds),
    )


def _replay(seed: int, rounds: Sequence[Round]) -> Replay:
    return Replay(
        seed=seed,
        counts=[each.count for each in rounds],
        scores=[each.score for each in rounds],
        parts=[each.parts for each in rounds],
        labelled=[each.labelled for each in rounds],
        seconds=[each.seconds for each in rounds],
    )


def _count(replay: Replay, kinds: Mapping[str, str], kind: str) -> int:
    return sum(kinds[case] == kind for labelled in replay.labelled for case in labelled)


def _in_pool(split: Split, kinds: Mapping[str, str], kind: str) -> int:
    return Counter(kinds[case] for case in split.pool)[kind]
