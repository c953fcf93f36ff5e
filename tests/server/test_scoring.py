"""Scoring in the background: when it works, what it does with broken cases, and what strategies make of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from errno import ENOMEM
from pathlib import Path

import numpy as np
import pytest

from fakes import FakeLesionFinder, full_analyzer, synthetic_abdomen, write_case
from livercad.core.findings import ModelUsed
from livercad.core.volume import Volume
from livercad.learning.folder import learning_folder
from livercad.learning.score_table import Score
from livercad.learning.scores import Scores
from livercad.pipeline.analyzer import Analyzer
from livercad.progress import Progress, silent
from livercad.server.datastore import StudyDatastore
from livercad.server.scoring import Pause, Scoring, stamp_of_case
from livercad.server.strategies import DESCRIPTIONS, Informed
from livercad.settings import Settings
from livercad.studies.nifti import write_volume
from server.annotations import write_maps
from server.conftest import Server, Servers

SHAPE = (32, 24, 20)
PATIENCE_S = 60


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it has not come about"
        time.sleep(0.02)


class Desk:
    """A studies folder with its scoring, and what it is told to be busy with."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.busy, self.version = folder, False, "1"
        self.store = StudyDatastore(folder)
        self.scoring = Scoring(self.datastore, self, lambda: self.busy, poll_s=0.01, list_s=0.05)
        self.looked = 0
        self.error: Exception | None = None
        self.held = threading.Event()
        self.held.set()

    def datastore(self) -> StudyDatastore:
        self.store.refresh_if_changed()
        return self.store

    def analyzer(self) -> Analyzer:
        """The models of the current version, as `Analyses` has them."""
        analyzer, desk = full_analyzer(), self

        class Watched(FakeLesionFinder):
            model = ModelUsed("fake-lesions", desk.version, "1" * 64, "numpy")

            def uncertainty(self, ct: Volume, liver: Volume, progress: Progress = silent) -> float:
                desk.looked += 1
                while not desk.held.wait(0.01):
                    progress(0, 1, "lesions")
                if desk.error:
                    raise desk.error
                return super().uncertainty(ct, liver, progress)

        analyzer.find_lesions = Watched(Settings())
        return analyzer

    def counts(self) -> tuple[int, int, int, int]:
        now = self.scoring.progress()
        return now.scored, now.former, now.failed, now.open


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    for number, name in enumerate("abc"):
        write_case(tmp_path, name, number, SHAPE)
    desk = Desk(tmp_path)
    yield desk
    desk.held.set()
    desk.scoring.stop()


def test_every_case_is_scored_once(desk: Desk) -> None:
    desk.scoring.start()
    until(lambda: desk.counts() == (3, 0, 0, 0) and desk.scoring.progress().state == "done")
    assert desk.looked == 3
    assert np.isfinite(desk.store.book.scores.known(("a", "b", "c")).uncertainty).all()
    write_case(desk.folder, "d", 3, SHAPE)
    until(lambda: desk.counts() == (4, 0, 0, 0))
    assert desk.looked == 4


def test_it_waits_while_a_job_is_there_and_leaves_a_case_for_it(desk: Desk) -> None:
    desk.busy = True
    desk.scoring.start()
    until(lambda: desk.scoring.progress().state == "waiting")
    assert desk.looked == 0
    desk.held.clear()
    desk.busy = False
    until(lambda: desk.looked == 1)
    assert desk.scoring.progress().state == "working" and desk.scoring.progress().case in "abc"
    desk.busy = True
    until(lambda: desk.scoring.progress().state == "waiting")
    assert desk.counts() == (0, 0, 0, 3)
    desk.held.set()
    desk.busy = False
    until(lambda: desk.counts() == (3, 0, 0, 0))


def test_cases_without_a_label_come_first(desk: Desk) -> None:
    label, _ = write_maps(desk.folder.parent / f"{desk.folder.name} maps", synthetic_abdomen(0, SHAPE))
    for case in "ab":
        desk.store.save_label(case, str(label), "final", {})
    desk.held.clear()
    desk.scoring.start()
    until(lambda: desk.looked == 1)
    assert desk.scoring.progress().case == "c"


def test_a_broken_case_is_told_and_left_until_its_images_change(desk: Desk) -> None:
    (desk.folder / "b.nii.gz").write_bytes(b"no image")
    desk.scoring.start()
    until(lambda: desk.counts() == (2, 0, 1, 0))
    (problem,) = desk.store.book.scores.problems()
    assert problem.case == "b" and "b.nii.gz" in problem.problem
    time.sleep(0.3)  # several lists later
    assert desk.looked == 2
    write_case(desk.folder, "b", 1, SHAPE)
    until(lambda: desk.counts() == (3, 0, 0, 0))
    assert desk.store.book.scores.problems() == []


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 3 GiB"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        OSError(ENOMEM, "Cannot allocate memory"),
        RuntimeError("a defect"),
    ],
    ids=["memory", "cuda", "torch", "system", "defect"],
)
def test_what_failed_for_lack_of_memory_is_tried_again_after_a_restart_and_by_a_new_champion(
    desk: Desk, error: Exception
) -> None:
    desk.error = error
    desk.scoring.start()
    until(lambda: desk.counts() == (0, 0, 3, 0) and desk.scoring.progress().state == "done")
    time.sleep(0.2)  # several lists later
    assert desk.looked == 3
    assert all(str(error).split(" (")[0] in row.problem for row in desk.store.book.scores.problems())
    is_for_good = "defect" in str(error)
    stamps = {case: stamp_of_case(desk.store.study(case)) for case in "abc"}
    again = Scores(learning_folder(desk.folder))
    assert again.missing(stamps, desk.scoring._models) == ([] if is_for_good else ["a", "b", "c"])
    desk.error, desk.version = None, "2"
    if not is_for_good:
        until(lambda: desk.counts() == (3, 0, 0, 0))
        assert desk.store.book.scores.problems() == []


