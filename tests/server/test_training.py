"""Trainings over HTTP: a recipe of seconds in the real process, with the real loop, registry and promotion."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from fakes import write_case
from livercad.learning.audit import AuditLog
from livercad.learning.folder import learning_folder
from livercad.learning.log import TrainingLog
from livercad.server.training_curves import curves_of
from server.conftest import Server, Servers
from server.fake_recipes import FAILING, SABOTAGED, SLOW, STEP_S, STUBBORN, TASK
from server.labelled_studies import models_folder, write_labelled

pytestmark = pytest.mark.long

WAIT_S = 120
KILLED_STEPS = 120
"""Enough that a training is not done before it is seen, on a machine that is busy with other things."""
TRAINING = "/livercad/training"


def start_server(servers: Servers, folder: Path) -> Server:
    started = servers.start(
        folder, "livercad", "--app-conf", "validation_share=0.6", LIVERCAD_MODELS=str(folder / "models")
    )
    started.wait()
    return started


@pytest.fixture(scope="module")
def server(servers: Servers, tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Server:
    folder = tmp_path_factory.mktemp("training")
    write_labelled(folder / "studies")
    models_folder(folder, empty_database)
    return start_server(servers, folder)


def start(server: Server, **settings: Any) -> dict[str, Any]:
    answer = server.post(TRAINING, json={"model": TASK, "who": "Ann", **settings})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def job(server: Server) -> dict[str, Any]:
    return dict(server.get(TRAINING).json()["job"])


def wait_for(server: Server, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        told = job(server)
        if is_so(told):
            return told
        assert told["state"] == "running", told
        time.sleep(0.1)
    raise AssertionError(f"{told}\n{server.log.read_text()[-3000:]}")


def wait_for_the_end(server: Server) -> dict[str, Any]:
    return wait_for(server, lambda told: told["state"] != "running")


def has_learnt(steps: int) -> Callable[[dict[str, Any]], bool]:
    return lambda told: losses_of(told)[steps - 1 :] != []


def losses_of(told: dict[str, Any]) -> list[int]:
    return [point["step"] for point in told["history"] if "loss" in point]


def champion(server: Server) -> int:
    models = {model["name"]: model for model in server.get("/livercad/models").json()}
    return int(models["lesion-classes-phantom"]["champion"]["number"])


def events(server: Server, training: str) -> list[str]:
    log = AuditLog(learning_folder(server.studies)).read(training=training)
    return [record["event"] for record in reversed(log)]


def processes_of(server: Server) -> list[psutil.Process]:
    """Those that train."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if "livercad.server.training_work" in (process.info["cmdline"] or [])
        and str(server.folder) in " ".join(process.info["cmdline"])
    ]


def nobody_trains(server: Server) -> bool:
    for _ in range(200):
        if not processes_of(server):
            return True
        time.sleep(0.1)
    return False


def test_a_step_that_overflowed_leaves_curves_that_json_can_tell(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path, 0, -1)
    for step, loss in enumerate((0.5, float("nan"), float("inf"), 0.3), start=1):
        log.add(step=step, loss=loss)
    log.add(step=4, score=0.1)
    curves = curves_of(tmp_path, "lesions-leuven")
    json.dumps(curves, allow_nan=False)
    assert [point.get("loss") for point in curves] == [0.5, 0.3, None]


def test_what_can_be_trained_is_told_with_its_settings(server: Server) -> None:
    told = server.get(TRAINING).json()
    (trainer,) = told["trainers"]
    assert (trainer["name"], told["reason"], told["job"]) == (TASK, "", None)
    settings = trainer["settings"]
    assert settings["start"]["default"] == "champion" and settings["start"]["choices"] == [
        "champion",
        "base",
        "scratch",
    ]
    assert settings["minutes"]["minimum"] == 0.1 and settings["steps"]["default"] == 0 and settings["seed"]["help"]
    assert list(server.get("/info/").json()["trainers"]) == [TASK]


