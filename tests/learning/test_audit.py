"""The audit log: everything that was recorded, in order, whatever happens."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from learning.killing import killed_at_work
from livercad.learning.audit import AuditLog, Event


def test_a_record_says_what_who_and_when(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "log")
    assert log.read() == [] and not (tmp_path / "log").exists()
    record = log.record(Event.SUBMISSION, "Ann Otator", case="one", version=2)
    assert log.read() == [record]
    assert {**record, "time": ""} == {
        "time": "",
        "event": "submission",
        "who": "Ann Otator",
        "case": "one",
        "version": 2,
    }
    assert datetime.fromisoformat(record["time"]).utcoffset() is not None
    assert list(record)[:3] == ["time", "event", "who"]


def test_the_newest_come_first_and_can_be_chosen(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    for number in range(6):
        log.record(Event.PROMOTION if number % 2 else "something else", "", number=number)
    assert [record["number"] for record in log.read(newest=2)] == [5, 4]
    assert [record["number"] for record in log.read(event=Event.PROMOTION)] == [5, 3, 1]
    assert [record["number"] for record in log.read(newest=1, event="something else", number=2)] == [2]
    assert log.read(newest=0) == []


def test_full_files_are_closed_and_stay(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, most_bytes=300)
    for number in range(20):
        AuditLog(tmp_path, most_bytes=300).record("counted", "somebody", number=number)
    names = [file.name for file in log.files()]
    assert names[:2] == ["audit-0001.jsonl", "audit-0002.jsonl"] and names[-1] == "audit.jsonl" and len(names) > 3
    assert [record["number"] for record in log.read()] == list(reversed(range(20)))
    first = log.files()[0].read_bytes()
    log.record("counted", "somebody", number=20)
    assert log.files()[0].read_bytes() == first


def test_more_than_9999_files_stay_in_order(tmp_path: Path) -> None:
    for number in (9998, 10000, 9999):
        (tmp_path / f"audit-{number}.jsonl").write_text(f'{{"number": {number}}}\n')
    assert [record["number"] for record in AuditLog(tmp_path).read()] == [10000, 9999, 9998]


def test_several_logs_of_one_folder_can_be_written_and_read_at_once(tmp_path: Path) -> None:
    def write(who: str) -> None:
        log = AuditLog(tmp_path, most_bytes=1000)
        for number in range(15):
            log.record("counted", who, number=number)
            assert any(record["who"] == who and record["number"] == number for record in log.read())

    threads = [threading.Thread(target=write, args=(who,)) for who in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = AuditLog(tmp_path).read()
    assert len(records) == 45
    for who in "abc":
        assert [record["number"] for record in records if record["who"] == who] == list(reversed(range(15)))


def test_a_kill_at_any_moment_loses_no_record(tmp_path: Path) -> None:
    def work(done: Callable[[int], None]) -> None:
        log = AuditLog(tmp_path, most_bytes=2000)  # so that files are closed all the time
        for number in itertools.count(len(log.read())):
            log.record("counted", "a process", number=number, text="x" * 150)
            done(number)

    for done in killed_at_work(work, seed=1):
        found = [record["number"] for record in reversed(AuditLog(tmp_path).read())]
        assert found == list(range(len(found)))
        assert done[-1] < len(found)
    assert len(AuditLog(tmp_path).files()) > 3
