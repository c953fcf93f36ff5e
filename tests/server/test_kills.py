"""Servers and trainings that are killed at random moments: nothing that was answered is lost, and all stays in step."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest

from fakes import write_case
from livercad.learning.log import read_log
from livercad.learning.trained import WEIGHTS
from livercad.recipes.run import Wish, run
from livercad.server.training_orders import OPEN, read_material, read_training
from server import fake_recipes
from server.fake_recipes import RECIPES, STEP_S, TASK
from server.killed_server import REQUESTS, STEPS, Clients, ForkedServer, Told
from server.labelled_studies import SHAPE, models_folder, write_labelled
from server.left_by_servers import Left, hash_of

SERVERS, KILLS = 31, 50
LABELLED, UNLABELLED = 12, 24
KINDS = ("while it starts", "training", "while it trains")
SOON_S, BETWEEN_S = 0.3, 0.2
"""A server is killed so soon after its start, or after one of so many answers."""
ANSWERS = 12
SETTLED_S = 120


def settled(folder: Path, told: Told, is_idle: bool = False) -> Left:
    """What is there when a server that was started has brought all in step; a training may be under way if it may."""
    end = time.monotonic() + SETTLED_S
    while True:
        try:
            left = Left(folder)
            problems = [*left.problems(), *lost(left, told)]
            if is_idle:
                problems += [f"{id} is under way" for id, training in left.trainings if training["stage"] in OPEN]
        except (OSError, ValueError) as error:  # written at this moment
            problems = [repr(error)]
        if not problems:
            return left
        assert time.monotonic() < end, "\n".join(problems)
        time.sleep(0.2)


def lost(left: Left, told: Told) -> list[str]:
    """What a server has answered and what is not there."""
    problems = [f"lost: {key}" for key in told.submissions if key not in left.labels]
    given = Counter((record["who"], record["case"]) for record in left.events("reservation"))
    problems += [
        f"{who} {case}: {given[who, case]} times" for who, case in told.samples.items() if given[who, case] != 1
    ]
    released = Counter(
        (record["who"], record["event"], record["version"]) for record in left.events("promotion", "rollback")
    )
    problems += [f"{who}: {what}" for who, what in told.releases.items() if released[who, *what] != 1]
    held = {(record["who"], record["case"]) for record in left.reservations if record["what"] == "taken"}
    labelled = {case for case, _ in left.labels}
    problems += [
        f"{one} is in nobody's hands" for one in told.samples.items() if not {one} & held and one[1] not in labelled
    ]
    started = Counter(record["training"] for record in left.events("training_started"))
    return problems + [f"training {id}" for id in told.trainings if started[id] != 1]


def check_labels(left: Left, clients: Clients, known: set[tuple[str, int]]) -> None:
    """Read every version that is not known yet: map, lesions and what was said of them are of one submission."""
    for key in left.labels.keys() - known:
        label = left.labels[key]
        array, instances = label.maps()
        if label.annotation is None:
            assert array.max() == 2
            continue
        case, numbers = clients.told.sent[label.annotation["comment"]]
        assert case == key[0] == label.annotation["case"]
        assert clients.told.submissions.get(key, label.annotation["comment"]) == label.annotation["comment"]
        assert tuple(lesion["number"] for lesion in label.annotation["lesions"]) == numbers
        for found, expected in zip((array, instances), clients.expected[numbers], strict=True):
            assert np.array_equal(found, expected)


def check_trainings(left: Left, folder: Path) -> None:
    """All have the steps, each once, and the weights that they have without an interruption."""
    for place, told in left.trainings:
        assert told["stage"] == "done", told
        training, material, again = read_training(place), read_material(place), folder / place.name
        wish = Wish(training.wish.start, STEPS, training.wish.minutes, training.wish.seed)
        run(RECIPES[TASK], material.cases, material.sides, again, wish, training.settings)
        lines = [[{**line, "seconds": 0} for line in read_log(log)] for log in (place, again)]
        assert lines[0] == lines[1]
        assert [line["step"] for line in lines[0] if "loss" in line] == list(range(1, STEPS + 1))
        assert left.registered[told["result"]["version"]] == hash_of(again / WEIGHTS)


def kill_training(server: ForkedServer, rng: random.Random) -> bool:
    """Kill the process of a training alone, the first one that has not ended by then; tells whether there was one."""
    end = time.monotonic() + SETTLED_S
    while time.monotonic() < end:
        if process := server.training_process():
            time.sleep(rng.uniform(0, STEPS * STEP_S))
            with suppress(psutil.NoSuchProcess):
                process.kill()
                return True
        time.sleep(0.01)
    return False


@pytest.fixture
def site(tmp_path: Path, empty_database: Path) -> Path:
    write_labelled(tmp_path / "studies", LABELLED)
    for number in range(LABELLED, LABELLED + UNLABELLED):
        write_case(tmp_path / "studies", f"case-{number:02d}", number, SHAPE)
    models_folder(tmp_path, empty_database)
    return tmp_path


@pytest.mark.timeout(900)
def test_kills_of_server_and_training_at_random_moments_lose_nothing(
    site: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, told, kills = random.Random(0), Told(), Counter[str]()
    server, sent = ForkedServer(site), tmp_path_factory.mktemp("sent")
    clients = Clients(server.url, told, sent, [f"case-{number:02d}" for number in range(LABELLED)])
    sides: dict[str, str] = {}
    known: set[tuple[str, int]] = set()
    try:
        for number in range(SERVERS):
            server.start()
            if number % 3 == 2:
                time.sleep(rng.uniform(0, SOON_S))
                server.kill()
                kills["while it starts"] += 1
                continue
            server.wait()
            left = settled(site, told)
            check_labels(left, clients, known)
            assert left.sides.items() >= sides.items()
            known, sides = known | left.labels.keys(), left.sides
            clients.work(number)
            kills["training"] += kill_training(server, rng)
            clients.wait(rng.randrange(ANSWERS))
            time.sleep(rng.uniform(0, BETWEEN_S))
            kills["while it trains" if server.training_process() else "server"] += 1
            clients.kill(server.kill, REQUESTS[number % len(REQUESTS)])
        server.start()
        server.wait()
        settled(site, told, is_idle=True)
        clients.train()  # how many have come to their end between kills depends on how fast the computer is
        left = settled(site, told, is_idle=True)
    finally:
        server.end()
    assert kills.total() >= KILLS and all(kills[kind] > 0 for kind in KINDS), kills
    assert told.interrupted.keys() == set(REQUESTS) and len(told.submissions) > KILLS, told.interrupted
    assert len(left.trainings) > 1
    check_labels(left, clients, set())
    monkeypatch.setenv("LIVERCAD_MODELS", str(site / "models"))
    monkeypatch.setattr(fake_recipes, "STEP_S", 0)
    check_trainings(left, tmp_path_factory.mktemp("again"))
