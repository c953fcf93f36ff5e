"""Releases while processes are killed and the registry does not answer; nothing leaves this computer."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from learning.releases import NAME, Place
from livercad.code import code_hash
from livercad.errors import ModelError
from livercad.learning.audit import AuditLog
from livercad.learning.release import catch_up, consider, roll_back
from livercad.learning.tracking import Tracking
from livercad.learning.trained import WEIGHTS
from livercad.learning.version import State
from livercad.learning.versions import ALIAS, ModelVersions
from livercad.models.champions import champion, crown
from livercad.models.version import base, challenger

EVERY, FEWEST_KILLS = 13, 5
"""Of some 90 changes of files and database, a kill before each thirteenth: a turn takes seconds."""


def _release(place: Place, number: int) -> None:
    """Train, decide, roll back: one version that is better, and one that is worse."""
    versions, audit = ModelVersions(), AuditLog(place.folder / "audit")
    catch_up(audit, versions)
    for training in (2 * number, 2 * number + 1):
        version = versions.add(NAME, place.folder / f"training-{training}", "ann")
        consider(versions, NAME, version.number, "ann", audit)
    if champion(NAME).number:
        roll_back(versions, NAME, "ann", audit)


def _release_and_die(place: Place, number: int, moment: int) -> None:
    """In a process of its own, which is killed before so many changes of database and files."""
    from sqlalchemy import Engine, event

    count = 0

    def die(*_: object, **__: object) -> None:
        nonlocal count
        if count == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    def counted(step: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: (die(), step(*args, **kwargs))[1]

    event.listen(Engine, "commit", die)
    for module, name in ((os, "replace"), (os, "write"), (shutil, "copy2"), (shutil, "copyfile"), (shutil, "rmtree")):
        setattr(module, name, counted(getattr(module, name)))
    _release(place, number)


def _go_on(place: Place, number: int, versions_before: int) -> None:
    """In a process of its own, as the next start: all is in step, and what was begun can be done."""
    versions, audit = ModelVersions(), AuditLog(place.folder / "audit")
    catch_up(audit, versions)
    present = champion(NAME)  # its weights are there and whole
    found = versions.of(NAME)
    assert [version.number for version in found] == list(range(len(found)))
    assert versions_before <= len(found) <= versions_before + 2
    alias = Tracking().client.get_registered_model(NAME).aliases.get(ALIAS) if len(found) > 1 else None
    assert (int(alias) if alias else 0) == present.number
    told = [record for record in audit.read() if record["event"] != "kept_aside"]
    assert not told or told[0]["version"] == present.number
    _release(place, number)
    found = versions.of(NAME)
    assert len(found) == versions_before + 2, "a training is registered twice, or not at all"
    assert [version.state for version in found[-2:]] == [State.ROLLED_BACK, State.KEPT_ASIDE]
    for version in found:
        assert versions.weights(NAME, version.number).sha256 == version.sha256
    for version in found[1:]:
        versions.record(version)
    runs = Tracking().client.search_runs([Tracking().experiment])
    assert len(runs) == len(found) - 1 and all(run.info.status == "FINISHED" for run in runs)


def test_a_kill_at_any_moment_leaves_versions_champion_and_log_in_step(place: Place) -> None:
    """The database is opened in forked processes only: connections must not be shared with this one."""
    code_hash("livercad")  # once for all processes
    context, moments = multiprocessing.get_context("fork"), itertools.count(0, EVERY)
    for number, moment in enumerate(moments):
        for training, gain in ((2 * number, 0.05), (2 * number + 1, -0.05)):
            place.train(training, gain)
        killed = context.Process(target=_release_and_die, args=(place, number, moment))
        after = context.Process(target=_go_on, args=(place, number, 1 + 2 * number))
        for process in (killed, after):
            process.start()
            process.join(120)
        assert after.exitcode == 0, f"after a kill before change {moment}"
        if killed.exitcode == 0:
            break
        assert killed.exitcode == -signal.SIGKILL
    assert number > FEWEST_KILLS


WITHOUT_NETWORK = """
import socket, sys
from pathlib import Path

def refuse(*_, **__):
    raise AssertionError("a connection")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
import mlflow  # as another package may have done, with what tells its makers switched on
from livercad.learning.versions import ModelVersions
from mlflow.telemetry import get_telemetry_client

from fake_models import entry_of, keras_file
from livercad.models import registry
registry.load_registry = lambda: {"lesions-leuven": entry_of("lesions-leuven", keras_file())}
versions = ModelVersions()
versions.add("lesions", Path(sys.argv[1]), "ann")
assert versions.weights("lesions", 1).number == 1
assert get_telemetry_client() is None
"""


def test_nothing_is_told_to_anybody_on_the_network_or_the_terminal(place: Place, tmp_path: Path) -> None:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "LIVERCAD_MODELS": str(place.models), "HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_NETWORK, str(place.train(1))],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert not (tmp_path / "mlruns").exists()


def test_a_registry_that_does_not_answer_is_told_soon_and_does_not_touch_what_is_in_use(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        versions = ModelVersions(f"http://127.0.0.1:{closed.getsockname()[1]}")
        begin = time.monotonic()
        with pytest.raises(ModelError, match="models in use do not depend on it"):
            versions.add(NAME, place.train(1), "ann")
        weights = place.folder / "training-1" / WEIGHTS
        crown(replace(challenger(NAME, weights), number=1), "ann", "better")
        assert roll_back(versions, NAME, "ann", place.audit) == base(NAME)
        assert time.monotonic() - begin < 30 and "brought in step later" in caplog.text