def test_a_training_that_makes_the_model_better_is_promoted(server: Server) -> None:
    before = champion(server)
    id = start(server, steps=10, seed=SLOW)["id"]
    half = wait_for(server, has_learnt(2))
    assert 0 < half["fraction"] < 1 and "step" in half["what"]
    assert half["cases"]["training"] >= 3 and sum(half["cases"].values()) == 16
    told = wait_for_the_end(server)
    assert told["state"] == "done", told
    assert losses_of(told) == list(range(1, 11))
    assert next(point["step"] for point in told["history"] if "metric" in point) == 0
    assert told["promotion"]["promoted"] and told["promotion"]["reason"].startswith("Used from now on. Better")
    assert told["result"]["before"] > told["result"]["after"]  # a loss
    assert f"Version {told['result']['version']}" in told["result"]["sentence"]
    assert champion(server) == told["result"]["version"] > before
    assert events(server, id) == ["training_started", "training_ended"]


def test_a_training_whose_version_is_worse_is_kept_aside(server: Server) -> None:
    before = champion(server)
    start(server, steps=6, seed=SABOTAGED)
    told = wait_for_the_end(server)
    assert (told["state"], told["promotion"]["promoted"]) == ("done", False)
    assert told["promotion"]["reason"].startswith("Kept aside; the weights in use stay. Not better")
    assert champion(server) == before
    (ended,) = AuditLog(learning_folder(server.studies)).read(1, "training_ended")
    assert ended["result"] == "done" and "Kept aside" in ended["reason"] and ended["who"] == "Ann"


def test_a_training_that_fails_says_why(server: Server) -> None:
    start(server, steps=3, seed=FAILING)
    told = wait_for_the_end(server)
    assert told["state"] == "failed" and "the labels: found nonsense" in told["what"]


def test_the_server_answers_and_refuses_a_second_one_while_it_trains(server: Server) -> None:
    id = start(server, steps=200, seed=SLOW)["id"]
    wait_for(server, has_learnt(1))
    times = []
    for _ in range(20):
        begun = time.monotonic()
        stats = server.get("/info/").json()["train_stats"][TASK]
        times.append(time.monotonic() - begun)
    assert sorted(times)[10] < 2.0, times
    assert stats["total_epochs"] == 100 and stats["epoch"] < 100
    for path, body in ((TRAINING, {"model": TASK}), (f"/train/{TASK}", {})):
        refused = server.post(path, json=body)
        assert refused.status_code == 409 and "under way, started by Ann" in refused.json()["detail"]
    assert job(server)["id"] == id
    with httpx.stream("GET", f"{server.url}/livercad/jobs/{id}/events", timeout=30) as stream:
        line = next(line for line in stream.iter_lines() if line.startswith("data:"))
    assert json.loads(line[5:])["state"] == "running"
    assert server.request("DELETE", TRAINING).status_code == 200
    told = wait_for_the_end(server)
    assert told["state"] == "cancelled"
    assert nobody_trains(server)
    assert events(server, id) == ["training_started", "training_ended"]


def test_a_training_that_was_stopped_goes_on_when_it_is_asked_for_again(server: Server) -> None:
    first = start(server, steps=12, seed=SLOW + 1)["id"]
    wait_for(server, has_learnt(3))
    server.request("DELETE", f"/livercad/jobs/{first}")
    learnt = losses_of(wait_for_the_end(server))[-1]
    assert 3 <= learnt < 12
    assert start(server, steps=12, seed=SLOW + 1)["id"] == first
    assert losses_of(wait_for_the_end(server)) == list(range(1, 13))
    assert events(server, first) == ["training_started", "training_ended", "training_resumed", "training_ended"]
    assert "step 1 of" not in (learning_folder(server.studies) / "trainings" / first / "output.txt").read_text()