def test_a_new_champion_looks_again_and_the_former_ones_scores_hold_meanwhile(desk: Desk) -> None:
    desk.scoring.start()
    until(lambda: desk.counts() == (3, 0, 0, 0))
    desk.held.clear()
    desk.version = "2"
    until(lambda: desk.looked == 4)
    assert desk.counts() == (0, 3, 0, 0)
    assert np.isfinite(desk.store.book.scores.known(("a", "b", "c")).uncertainty).all()
    desk.held.set()
    until(lambda: desk.counts() == (3, 0, 0, 0))

    def models_of(case: str) -> str:
        about = desk.store.book.scores.about(case)
        return about[0].models if about else ""

    until(lambda: all("fake-lesions 2" in models_of(case) for case in "abc"))


def test_it_stops_in_the_middle_of_a_case(desk: Desk) -> None:
    desk.held.clear()
    desk.scoring.start()
    until(lambda: desk.looked == 1)
    desk.scoring.stop()
    desk.scoring._thread.join(PATIENCE_S)
    assert not desk.scoring._thread.is_alive()
    assert desk.counts()[0] == 0


def test_switched_off_it_uses_what_is_there(desk: Desk) -> None:
    desk.store.book.scores.keep("a", "stamp", "models", Score(0.5))
    desk.scoring.start(is_on=False)
    until(lambda: desk.store.book.scores.about("a"))
    assert desk.scoring.progress().state == "off" and desk.looked == 0


def test_a_pause_is_longer_where_the_work_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    pause = Pause(10)
    assert pause.is_over()
    with pause.after():
        now += 1
    now += 19
    assert not pause.is_over()
    now += 1
    assert pause.is_over()


# -- strategies


@pytest.fixture
def store(tmp_path: Path) -> StudyDatastore:
    """Three cases: `b` has doubtful outlines, `a` a doubtful class, nobody has looked at `c`."""
    for number, name in enumerate("abc"):
        write_case(tmp_path, name, number, SHAPE)
    store = StudyDatastore(tmp_path)
    store.book.scores.keep("a", "stamp", "models 1", Score(0.1, 0.9, np.array([1, 2], np.float32)))
    store.book.scores.keep("b", "stamp", "models 1", Score(0.8, 0.2, np.array([2, 1], np.float32)))
    store.book.scores.learn("models 1")
    return store


@pytest.mark.parametrize(("strategy", "expected"), [("uncertainty", "b"), ("classification", "a"), ("hybrid", "b")])
def test_the_case_that_tells_most_is_given_with_its_score(store: StudyDatastore, strategy: str, expected: str) -> None:
    choose = Informed(next(each for each in DESCRIPTIONS if each == strategy))
    given = choose({"strategy": strategy, "who": "ann"}, store)
    assert given is not None and given["id"] == expected
    assert given["score"]["models"] == "models 1"
    assert strategy in given["why"] and "models 1" in given["why"]
    assert given["score"]["uncertainty"] == (0.8 if expected == "b" else 0.1)


@pytest.mark.parametrize("strategy", list(DESCRIPTIONS))
def test_everybody_gets_another_case_and_unscored_ones_come_last_with_a_word(
    store: StudyDatastore, strategy: str
) -> None:
    choose = Informed(next(each for each in DESCRIPTIONS if each == strategy))
    answers = [choose({"strategy": strategy, "who": who}, store) for who in ("ann", "bob", "cat", "dan")]
    assert answers[3] is None
    given = [answer["id"] for answer in answers[:3] if answer]
    assert sorted(given[:2]) == ["a", "b"] and given[2] == "c"
    assert answers[2]["score"] is None and "random" in answers[2]["why"]


def test_what_others_have_counts_as_labelled(tmp_path: Path) -> None:
    """In a row of cases the one in the middle is next to nobody's once both ends are in hands."""
    names = [f"case{number}" for number in range(5)]
    for name in names:
        write_case(tmp_path, name, 0, SHAPE)
    store = StudyDatastore(tmp_path)
    for number, name in enumerate(names):
        store.book.scores.keep(name, "stamp", "models", Score(0.5, None, np.array([number], np.float32)))
    store.book.scores.learn("models")
    for name, who in (("case0", "ann"), ("case4", "bob")):
        store.book.reservations.reserve(name, who)
    given = Informed(next(each for each in DESCRIPTIONS if each == "diversity"))({"who": "cat"}, store)
    assert given is not None and given["id"] == "case2"


# -- the server


@pytest.fixture(scope="module")
def server(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("scoring")
    for number, name in enumerate("abcd"):
        write_case(folder / "studies", name, number, SHAPE)
    write_volume(Volume(np.full((8, 8, 8), 40, np.int16), np.diag([4.0, 4, 4, 1])), folder / "studies" / "odd.nii.gz")
    started = servers.start(folder, "livercad", "--app-conf", "scoring=true")
    started.wait()
    return started


def test_the_server_lists_the_strategies(server: Server) -> None:
    assert set(server.get("/info/").json()["strategies"]) == {"random", "first", *map(str, DESCRIPTIONS)}


def test_the_server_scores_and_answers_by_scores(server: Server) -> None:
    answers = []

    def is_scored() -> bool:
        answers.append(server.post("/activelearning/uncertainty", json={"annotator": "ann"}).json())
        return answers[-1]["score"] is not None

    until(is_scored)
    assert answers[-1]["id"] in "abcd" and "fake-lesions 1" in answers[-1]["score"]["models"]
    assert answers[-1]["why"].startswith("Chosen by uncertainty")
    assert "random" in answers[0]["why"] or answers[0]["score"]
