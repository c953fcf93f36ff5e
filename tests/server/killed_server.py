"""A server that is killed again and again, and clients at work that write down what it has answered."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import psutil

from fakes import synthetic_abdomen
from livercad.core.annotation import CaseState
from server.annotations import annotation_of, maps_of, write_maps
from server.conftest import ROOT
from server.fake_recipes import SLOW, TASK
from server.labelled_studies import SHAPE
from server.left_by_servers import MODEL

START_S = 60
LESIONS = ((1,), (1, 2), (3, 5, 7))
"""Numbers of the lesions of what is submitted."""
STEPS = 6
TRAINING = "/livercad/training"
REQUESTS = ("next sample", "submission", "promotion", "rollback", "start of a training")
"""Kinds of what clients ask for."""


class ForkedServer:
    """Starts and kills `server.forked_server`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.pid = folder, 0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "tmp").mkdir()
        shutil.copytree(Path(__file__).parent / "fake_app", folder / "app")
        paths = os.pathsep.join([str(ROOT / "monailabel_app"), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
        own = {"PYTHONPATH": paths, "TMPDIR": str(folder / "tmp"), "LIVERCAD_MODELS": str(folder / "models")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server.forked_server", str(folder), str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={**os.environ, **own, "OMP_NUM_THREADS": "1"},
        )

    def start(self) -> None:
        self.pid = int(self._say("start"))

    def kill(self) -> None:
        assert self._say("kill") == "gone"

    def wait(self) -> None:
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            try:
                httpx.get(f"{self.url}/livercad/health", timeout=5).raise_for_status()
                return
            except httpx.TransportError:
                time.sleep(0.01)
        raise RuntimeError(f"The server did not start:\n{self.log()}")

    def training_process(self) -> psutil.Process | None:
        """The process of the training under way."""
        return next(iter(psutil.Process(self.pid).children()), None)

    def log(self) -> str:
        return (self.folder / "log.txt").read_text()[-5000:]

    def end(self) -> None:
        """The server dies with the process that has forked it."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(20)

    def _say(self, word: str) -> str:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


@dataclass
class Told:
    """What clients have sent, and what servers have answered."""

    sent: dict[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    """Case and lesions of each submission, by its comment."""
    submissions: dict[tuple[str, int], str] = field(default_factory=dict)
    """Comment by case and version."""
    samples: dict[str, str] = field(default_factory=dict)
    """Case by who was given it."""
    releases: dict[str, tuple[str, int]] = field(default_factory=dict)
    """What has happened and the version that was in use then, by who wanted it."""
    trainings: list[str] = field(default_factory=list)
    interrupted: Counter[str] = field(default_factory=Counter)
    """Requests that were not answered, by kind."""


class Clients:
    """Annotators who label, and somebody who trains, promotes and rolls back, all at once, until the server is gone."""

    def __init__(self, url: str, told: Told, folder: Path, cases: list[str]) -> None:
        self.url, self.told, self._cases = url, told, cases
        self._numbers = itertools.count()
        image = synthetic_abdomen(0, SHAPE)
        self._maps = {
            numbers: [path.read_bytes() for path in write_maps(folder / str(len(numbers)), image, numbers)]
            for numbers in LESIONS
        }
        self.expected = {numbers: [volume.array for volume in maps_of(image, numbers)] for numbers in LESIONS}
        self.answers = 0
        self._under_way: dict[threading.Thread, str] = {}
        self._threads: list[threading.Thread] = []
        self._errors: list[BaseException] = []
        self._is_over = False

    def work(self, seed: int) -> None:
        """Begin."""
        self._is_over = False
        works = (self._label, self._label_again, self._release, self._train)
        self._threads = [
            threading.Thread(target=self._repeat, args=(work, random.Random(f"{seed} {place}")), daemon=True)
            for place, work in enumerate(works)
        ]
        for thread in self._threads:
            thread.start()

    def train(self) -> None:
        """Order a training alone."""
        with httpx.Client(base_url=self.url, timeout=60) as client:
            self._train(client, random.Random(0))

    def wait(self, answers: int) -> None:
        """Let so many requests be answered."""
        wanted, end = self.answers + answers, time.monotonic() + START_S
        while self.answers < wanted and not self._errors and time.monotonic() < end:
            time.sleep(0.005)

    def kill(self, kill: Callable[[], None], kind: str) -> None:
        """Kill the server while a request of this kind is under way, and wait until all have noticed."""
        end = time.monotonic() + START_S
        while kind not in list(self._under_way.values()) and not self._errors and time.monotonic() < end:
            time.sleep(0.001)
        self._is_over = True
        kill()
        for thread in self._threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def _repeat(self, work: Callable[[httpx.Client, random.Random], None], rng: random.Random) -> None:
        with httpx.Client(base_url=self.url, timeout=60) as client:
            while not self._is_over:
                try:
                    work(client, rng)
                except httpx.TransportError as error:
                    if not self._is_over:
                        self._errors.append(error)
                    return
                except BaseException as error:
                    self._errors.append(error)
                    return

    def _ask(self, kind: str, client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
        self._under_way[threading.current_thread()] = kind
        try:
            answer = client.request(method, path, **more)
        except httpx.TransportError:
            self.told.interrupted[kind] += 1
            raise
        finally:
            del self._under_way[threading.current_thread()]
        self.answers += 1
        return answer

    def _label(self, client: httpx.Client, rng: random.Random) -> None:
        who = f"annotator {next(self._numbers)}"
        answer = self._ask("next sample", client, "POST", "/activelearning/random", json={"annotator": who})
        assert answer.status_code == 200, answer.text
        if case := answer.json().get("id"):
            self.told.samples[who] = case
            self._submit(client, rng, case)
        else:
            self._label_again(client, rng)

    def _label_again(self, client: httpx.Client, rng: random.Random) -> None:
        """Correct a case, whoever has labelled it."""
        self._submit(client, rng, rng.choice(self._cases))
        time.sleep(rng.uniform(0, 0.5))

    def _submit(self, client: httpx.Client, rng: random.Random, case: str) -> None:
        comment, numbers = f"submission {next(self._numbers)}", rng.choice(LESIONS)
        annotation = replace(annotation_of(case, numbers, comment=comment), state=CaseState.COMPLETE)
        label, instances = self._maps[numbers]
        self.told.sent[comment] = case, numbers
        answer = self._ask(
            "submission",
            client,
            "PUT",
            f"/livercad/cases/{case}/submission",
            data={"annotation": json.dumps(annotation.to_dict()), "force": "true"},
            files={"label": ("label.nii.gz", label), "instances": ("instances.nii.gz", instances)},
        )
        assert answer.status_code == 200, answer.text
        self.told.submissions[case, answer.json()["version"]] = comment

    def _release(self, client: httpx.Client, rng: random.Random) -> None:
        """Put a version into use, or take it back; there may be none."""
        who, number = f"releaser {next(self._numbers)}", rng.randrange(5)
        wish = {"who": who, "version": number, "force": True}
        kind = rng.choice(["promotion", "promotion", "rollback"])
        action = "promote" if kind == "promotion" else kind
        wish = wish if kind == "promotion" else {"who": who}
        answer = self._ask(kind, client, "POST", f"/livercad/models/{MODEL}/{action}", json=wish)
        if answer.status_code == 200:
            self.told.releases[who] = kind, answer.json()["number"]
        else:
            assert answer.status_code in (400, 404, 409, 503), answer.text
        time.sleep(rng.uniform(0, 0.3))

    def _train(self, client: httpx.Client, rng: random.Random) -> None:
        wish = {"model": TASK, "who": "trainer", "steps": STEPS, "seed": SLOW + rng.randrange(1000)}
        answer = self._ask("start of a training", client, "POST", TRAINING, json=wish)
        if answer.status_code == 200:
            self.told.trainings.append(answer.json()["id"])
        else:
            assert answer.status_code == 409, answer.text
        time.sleep(rng.uniform(0, 0.3))
