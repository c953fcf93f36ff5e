"""The training loop on a network of a few neurons."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from torch import Tensor, nn

import tiny_job
from livercad.errors import Cancelled, InputError
from livercad.learning import checkpoint
from livercad.learning.engine import train
from livercad.learning.job import Outcome, Validation
from livercad.learning.log import read_log
from livercad.learning.plan import Plan
from livercad.progress import Progress
from tiny_job import PLAN, TinyJob

TESTS = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{TESTS.parent / 'monailabel_app'}:{TESTS}", "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Path]:
    folder = tmp_path_factory.mktemp("whole")
    return tiny_job.run(folder), folder


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def same_state(one: Path, other: Path) -> bool:
    """Whether two checkpoints hold the same weights, last and mean ones, bit for bit."""
    states = [torch.load(folder / "checkpoint.pt", weights_only=True) for folder in (one, other)]
    return all(
        torch.equal(states[0][kind][name], states[1][kind][name])
        for kind in ("network", "mean", "best")
        for name in states[0][kind]
    ) and str(states[0]["optimizer"]) == str(states[1]["optimizer"])


def without_times(folder: Path) -> list[dict[str, object]]:
    return [{name: value for name, value in line.items() if name != "seconds"} for line in read_log(folder)]


def test_a_network_learns_and_its_best_weights_come_back(whole: tuple[Outcome, Path]) -> None:
    outcome, _ = whole
    assert [milestone.step for milestone in outcome.history] == [0, 4, 8, 12]
    assert outcome.best.validation.score == max(m.validation.score for m in outcome.history)
    assert outcome.best.validation.score > outcome.history[0].validation.score
    assert TinyJob().validate(outcome.network, lambda *_: None).score == outcome.best.validation.score
    assert outcome.ended == "all steps made"


def test_the_log_has_every_step_and_every_validation(whole: tuple[Outcome, Path]) -> None:
    lines = read_log(whole[1])
    assert [line["step"] for line in lines if "loss" in line] == list(range(1, 13))
    assert [line["step"] for line in lines if "score" in line] == [0, 4, 8, 12]


@pytest.mark.parametrize("update", range(1, 24, 5))
def test_a_cancelled_training_ends_as_if_it_had_not_been(
    whole: tuple[Outcome, Path], tmp_path: Path, update: int
) -> None:
    told = 0

    def stop(done: float, total: float, what: str) -> None:
        nonlocal told
        told += what.startswith("training")
        if told == update:
            raise Cancelled

    with pytest.raises(Cancelled):
        tiny_job.run(tmp_path, stop)
    steps = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"]
    assert steps == (update - 1) // 2, "the checkpoint is of the last whole step, whenever the next would be due"
    outcome = tiny_job.run(tmp_path)
    assert same_weights(outcome.network, whole[0].network)
    assert same_state(tmp_path, whole[1])
    assert without_times(tmp_path) == without_times(whole[1])


def test_a_training_cancelled_in_a_validation_repeats_only_that(whole: tuple[Outcome, Path], tmp_path: Path) -> None:
    def stop(done: float, total: float, what: str) -> None:
        if what == "validation" and done > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        tiny_job.run(tmp_path, stop)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert (state["step"], state["validated"]) == (8, 4) or (state["step"], state["validated"]) == (4, 0)
    assert same_weights(tiny_job.run(tmp_path).network, whole[0].network)


KILLER = """
import os, random, signal, sys, time
from pathlib import Path
import tiny_job
folder, random_ = Path(sys.argv[1]), random.Random(3)
deaths = 0
while True:
    child = os.fork()  # Nothing of torch has run in this process yet, so that it may be forked.
    if child == 0:
        tiny_job.run(folder, lambda *_: time.sleep(0.004))
        os._exit(0)
    if deaths < 25:
        time.sleep(random_.uniform(0.02, 0.12))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) == 0:
        break
    deaths += os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
