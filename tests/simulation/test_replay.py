from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livercad.errors import Cancelled, InputError
from livercad.learning.strategies import Strategy
from livercad.simulation.findings import verdict
from livercad.simulation.replay import Replays
from livercad.simulation.simulate import simulate
from toy_task import ToyTask

SOME = (Strategy.RANDOM, Strategy.FIRST, Strategy.UNCERTAINTY)


def replays(folder: Path, task: ToyTask, rounds: int = 4, seed: int = 3) -> Replays:
    return Replays(task, seed, 2, rounds, folder, "an identity")


def test_uncertainty_wins_where_it_must(tmp_path: Path) -> None:
    results = simulate([ToyTask()], tmp_path, strategies=SOME, seeds=20, rounds=5)
    found = results.tasks["toy"].strategies
    assert verdict(found[Strategy.UNCERTAINTY]) == "better"
    assert verdict(found[Strategy.FIRST]) != "better"
    difference = found[Strategy.UNCERTAINTY].difference
    assert difference and difference.low and difference.low > 0
    told = results.tasks["toy"].findings
    assert any("Larger area" in sentence and "uncertainty" in sentence for sentence in told)


def test_all_strategies_start_from_the_same_cases_and_score(tmp_path: Path) -> None:
    task = simulate([ToyTask()], tmp_path, strategies=SOME, seeds=2, rounds=3).tasks["toy"]
    for seed in range(2):
        starts = [each.replays[seed] for each in task.strategies.values()]
        assert len({(tuple(one.labelled[0]), one.scores[0]) for one in starts}) == 1
    assert (
        task.strategies[Strategy.RANDOM].replays[0].labelled[0]
        != task.strategies[Strategy.RANDOM].replays[1].labelled[0]
    )


def test_no_case_is_labelled_twice_and_every_round_labels_the_budget(tmp_path: Path) -> None:
    task = simulate([ToyTask()], tmp_path, budget=7, seeds=1, rounds=4).tasks["toy"]
    assert task.counts == [7, 14, 21, 28]
    for each in task.strategies.values():
        labelled = [case for own in each.replays[0].labelled for case in own]
        assert len(set(labelled)) == len(labelled) == 28


def test_only_the_truth_of_cases_that_are_labelled_is_asked_for(tmp_path: Path) -> None:
    task = ToyTask()
    own = replays(tmp_path, task)
    rounds = [own.start(), *own.later(Strategy.UNCERTAINTY)]
    labelled = {case for each in rounds for case in each.labelled}
    assert set(task.asked) == labelled


def test_the_truth_of_other_cases_changes_no_choice(tmp_path: Path) -> None:
    task = ToyTask()
    own = replays(tmp_path / "one", task)
    for strategy in task.description.strategies:
        rounds = [own.start(), *own.later(strategy)]
        labelled = {case for each in rounds for case in each.labelled}
        liar = ToyTask({case: 1 - task.side(case) for case in task.split(3).pool if case not in labelled})
        other = replays(tmp_path / strategy, liar)
        assert [each.labelled for each in (other.start(), *other.later(strategy))] == [each.labelled for each in rounds]


def test_a_replay_goes_on_with_the_rounds_that_are_kept(tmp_path: Path) -> None:
    whole = replays(tmp_path / "whole", ToyTask())
    wanted = [each.model_dump(exclude={"seconds"}) for each in whole.later(Strategy.HYBRID)]
    stopped = replays(tmp_path / "stopped", ToyTask()).later(Strategy.HYBRID)
    next(stopped)
    task = ToyTask()
    again = list(replays(tmp_path / "stopped", task).later(Strategy.HYBRID))
    assert [each.model_dump(exclude={"seconds"}) for each in again] == wanted
    # Only the two rounds that were not kept have been made: what they learn from has been asked for, nothing else.
    assert len(task.asked) == sum(each.count for each in again[1:])


def test_a_torn_file_of_a_round_is_made_again(tmp_path: Path) -> None:
    first = list(replays(tmp_path, ToyTask()).later(Strategy.RANDOM))
    (tmp_path / "seed-003" / "random-2.json").write_text('{"identity": "an iden')
    again = list(replays(tmp_path, ToyTask()).later(Strategy.RANDOM))
    assert [each.labelled for each in again] == [each.labelled for each in first]


def test_more_rounds_go_on_from_the_last_that_is_kept(tmp_path: Path) -> None:
    short = list(replays(tmp_path, ToyTask(), rounds=3).later(Strategy.UNCERTAINTY))
    longer = list(replays(tmp_path, ToyTask(), rounds=5).later(Strategy.UNCERTAINTY))
    assert [each.score for each in longer[:2]] == [each.score for each in short]
    assert len(longer) == 4 and longer[2].labelled


def test_a_simulation_that_was_stopped_comes_to_the_same_numbers(tmp_path: Path) -> None:
    def stop_at_half(done: float, total: float, what: str) -> None:
        if done > total / 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        simulate([ToyTask()], tmp_path / "stopped", strategies=SOME, seeds=3, rounds=3, progress=stop_at_half)
    assert not (tmp_path / "stopped" / "results.json").exists()
    again = simulate([ToyTask()], tmp_path / "stopped", strategies=SOME, seeds=3, rounds=3)
    whole = simulate([ToyTask()], tmp_path / "whole", strategies=SOME, seeds=3, rounds=3)
    for name, each in whole.tasks["toy"].strategies.items():
        other = again.tasks["toy"].strategies[name]
        assert (other.area, other.difference, other.curve, other.chosen) == (
            each.area,
            each.difference,
            each.curve,
            each.chosen,
        )


def test_the_numbers_do_not_depend_on_how_many_processes_there_are(tmp_path: Path) -> None:
    one, two = (
        simulate([ToyTask()], tmp_path / str(workers), strategies=SOME, seeds=2, rounds=3, workers=workers)
        for workers in (1, 2)
    )
    for name, each in one.tasks["toy"].strategies.items():
        assert two.tasks["toy"].strategies[name].area == each.area


def test_a_second_call_makes_nothing_again(tmp_path: Path) -> None:
    simulate([ToyTask()], tmp_path, strategies=SOME, seeds=2, rounds=3)
    task = ToyTask()
    first = (tmp_path / "results.json").read_text()
    simulate([task], tmp_path, strategies=SOME, seeds=2, rounds=3)
    assert task.asked == []
    assert (tmp_path / "results.json").read_text() == first


def test_a_strategy_that_has_nothing_to_go_by_is_named_and_not_run(tmp_path: Path) -> None:
    task = simulate([ToyTask()], tmp_path, seeds=1, rounds=2).tasks["toy"]
    assert task.not_possible == [Strategy.CLASSIFICATION]
    assert Strategy.CLASSIFICATION not in task.strategies


def test_a_pool_that_is_too_small_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a pool of 200 cases"):
        simulate([ToyTask()], tmp_path, budget=60, seeds=1, rounds=4)
    assert not any(tmp_path.iterdir())


def test_progress_only_rises_and_ends_at_the_whole(tmp_path: Path) -> None:
    seen: list[float] = []
    simulate([ToyTask()], tmp_path, strategies=SOME, seeds=2, rounds=3, progress=lambda d, t, w: seen.append(d / t))
    assert seen == sorted(seen) and np.isclose(seen[-1], 1)


def test_a_strategy_that_a_task_cannot_use_is_refused_when_there_is_no_other(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found the strategies classification.*random, first, uncertainty"):
        simulate([ToyTask()], tmp_path, strategies=[Strategy.CLASSIFICATION], seeds=1, rounds=2)
    assert not (tmp_path / "results.json").exists()
