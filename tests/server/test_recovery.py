"""What a server does at its start about what another one, that was killed, has left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from safetensors.numpy import load_file, save_file

from fakes import write_case
from livercad.errors import ModelError
from livercad.learning.audit import Event
from livercad.models.champions import crown
from livercad.models.convert import content_sha256
from livercad.models.install import installed_weights
from livercad.models.version import ModelVersion, base, version_text
from livercad.server import housekeeping, overview, training_process, training_routes, training_work
from livercad.server.datastore import StudyDatastore
from livercad.server.folders import appearing
from livercad.server.jobs import ENDED, Jobs
from livercad.server.trainer import Trainer
from livercad.server.training_orders import Stage, Wish
from livercad.settings import Settings
from livercad.studies.atomic import replacing
from server.fake_recipes import NAME, TASK
from server.labelled_studies import SHAPE, write_labelled

WAIT_S = 60


def names_of_half_written(place: Path) -> tuple[str, str]:
    """Names that a file and a folder have while they are written."""
    with replacing(place / "file.nii.gz") as file, appearing(place / "folder") as folder:
        file.write_text("whole")
        return file.name, folder.name


def test_what_is_half_written_is_removed_and_nothing_else(tmp_path: Path) -> None:
    studies = tmp_path / "studies"
    write_case(studies, "one", 0, SHAPE)
    file, folder = names_of_half_written(tmp_path / "elsewhere")
    kept = (".hidden", ".audit.jsonl.lock", file.lstrip("."))
    places = [studies, studies / "labels" / "final", studies / ".livercad" / "learning" / "trainings" / "1"]
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
        for name in (file, *kept):
            (place / name).write_text("half")
        (place / folder).mkdir()
        (place / folder / "instances.nii.gz").write_text("half")
    StudyDatastore(studies).recover()
    for place in places:
        assert not (place / file).exists() and all((place / name).exists() for name in kept)
    assert [(place / folder).exists() for place in places] == [True, False, False]  # in the studies folder: not ours


def test_a_side_that_was_not_recorded_is_recorded_once(tmp_path: Path) -> None:
    store = write_labelled(tmp_path / "studies", 3)
    store.book.pool.assign("case-99", "somebody")  # and killed
    for _ in range(2):
        store.assign_sides()
        recorded = {record["case"]: record["side"] for record in store.book.audit.read(event=Event.ASSIGNED)}
        assert recorded == store.book.pool.sides() and "case-99" in recorded
        assert len(store.book.audit.read(event=Event.ASSIGNED)) == 4


def test_temporary_folders_of_servers_that_are_gone_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = time.time() - 3600
    for name in ("livercad-gone", "livercad-in-use", "livercad-new", "other-gone"):
        (tmp_path / name / "sessions").mkdir(parents=True)
        (tmp_path / name / housekeeping.LOCK).touch()
        if "new" not in name:
            os.utime(tmp_path / name / housekeeping.LOCK, (long_ago, long_ago))
    (tmp_path / "livercad-another-command").mkdir()
    with FileLock(tmp_path / "livercad-in-use" / housekeeping.LOCK):
        os.utime(tmp_path / "livercad-in-use" / housekeeping.LOCK, (long_ago, long_ago))
        housekeeping.remove_abandoned(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"livercad-in-use", "livercad-new", "other-gone", "livercad-another-command"}


def test_a_training_whose_process_is_killed_twice_at_the_same_place_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the memory does not suffice; one that came further in between goes on, see `test_kills`."""
    started: list[subprocess.Popen] = []

    def start(command: list[str], **options: Any) -> subprocess.Popen:
        started.append(real([sys.executable, "-S", "-c", f"import time; time.sleep({WAIT_S})"], **options))
        return started[-1]

    real = subprocess.Popen
    monkeypatch.setattr(training_process.subprocess, "Popen", start)
    store = write_labelled(tmp_path / "studies", 8)
    trainer = Trainer(lambda: store, None, "server.fake_recipes:RECIPES", Settings())  # type: ignore[arg-type]
    id, end = trainer.start(TASK, Wish(steps=3), "ann").id, time.monotonic() + WAIT_S
    while trainer.is_at_work and time.monotonic() < end:
        if started and started[-1].poll() is None:
            started[-1].kill()
        time.sleep(0.01)
    assert trainer.job and trainer.job.state in ENDED and trainer.latest
    assert trainer.latest.stage is Stage.FAILED and "SIGKILL" in trainer.latest.error
    assert len(started) == 2
    events = [record["event"] for record in reversed(store.book.audit.read(training=id))]
    assert events == ["training_started", "training_resumed", "training_ended"]


def test_a_training_goes_on_with_the_weights_that_it_began_with_after_a_promotion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(Trainer, "_run", lambda *_: None)
    store = write_labelled(tmp_path / "studies", 8)
    trainer = Trainer(lambda: store, None, "server.fake_recipes:RECIPES", Settings())  # type: ignore[arg-type]

    def promote(number: int) -> ModelVersion:
        path = tmp_path / f"{number}.safetensors"
        tensors = load_file(installed_weights(NAME)).items()
        save_file({key: each + np.asarray(number, each.dtype) for key, each in tensors if each.dtype.kind == "f"}, path)
        return crown(
            ModelVersion(NAME, number, version_text(NAME, number), path, content_sha256(load_file(path))), "", ""
        )

    begun: list[ModelVersion | None] = []
    monkeypatch.setattr(training_work, "run", lambda *_: begun.append(_[-1]))
    used = promote(1)
    wishes = (Wish(), Wish(start="base"), Wish(start="scratch"))
    places = [trainer.trainings.place(trainer.start(TASK, wish, "ann")) for wish in wishes]
    promote(2)
    for place in places:
        training_work._train(place, lambda *_: None)
    assert begun == [used, base(NAME), None]
    used.path.unlink()
    with pytest.raises(ModelError, match=r"phantom .*\+1 .*found missing .*begin again with the weights in use now"):
        training_work._train(places[0], lambda *_: None)


def test_why_a_training_failed_is_told_after_a_restart_and_a_later_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trainer, "_run", lambda *_: None)
    store = write_labelled(tmp_path / "studies", 8)

    def server() -> Trainer:
        return Trainer(lambda: store, None, "server.fake_recipes:RECIPES", Settings())  # type: ignore[arg-type]

    first = server()
    failed, later = (first.start(TASK, Wish(seed=seed), "ann") for seed in (1, 2))
    first._end(failed, stage=Stage.FAILED, error="the labels: found nonsense")
    first._end(later, stage=Stage.CANCELLED)
    second = server()
    second.open(Jobs())
    app = SimpleNamespace(trainer=second, datastore=lambda: store)
    monkeypatch.setattr(training_routes, "livercad_app", lambda: app)
    told = training_routes.show_training()
    assert told["job"]["id"] == later.id
    (error,) = told["failed"]
    assert (error["id"], error["error"]) == (failed.id, "the labels: found nonsense") and error["ended"]
    errors = overview._errors(SimpleNamespace(analyses=SimpleNamespace(problem="")), store, [])  # type: ignore[arg-type]
    assert [(entry["where"], entry["what"]) for entry in errors] == [(f"training of {TASK}", error["error"])]