print(deaths)
"""


def test_a_training_killed_again_and_again_ends_as_if_it_had_not_been(
    whole: tuple[Outcome, Path], tmp_path: Path
) -> None:
    environment = {**ENVIRONMENT, "OMP_NUM_THREADS": str(torch.get_num_threads())}  # sums round by their number
    killed = subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path)], capture_output=True, text=True, env=environment, check=False
    )
    assert killed.returncode == 0, killed.stderr
    assert int(killed.stdout) >= 5
    assert same_state(tmp_path, whole[1])
    assert without_times(tmp_path) == without_times(whole[1])
    assert not list(tmp_path.glob(".*.checkpoint.pt")), "what a killed process was writing is cleaned up"


def test_a_finished_training_is_not_done_again(whole: tuple[Outcome, Path]) -> None:
    job = TinyJob()
    again = train(job, PLAN, whole[1], "cpu")
    assert job.drawn == []
    assert same_weights(again.network, whole[0].network)


@pytest.mark.parametrize(
    ("job", "plan"), [(TinyJob("other"), PLAN), (TinyJob(), dataclasses.replace(PLAN, learning_rate=1.0))]
)
def test_a_folder_of_another_training_is_refused(whole: tuple[Outcome, Path], job: TinyJob, plan: Plan) -> None:
    with pytest.raises(InputError, match="other data, labels, settings or weights"):
        train(job, plan, whole[1], "cpu")


def test_two_trainings_do_not_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "PATIENCE_S", 0.1)
    with FileLock(tmp_path / ".lock"), pytest.raises(InputError, match="another training at work"):
        tiny_job.run(tmp_path)


def test_a_training_waits_for_a_killed_one_to_be_gone(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / ".lock", thread_local=False)
    lock.acquire()
    threading.Timer(0.5, lock.release).start()
    tiny_job.run(tmp_path)
    assert not lock.is_locked


class Worsening(TinyJob):
    """Scores best after its second validation."""

    def validate(self, network: nn.Module, progress: Progress) -> Validation:
        self.asked = getattr(self, "asked", -1) + 1
        return Validation((0.5, 0.9, 0.8, 0.7, 0.6)[self.asked])


def test_a_training_that_gets_no_better_ends_early_with_its_best_weights(tmp_path: Path) -> None:
    plan = Plan(steps=40, validate_every=2, patience=2)
    outcome = train(Worsening(), plan, tmp_path, "cpu")
    assert (outcome.steps, outcome.best.step) == (6, 2)
    assert outcome.ended == "no better score in 2 validations"
    short = train(Worsening(), dataclasses.replace(plan, steps=2, patience=0), tmp_path / "short", "cpu")
    assert outcome.best.step == short.best.step


class Scalar:
    """One weight that is pulled to a target; the mean of its way can be worked out by hand."""

    def __init__(self) -> None:
        self.way: list[float] = []

    def network(self) -> nn.Module:
        network = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(network.weight)
        return network

    def draw(self, step: int, rank: int, ranks: int) -> int:
        return step

    def losses(self, network: nn.Module, drawn: int) -> Iterator[Tensor]:
        yield (network(torch.ones(1, 1)) - 3).square().sum()
        self.way.append(next(network.parameters()).item())

    def validate(self, network: nn.Module, progress: Progress) -> Validation:
        self.mean = next(network.parameters()).item()
        return Validation(0.0)

    def identity(self) -> str:
        return "scalar"


def test_what_is_validated_is_the_running_mean_of_the_weights(tmp_path: Path) -> None:
    job = Scalar()
    train(job, Plan(steps=30, learning_rate=0.1, ema=0.9, validate_every=30), tmp_path, "cpu")
    mean = 0.0
    for number, weight in enumerate(job.way, 1):
        share = min(0.9, number / (number + 9))
        mean = share * mean + (1 - share) * weight
    assert job.mean == pytest.approx(mean, abs=1e-6)
    assert job.way[-1] > job.mean > 0


class Overflowing(Scalar):
    def losses(self, network: nn.Module, drawn: int) -> Iterator[Tensor]:
        factor = torch.tensor(torch.inf if drawn == 3 else 1.0)
        yield (network(torch.ones(1, 1)) - 3).square().sum() * factor


def test_a_draw_that_overflows_spoils_nothing(tmp_path: Path) -> None:
    outcome = train(Overflowing(), Plan(steps=6, learning_rate=0.1), tmp_path, "cpu")
    assert torch.isfinite(next(outcome.network.parameters())).all()
    assert json.loads((tmp_path / "log.jsonl").read_text().splitlines()[4])["loss"] == torch.inf


@pytest.mark.parametrize(("step", "share"), [(0, 0.25), (3, 1.0), (40, 0.5), (79, 0.0)])
def test_the_learning_rate_rises_and_falls(step: int, share: float) -> None:
    assert Plan(steps=80, learning_rate=2.0).rate(step) == pytest.approx(2 * share, abs=0.02)


WORKER = """
import os, socket, sys, torch
from pathlib import Path
import tiny_job
from livercad.errors import Cancelled

class Job(tiny_job.TinyJob):
    def network(self):
        network = super().network()
        network[1], network[3] = torch.nn.Identity(), torch.nn.Identity()
        return network
    def draw(self, step, rank, ranks):
        drawn = super().draw(step, 0, 1)
        return [(values[rank::ranks], truth[rank::ranks]) for values, truth in drawn]

def one(folder, stop_at):
    def stop(done, total, what):
        if done > stop_at:
            raise Cancelled
    try:
        tiny_job.train(Job(), tiny_job.PLAN, Path(sys.argv[1]) / folder, "cpu", stop)
    except Cancelled:
        print("cancelled", flush=True)

def together(count, folder, stop_at=2.0):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    children = []
    for rank in range(count):
        child = os.fork()
        if child == 0:
            os.environ |= {"WORLD_SIZE": str(count), "RANK": str(rank), "LOCAL_RANK": str(rank)}
            os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
            one(folder, stop_at)
            os._exit(0)
        children.append(child)
    assert all(os.waitpid(child, 0)[1] == 0 for child in children)

together(1, "one")
together(2, "two", 0.4)
together(2, "two")
together(2, "again")
"""


def test_two_processes_learn_what_one_learns_from_both_their_draws_also_when_cancelled(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WORKER, str(tmp_path)], capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("cancelled") == 2
    assert same_state(tmp_path / "two", tmp_path / "again"), "an interruption changes nothing"
    states = [torch.load(tmp_path / name / "checkpoint.pt", weights_only=True) for name in ("one", "two")]
    for one, other in zip(states[0]["network"].values(), states[1]["network"].values(), strict=True):
        torch.testing.assert_close(one, other)
