"""What a server does at its start about what another one, that was killed, has left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
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
from livercad.learning.checkpoint import CHECKPOINT
from livercad.learning.promotion import Decision
from livercad.learning.trained import RECORD, WEIGHTS
from livercad.models.champions import crown
from livercad.models.convert import content_sha256
from livercad.models.install import installed_weights
from livercad.models.version import ModelVersion, base, version_text
from livercad.server import housekeeping, overview, training_process, training_routes, training_work
from livercad.server.datastore import StudyDatastore
from livercad.server.folders import appearing
from livercad.server.jobs import ENDED, Jobs, State
from livercad.server.trainer import Trainer
from livercad.server.training_orders import Stage, Training, Wish
from livercad.settings import Settings
from livercad.studies.atomic import replacing
from server.fake_recipes import NAME, TASK
from server.labelled_studies import SHAPE, write_labelled

pytestmark = pytest.mark.long

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


@dataclass
class Registry:
    """A model registry that answers or does not, and trainers that rest on it; a training writes its files at once."""

    store: StudyDatastore
    answers: bool = False
    trained: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)

    def add(self, task: str, place: Path, who: str) -> SimpleNamespace:
        if not self.answers:
            raise ModelError("the model registry", found="that it fails", expected="a store", todo="Start it.")
        self.added.append(place.name)
        return SimpleNamespace(number=len(self.added), name=NAME, cases={})

    def server(self) -> Trainer:
        decided = Decision(True, "Better on the pool.", 5, 5)
        releases = SimpleNamespace(versions=self, consider=lambda *_: decided)
        return Trainer(lambda: self.store, releases, "server.fake_recipes:RECIPES", Settings())  # type: ignore[arg-type]

    def train(self, trainer: Trainer, training: Training, job: object) -> None:
        self.trained.append(training.id)
        for name in (WEIGHTS, RECORD, CHECKPOINT):
            (trainer.trainings.place(training) / name).write_text("")


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    found = Registry(write_labelled(tmp_path / "studies", 8))
    monkeypatch.setattr(Trainer, "_train", lambda *args: found.train(*args))
    return found


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def train(server: Trainer, seed: int) -> Path:
    training = server.start(TASK, Wish(seed=seed), "ann")
    until(lambda: not server.is_at_work)
    return server.trainings.place(training)


def results(registry: Registry, place: Path) -> list[str]:
    return [each["result"] for each in reversed(registry.store.book.audit.read(training=place.name))]


def test_what_could_not_be_registered_is_registered_by_the_next_server_also_after_another_training(
    registry: Registry,
) -> None:
    first = registry.server()
    places = [train(first, seed) for seed in (1, 2)]
    assert first.job and first.job.state is State.FAILED and "kept, and registered by itself" in first.job.error
    assert [training.stage for training in first.trainings.all()] == [Stage.TRAINED] * 2
    assert all((place / WEIGHTS).exists() for place in places) and not (places[0] / CHECKPOINT).exists()
    assert [training.id for training in first.trainings.failed()] == [place.name for place in reversed(places)]
    registry.answers = True
    second = registry.server()
    second.open(Jobs())
    until(lambda: [results(registry, place) for place in places] == [["trained", "done"]] * 2)
    until(lambda: not second.is_at_work)
    assert [training.stage for training in second.trainings.all()] == [Stage.DONE] * 2
    assert sorted(registry.added) == sorted(registry.trained) == sorted(place.name for place in places)
    assert second.trainings.failed() == [] and second.latest and second.latest.id == places[1].name
    train(second, 3)
    assert not any((place / WEIGHTS).exists() for place in places)


def test_the_end_of_a_training_is_recorded_that_a_kill_has_left_out_also_of_an_older_one(registry: Registry) -> None:
    first = registry.server()
    places = [train(first, seed) for seed in (1, 2)]
    first.trainings.write(first.trainings.all()[0].model_copy(update={"stage": Stage.FAILED, "error": "no memory"}))
    for _ in range(2):
        second = registry.server()
        second.open(Jobs())
        second.close()
    assert results(registry, places[0]) == ["trained", "failed"]


def test_what_could_not_be_registered_is_registered_when_it_is_asked_for_again(registry: Registry) -> None:
    server = registry.server()
    place = train(server, 1)
    assert train(server, 1) == place and server.latest and server.latest.stage is Stage.TRAINED
    registry.answers = True
    assert train(server, 1) == place and server.latest.stage is Stage.DONE
    assert registry.trained == registry.added == [place.name] and results(registry, place) == ["trained", "done"]


def test_what_was_registered_meanwhile_is_not_registered_again(registry: Registry) -> None:
    server = registry.server()
    place = train(server, 1)
    waiting = server.latest
    registry.answers = True
    train(server, 1)
    assert waiting and waiting.stage is Stage.TRAINED
    server._register(waiting)
    assert registry.added == [place.name] and results(registry, place) == ["trained", "done"]


def test_what_could_not_be_registered_is_registered_when_the_registry_answers_again(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livercad.server.trainer.AGAIN_S", 0.02)
    server = registry.server()
    server.open(Jobs())
    place = train(server, 1)
    app = SimpleNamespace(trainer=server, datastore=lambda: registry.store)
    monkeypatch.setattr(training_routes, "livercad_app", lambda: app)
    told = training_routes.show_training()
    assert told["job"]["state"] == "failed" and "found that it fails" in told["job"]["what"] and told["failed"]
    registry.answers = True
    until(lambda: server.job is None)
    server.close()
    told = training_routes.show_training()
    assert (told["job"]["state"], told["job"]["what"], told["failed"]) == ("done", "", [])
    assert told["job"]["promotion"]["promoted"] and registry.trained == [place.name]


def test_a_training_whose_weights_are_gone_fails_and_is_not_tried_for_ever(registry: Registry) -> None:
    server = registry.server()
    (train(server, 1) / WEIGHTS).unlink()
    (training,) = server.trainings.all()
    server._register(training)
    assert server.latest and server.latest.stage is Stage.FAILED and "found that it fails" in server.latest.error