def test_stock_clients_start_follow_and_stop_the_same_training(server: Server) -> None:
    assert server.get("/train/?check_if_running=true").status_code == 404
    task = server.post(f"/train/{TASK}", json={TASK: {"steps": 100, "seed": SLOW}, "client_id": "Bob"}).json()
    assert task["status"] == "RUNNING" and task["request"]["steps"] == 100
    assert server.get("/train/?check_if_running=true").json()["id"] == task["id"] == job(server)["id"]
    assert job(server)["who"] == "Bob"
    wait_for(server, has_learnt(1))
    server.request("DELETE", "/train/")
    wait_for_the_end(server)
    assert server.get("/train/").json()["status"] == "STOPPED"
    assert server.request("DELETE", "/train/").json() is None
    done = server.post(f"/train/{TASK}?run_sync=true", json={"steps": 2}).json()
    assert done["status"] == "DONE" and "Version" in " ".join(done["details"])


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        (TRAINING, {"model": "nothing"}, 404, f"expected one of {TASK}"),
        (TRAINING, {"model": TASK, "steps": -1}, 422, "steps"),
        (TRAINING, {"model": TASK, "epochs": 3}, 422, "epochs"),
        ("/train/nothing", {}, 404, f"expected one of {TASK}"),
        (f"/train/{TASK}", {"max_epochs": 3}, 400, "expected one of start, minutes, steps, seed"),
        (f"/train/{TASK}", {"start": "zero"}, 400, "champion, base or scratch"),
        (f"/train/{TASK}", {"minutes": 0}, 400, "a number from 0.1 to 10000"),
        ("/train/", {}, 400, "Name it"),
    ],
)
def test_what_cannot_be_trained_is_refused_with_a_sentence(
    server: Server, path: str, body: dict[str, Any], status: int, said: str
) -> None:
    answer = server.post(path, json=body)
    assert answer.status_code == status and said in answer.json()["detail"], answer.text


def test_after_a_kill_of_the_server_nothing_trains_and_the_next_one_goes_on(server: Server, servers: Servers) -> None:
    before = champion(server)
    id = start(server, steps=KILLED_STEPS, seed=SLOW + 2)["id"]
    rng = random.Random(0)
    steps, present = 1, server
    for _ in range(2):
        wait_for(present, has_learnt(steps))
        time.sleep(rng.uniform(0, 2 * STEP_S))
        present.process.send_signal(signal.SIGKILL)
        present.process.wait()
        assert nobody_trains(server)
        present = start_server(servers, server.folder)
        told = job(present)
        assert (told["id"], told["state"]) == (id, "running")
        steps = losses_of(told)[-1] + 1
    told = wait_for_the_end(present)
    assert told["state"] == "done", told
    assert losses_of(told) == list(range(1, KILLED_STEPS + 1))
    assert champion(present) == told["result"]["version"] > before
    assert events(present, id) == ["training_started", *["training_resumed"] * 2, "training_ended"]
    # That a server with a term of its own ends in time, with a training that hears nothing:
    start(present, steps=3, seed=STUBBORN)
    wait_for(present, lambda told: "step" in told["what"] or told["fraction"] > 0 or bool(told["history"]))
    present.process.send_signal(signal.SIGTERM)
    present.process.wait(timeout=30)
    assert nobody_trains(server)


def test_without_labels_on_both_sides_nothing_can_be_trained(
    servers: Servers, tmp_path: Path, empty_database: Path
) -> None:
    write_case(tmp_path / "studies", "one")
    models_folder(tmp_path, empty_database)
    server = start_server(servers, tmp_path)
    told = server.get(TRAINING).json()
    assert told["trainers"] == [] and told["job"] is None
    assert "0 for training and 0 for validation, where 3 for training and 1 for validation" in told["reason"]
    answer = server.post(f"/train/{TASK}", json={})
    assert answer.status_code == 400 and "too few, 0 for training" in answer.json()["detail"]
