"""Cases in annotators' hands: one case, one annotator, until it is submitted, put back or forgotten."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

from learning.killing import killed_at_work
from livercad.learning.reservations import FEW, NAME, Reservations

CASES = ["a", "b", "c"]


class Clock:
    """A clock that is set by hand."""

    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def test_everybody_gets_another_case_in_the_order_given(tmp_path: Path) -> None:
    reservations = Reservations(tmp_path)
    assert [reservations.take(CASES, who) for who in ("ann", "bob", "cat", "dan")] == ["a", "b", "c", None]
    assert [(held.case, held.who) for held in reservations.held()] == [("a", "ann"), ("b", "bob"), ("c", "cat")]


def test_who_asks_again_gets_the_next_and_keeps_the_first(tmp_path: Path) -> None:
    reservations = Reservations(tmp_path)
    assert [reservations.take(CASES, "ann") for _ in range(2)] == ["a", "b"]
    assert reservations.take(CASES, "bob") == "c"


def test_the_last_ones_come_back_to_who_has_them_and_to_nobody_else(tmp_path: Path) -> None:
    clock = Clock()
    reservations = Reservations(tmp_path, clock=clock)
    given = []
    for _ in range(5):
        given.append(reservations.take(CASES, "ann"))
        clock.now += 1
    assert given == ["a", "b", "c", "a", "b"]
    assert reservations.take(CASES, "bob") is None


def test_a_submitted_case_is_free(tmp_path: Path) -> None:
    reservations = Reservations(tmp_path)
    reservations.take(CASES, "ann")
    reservations.release("a")
    assert reservations.held() == []
    assert reservations.take(CASES, "bob") == "a"
    reservations.release("never held")


def test_a_reservation_ends_after_a_while(tmp_path: Path) -> None:
    clock = Clock()
    reservations = Reservations(tmp_path, minutes=60, clock=clock)
    assert reservations.take(CASES, "ann") == "a"
    clock.now += 3599
    assert reservations.take(CASES, "bob") == "b"
    clock.now += 2
    assert reservations.holder("a") is None
    assert reservations.take(CASES, "cat") == "a"
    holder = reservations.holder("a")
    assert holder and (holder.who, holder.until - holder.since) == ("cat", 3600)


def test_a_skipped_case_goes_to_others_at_once_and_comes_back_last(tmp_path: Path) -> None:
    clock = Clock()
    reservations = Reservations(tmp_path, clock=clock)
    assert reservations.take(CASES, "ann") == "a"
    reservations.skip("a", "ann")
    assert reservations.take(CASES, "ann") == "b"
    clock.now += 1
    reservations.skip("b", "ann")
    assert reservations.take(CASES, "ann") == "c"
    reservations.release("c")
    assert reservations.take(["a", "b"], "ann") == "a"  # the first that was skipped comes back first
    reservations.skip("a", "ann")
    assert reservations.take(CASES, "bob") == "a"
    reservations.skip("a", "ann")  # it is his now
    assert reservations.take(CASES, "cat") == "b"


def test_a_case_that_somebody_has_chosen_is_reserved_as_well(tmp_path: Path) -> None:
    reservations = Reservations(tmp_path)
    assert reservations.reserve("b", "ann")
    assert reservations.reserve("b", "ann")
    assert not reservations.reserve("b", "bob")
    assert [reservations.take(CASES, "bob") for _ in range(2)] == ["a", "c"]


def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    clock = Clock()
    reservations = Reservations(tmp_path, clock=clock)
    reservations.take(CASES, "ann")
    clock.now += 1
    reservations.take(CASES, "bob")
    reservations.skip("b", "bob")
    again = Reservations(tmp_path, minutes=1, clock=clock)
    assert again.held() == reservations.held()
    assert again.given() == reservations.given() == {"a": clock.now - 1, "b": clock.now}
    assert again.take(CASES, "bob") == "c"
    assert again.take(CASES, "bob") == "b"


def test_the_file_does_not_grow_for_ever(tmp_path: Path) -> None:
    clock = Clock()
    reservations = Reservations(tmp_path, clock=clock)
    reservations.skip("c", "ann")
    for _ in range(FEW):
        clock.now += 1
        reservations.take(["a"], "ann")
        reservations.release("a")
    reservations.take(["b"], "bob")
    long = (tmp_path / NAME).stat().st_size
    again = Reservations(tmp_path, clock=clock)
    short = (tmp_path / NAME).stat().st_size
    assert short < long / 100
    for each in (again, Reservations(tmp_path, clock=clock)):
        assert each.held() == reservations.held()
        assert each.given() == reservations.given()
    assert [again.take(CASES, "ann") for _ in range(3)] == ["a", "c", "a"]


def test_many_who_ask_at_once_get_a_case_each(tmp_path: Path) -> None:
    reservations = Reservations(tmp_path)
    cases, start = [f"case {n}" for n in range(100)], threading.Barrier(16)
    given: list[str | None] = []

    def ask(who: str) -> None:
        start.wait()
        for _ in range(8):
            given.append(reservations.take(cases, who))

    threads = [threading.Thread(target=ask, args=(f"annotator {n % 12}",)) for n in range(16)]  # some ask twice
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = [case for case in given if case]
    assert len(given) == 128 and len(set(got)) == 100
    # What was given twice was given to who had it: the last cases come back.
    holders = {held.case: held.who for held in Reservations(tmp_path).held()}
    assert len(holders) == 100


def test_a_kill_at_any_moment_forgets_nobody(tmp_path: Path) -> None:
    def work(done: Callable[[int], None]) -> None:
        reservations = Reservations(tmp_path)
        for number in itertools.count(len(reservations.held())):
            reservations.reserve(f"case {number}", f"annotator {number % 5}")
            done(number)

    for done in killed_at_work(work, seed=3):
        held = Reservations(tmp_path).held()
        assert {one.case: one.who for one in held} == {f"case {n}": f"annotator {n % 5}" for n in range(len(held))}
        assert done[-1] < len(held)
