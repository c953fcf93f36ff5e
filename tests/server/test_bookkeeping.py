"""What a submission means beyond its label: a side for good, a record, nobody's reservation any more."""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import synthetic_abdomen, write_case
from livercad.core.annotation import CaseState
from livercad.errors import InputError
from livercad.learning.audit import Event
from livercad.learning.folder import learning_folder
from livercad.learning.left_out import reasons_of
from livercad.learning.pool import NAME, TEST_LIST, Side
from livercad.recipes.models import RECIPES
from livercad.server import submissions
from livercad.server.bookkeeping import Bookkeeping
from livercad.server.datastore import StudyDatastore
from livercad.server.strategies import First, Random
from livercad.server.training_cases import material_of, why_no_training
from server.annotations import annotation_of, write_maps

SHAPE = (32, 24, 20)


def open_store(root: Path, share: float = 0.2) -> StudyDatastore:
    store = StudyDatastore(root, book=Bookkeeping(root, share))
    store.recover()
    return store


@pytest.fixture
def store(tmp_path: Path) -> StudyDatastore:
    for seed, name in enumerate(("one", "two", "three")):
        write_case(tmp_path / "studies", name, seed, SHAPE)
    return open_store(tmp_path / "studies")


def submit(store: StudyDatastore, folder: Path, case: str, comment: str = "", based_on: int = 0) -> int:
    annotation = replace(annotation_of(case, comment=comment), state=CaseState.COMPLETE)
    maps = write_maps(folder / "sent", synthetic_abdomen(0, SHAPE))
    return submissions.submit(store, annotation, *maps, based_on=based_on).version


def test_a_submission_is_recorded_and_gives_the_case_its_side(store: StudyDatastore, tmp_path: Path) -> None:
    submit(store, tmp_path, "one")
    assert store.book.pool.sides().keys() == {"one"}
    assigned, submitted = store.book.audit.read()
    assert (submitted["event"], submitted["who"]) == ("submission", "Ann Otator")
    assert (submitted["case"], submitted["version"], submitted["state"]) == ("one", 1, "complete")
    assert (assigned["event"], assigned["case"], assigned["side"]) == ("assigned", "one", store.book.pool.side("one"))
    submit(store, tmp_path, "one", "second", based_on=1)
    submit(store, tmp_path, "one", "second", based_on=1)  # the same again is no submission
    assert [record["version"] for record in store.book.audit.read(event=Event.SUBMISSION)] == [2, 1]
    assert len(store.book.audit.read(event=Event.ASSIGNED)) == 1


