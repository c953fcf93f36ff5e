"""An Analyzer for tests of batches: it counts its cases, and misbehaves where it is told to.

As a program it is the `livercad` command with this analyzer in place of the trained one: `run_command` starts it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from fakes import FakeLesionFinder, FakeLiverFinder, align_where_they_lie
from livercad.pipeline.analysis import Analysis
from livercad.pipeline.analyzer import Analyzer
from livercad.progress import Progress, silent
from livercad.settings import Settings
from livercad.studies.study import Study

TESTS = Path(__file__).resolve().parent
PYTHONPATH = os.pathsep.join([str(TESTS.parent / "monailabel_app"), str(TESTS)])
PATIENCE_S = 60.0


class WatchedAnalyzer(Analyzer):
    """The real Analyzer around the fakes; its first deed in every case is a line in `log`.

    What it does in a case is told by `deeds`: ``fail``, ``no memory``, ``wait`` until cancelled, ``hang``
    without looking, ``die``, ``die once``.
    """

    def __init__(self, log: Path, deeds: dict[str, str], settings: Settings) -> None:
        super().__init__(FakeLiverFinder(), FakeLesionFinder(settings), settings, align=align_where_they_lie)
        self.log, self.deeds = log, deeds

    def __call__(self, study: Study, progress: Progress = silent) -> Analysis:
        earlier = computed(self.log).count(study.case)
        with self.log.open("a") as log:
            log.write(study.case + "\n")
        deed = self.deeds.get(study.case, "")
        if deed == "fail":
            raise RuntimeError("a defect")
        if deed == "no memory":
            raise MemoryError
        if deed == "die" or (deed == "die once" and not earlier):
            os.kill(os.getpid(), signal.SIGKILL)
        until = time.monotonic() + PATIENCE_S
        while deed == "wait" and time.monotonic() < until:
            progress(0.5, 1.0, "waiting")
            time.sleep(0.02)
        while deed == "hang" and time.monotonic() < until:
            time.sleep(0.02)
        return super().__call__(study, progress)


def computed(log: Path) -> list[str]:
    """The cases that were begun so far, in order."""
    return log.read_text().split() if log.exists() else []


def loader(log: Path, settings: Settings | None = None, **deeds: str) -> partial[WatchedAnalyzer]:
    """What a runner takes, picklable for Ray."""
    return partial(WatchedAnalyzer, log, deeds, settings or Settings())


def start_command(log: Path, deeds: dict[str, str], *arguments: str | Path) -> subprocess.Popen[str]:
    """Start `livercad ARGUMENTS` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, __file__, str(log), json.dumps(deeds), *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": PYTHONPATH},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def wait_for(log: Path, case: str) -> None:
    """Wait until a case was begun."""
    until = time.monotonic() + PATIENCE_S
    while case not in computed(log):
        assert time.monotonic() < until, f"{case} was not begun; computed so far: {computed(log)}"
        time.sleep(0.02)


if __name__ == "__main__":
    from livercad.cli.main import main

    log, deeds = Path(sys.argv[1]), json.loads(sys.argv[2])
    Analyzer.load = lambda settings: WatchedAnalyzer(log, deeds, settings)  # type: ignore[method-assign]
    sys.argv = ["livercad", *sys.argv[3:]]
    main()
