"""Processes of long work end with the command that started them, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import livercad

PROGRAM = '''
"""Two tasks without end, in two processes, under the command line's way to stop."""
import os, sys, time
from functools import partial
from pathlib import Path

import typer
from rich.console import Console

from livercad.cli.stopping import stoppable
from livercad.errors import Cancelled
from livercad.papers.workers import run_all, tick


def work(name: str, folder: Path, deaf: bool) -> None:
    (folder / f"{name}.begun").write_text(str(os.getpid()))
    try:
        while True:
            time.sleep(0.02)
            tick(1)
    except Cancelled:
        (folder / f"{name}.checkpoint").write_text("")
        if deaf:
            time.sleep(1000)
        raise


def main(folder: Path, deaf: bool = False) -> None:
    with stoppable(Console(stderr=True)) as progress:
        run_all(partial(work, folder=folder, deaf=deaf), ["a", "b"], 2, 1, progress, "working", ticks=True)


if __name__ == "__main__":
    typer.run(main)
'''
PATIENCE_S = 60.0
"""Far more than anything here takes."""
Started = tuple[subprocess.Popen[str], list[int]]
Start = Callable[..., Started]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the program in a session of its own; gives it and the ids of its processes once these are at work."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(Path(livercad.__file__).parents[1])}
    begun = tmp_path / "a.begun", tmp_path / "b.begun"
    started: list[Started] = []

    def run(*options: str) -> Started:
        process = subprocess.Popen(
            [sys.executable, str(program), str(tmp_path), *options],
            env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        until(lambda: all(path.is_file() and path.read_text() for path in begun))
        started.append((process, [int(path.read_text()) for path in begun]))
        return started[-1]

    yield run
    for process, pids in started:
        for pid in (process.pid, *pids):
            if is_running(pid):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether there is such a process; one that has ended and waits to be collected has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_processes_end_with_one_that_is_killed(start: Start) -> None:
    process, workers = start()
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: not any(is_running(pid) for pid in workers))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("whole_group", [False, True])
def test_a_wish_to_stop_is_answered_in_order(start: Start, tmp_path: Path, number: int, whole_group: bool) -> None:
    process, workers = start()
    if whole_group:  # as a terminal does with Ctrl-C, and timeout(1) with SIGTERM
        os.killpg(process.pid, number)
    else:
        os.kill(process.pid, number)
    told = process.communicate(timeout=PATIENCE_S)[1]
    assert process.returncode == 130
    assert "Stopping" in told and "Stopped; the same command goes on from here." in told and "Traceback" not in told
    assert not any(is_running(pid) for pid in workers)
    if not (whole_group and number == signal.SIGTERM):  # which ends them at once
        assert (tmp_path / "a.checkpoint").is_file() and (tmp_path / "b.checkpoint").is_file()


@pytest.mark.parametrize("tasks_know", [False, True])
def test_a_second_wish_does_not_wait_for_tasks(start: Start, tmp_path: Path, tasks_know: bool) -> None:
    process, workers = start("--deaf")
    assert process.stderr is not None
    os.kill(process.pid, signal.SIGINT)
    while "Stopping" not in process.stderr.readline():
        pass
    if tasks_know:  # it waits for them now
        until((tmp_path / "a.checkpoint").is_file)
    os.kill(process.pid, signal.SIGINT)
    told = process.communicate(timeout=PATIENCE_S)[1]
    assert process.returncode == 130 and "Stopped" in told and "Traceback" not in told
    assert not any(is_running(pid) for pid in workers)