def test_what_is_sent_again_after_a_kill_gets_what_it_lacks(
    store: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert First()({"who": "ann"}, store)["id"] == "one"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(StudyDatastore, "take_in", lambda its, case: (_ for _ in ()).throw(KeyboardInterrupt))
        submit(store, tmp_path, "one")
    assert store.book.pool.sides() == {} and len(store.book.reservations.held()) == 1
    assert submit(store, tmp_path, "one") == 1
    assert list(store.book.pool.sides()) == ["one"] and store.book.reservations.held() == []


def test_a_stock_clients_label_counts_as_well_and_a_models_does_not(store: StudyDatastore, tmp_path: Path) -> None:
    label = str(write_maps(tmp_path, synthetic_abdomen(0, SHAPE))[0])
    store.save_label("one", label, "original", {"model": "lesions"})
    assert store.book.audit.read() == [] and store.book.pool.sides() == {}
    store.save_label("one", label, "final", {"client_id": "user-xyz"})
    (record,) = store.book.audit.read(event=Event.SUBMISSION)
    assert (record["who"], record["case"], record["version"]) == ("user-xyz", "one", 1)
    assert list(store.book.pool.sides()) == ["one"]
    store.remove_label("one", "final")
    (record,) = store.book.audit.read(event=Event.LABEL_REMOVED)
    assert (record["case"], record["version"]) == ("one", 1)
    assert list(store.book.pool.sides()) == ["one"]


def test_a_copy_and_another_study_of_the_patient_follow(tmp_path: Path) -> None:
    studies = tmp_path / "studies"
    for share, kept in ((1.0, Side.VALIDATION), (0.0, Side.TRAINING)):
        shutil.rmtree(studies, ignore_errors=True)
        for seed, name in enumerate(("first", "later", "other")):
            write_case(studies, name, seed, SHAPE)
        write_case(studies, "copy", 0, SHAPE)
        table = "case,phase,path,patient\nfirst,pv,first.nii.gz,P1\nlater,pv,later.nii.gz,P1\n"
        (studies / "studies.csv").write_text(table)
        submit(open_store(studies, share), tmp_path, "first")
        others = open_store(studies, 1 - share)
        for case in ("later", "copy"):
            submit(others, tmp_path, case)
            assert others.book.pool.side(case) is kept
        submit(others, tmp_path, "other")
        assert others.book.pool.side("other") is not kept


def test_a_patient_who_is_told_later_leaves_training_cases_out_and_no_side_changes(
    store: StudyDatastore, tmp_path: Path
) -> None:
    studies = store.catalogue.root
    for share, case in ((0.0, "one"), (1.0, "two")):
        submit(open_store(studies, share), tmp_path, case)
    table = "case,phase,path,patient\n" + "".join(f"{case},pv,{case}.nii.gz,{{}}\n" for case in ("one", "two", "three"))

    def told(*patients: str) -> StudyDatastore:
        (studies / "studies.csv").write_text(table.format(*patients))
        again = open_store(studies, 0.0)
        again.assign_sides()
        again.assign_sides()
        return again

    late = told("P1", "P1", "P1")
    assert late.book.pool.sides() == {"one": Side.TRAINING, "two": Side.VALIDATION}
    assert late.book.pool.usable() == {"two": Side.VALIDATION}
    why = reasons_of(late.book.pool)["one"]
    words = f"0 for training and 1 for validation, where .* needed; one is left out, since it {re.escape(why)}"
    assert re.search(words, why_no_training(late))
    with pytest.raises(InputError, match=f"{words}.*Submit more cases of other patients"):
        material_of(late, RECIPES["liver"])
    late = told("P1", "P1", "P1")
    (record,) = late.book.audit.read(event=Event.LEFT_OUT)
    assert (record["case"], record["reason"]) == ("one", why)
    submit(late, tmp_path, "three")
    assert late.book.pool.side("three") is Side.VALIDATION, "although the share is 0"
    mended = told("P2", "P1", "P1")
    assert mended.book.pool.usable()["one"] is Side.TRAINING
    assert [record["event"] for record in mended.book.audit.read(case="one")][:2] == ["taken_back", "left_out"]


def test_listed_cases_are_locked_for_the_test(
    store: StudyDatastore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = learning_folder(store.catalogue.root)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TEST_LIST).write_text("two\n")
    submit(store, tmp_path, "two")
    assert store.book.pool.side("two") is Side.TEST
    submit(store, tmp_path, "one")
    (folder / TEST_LIST).write_text("one\ntwo\n")
    store.assign_sides()
    assert "Case one is listed for the test set too late" in caplog.text and "Case two" not in caplog.text


def test_a_submitted_case_is_nobodys_any_more(store: StudyDatastore, tmp_path: Path) -> None:
    first = First()
    assert first({"who": "ann"}, store)["id"] == "one"
    submit(store, tmp_path, "one")
    assert store.book.reservations.held() == []
    assert first({"who": "bob", "strategy": "first"}, store)["id"] == "three"
    record = store.book.audit.read(1)[0]
    assert (record["event"], record["who"], record["case"]) == ("reservation", "bob", "three")
    assert record["strategy"] == "first"


def test_a_restart_forgets_no_reservation(store: StudyDatastore) -> None:
    assert First()({"who": "ann"}, store)["id"] == "one"
    again = open_store(store.catalogue.root)
    assert First()({"who": "bob"}, again)["id"] == "three"


def test_a_case_that_was_submitted_while_a_strategy_thought_is_not_given(
    store: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def order(request: dict, its: StudyDatastore, cases: list[str]) -> list[str]:
        submit(its, tmp_path, "one")
        return cases

    strategy = First()
    monkeypatch.setattr(strategy, "order", order)
    assert strategy({"who": "ann"}, store)["id"] == "three"
    assert [held.case for held in store.book.reservations.held()] == ["three"]


def test_the_longer_nobody_was_given_a_case_the_likelier_it_is_drawn(store: StudyDatastore) -> None:
    strategy = Random()
    now, cases = time.time(), ["long ago", "lately", "just now"]
    ages = {"long ago": 3000.0, "lately": 1000.0, "just now": 0.5}
    store.book.reservations.given = lambda: {case: now - age for case, age in ages.items()}  # type: ignore[method-assign]
    firsts = [next(iter(strategy.order({}, store, cases))) for _ in range(2000)]
    assert abs(firsts.count("long ago") - 1500) < 90  # 3000 of 4001, more than four standard deviations around it
    assert firsts.count("just now") < 10
    assert sorted(strategy.order({}, store, cases)) == sorted(cases)


def test_an_image_that_cannot_be_read_loses_no_submission_and_gets_its_side_later(
    store: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = store.catalogue.root / "one.nii.gz"
    whole = image.read_bytes()
    real = StudyDatastore.save_version

    def save_and_damage(its: StudyDatastore, *args: object) -> int:
        number = real(its, *args)  # type: ignore[arg-type]
        image.write_bytes(whole[:400])
        return number

    with monkeypatch.context() as patch:
        patch.setattr(StudyDatastore, "save_version", save_and_damage)
        assert submit(store, tmp_path, "one") == 1
    assert store.book.pool.sides() == {}
    image.write_bytes(whole)
    store.assign_sides()
    assert list(store.book.pool.sides()) == ["one"]


def test_what_was_labelled_before_there_was_a_pool_gets_its_side(store: StudyDatastore, tmp_path: Path) -> None:
    submit(store, tmp_path, "one")
    (learning_folder(store.catalogue.root) / NAME).unlink()
    again = open_store(store.catalogue.root)
    again.assign_sides()
    assert list(again.book.pool.sides()) == ["one"]


# -- a server that is killed

CASES = 300
"""More than are labelled between the kills, also where that is fast."""


def _work(root: Path, folder: Path, told: Path) -> None:
    """In a process of its own: label case after case until it is killed, and tell what a client would have heard."""
    store = open_store(root)
    maps = write_maps(folder / "sent", synthetic_abdomen(0, SHAPE))
    while case := First()({"who": f"process {os.getpid()}"}, store):
        annotation = replace(annotation_of(case["id"]), state=CaseState.COMPLETE)
        version = submissions.submit(store, annotation, *maps).version
        with told.open("a") as stream:
            stream.write(f"{case['id']} {version}\n")


def test_kills_at_random_moments_lose_no_submission_no_record_and_no_side(tmp_path: Path) -> None:
    studies, told = tmp_path / "studies", tmp_path / "told.txt"
    write_case(studies, "case000", 0, SHAPE)
    for number in range(1, CASES):
        shutil.copy(studies / "case000.nii.gz", studies / f"case{number:03d}.nii.gz")
    told.touch()
    rng, sides = random.Random(0), {}
    for _ in range(25):
        process = multiprocessing.get_context("fork").Process(target=_work, args=(studies, tmp_path, told))
        process.start()
        size, end = told.stat().st_size, time.monotonic() + 20
        while process.is_alive() and told.stat().st_size == size and time.monotonic() < end:  # at work now
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.05))
        process.kill()
        process.join()
        store = open_store(studies)
        store.assign_sides()
        heard = {case: int(version) for case, version in map(str.split, told.read_text().splitlines())}
        labelled = {case: info["version"] for case, info in store.label_infos("final").items()}
        assert heard.items() <= labelled.items()
        assert set(labelled.values()) == {1}
        recorded = [(r["case"], r["version"]) for r in store.book.audit.read(event=Event.SUBMISSION)]
        assert sorted(recorded) == sorted(labelled.items())  # each once
        assert store.book.pool.sides().keys() == labelled.keys()
        assert {case: store.book.pool.side(case) for case in sides} == sides
        sides = store.book.pool.sides()
        assert not {held.case for held in store.book.reservations.held()} & heard.keys()
        for case in labelled:
            assert submissions.find(store, case).annotation is not None
    assert len(sides) > 25
