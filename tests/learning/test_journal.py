"""Append-only files: nothing acknowledged is lost, nothing torn is read."""

from __future__ import annotations

import itertools
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from learning.killing import killed_at_work
from livercad.learning.journal import Journal

LONG = "x" * 5_000


def numbers(path: Path) -> list[int]:
    return [json.loads(line)["number"] for line in path.read_text(encoding="utf-8").splitlines()]


def test_records_come_back_in_their_order_and_once(tmp_path: Path) -> None:
    journal, other = Journal(tmp_path / "new" / "j.jsonl"), Journal(tmp_path / "new" / "j.jsonl")
    assert journal.unread() == []
    journal.append({"text": "Größe\n\r\u2028", "number": 1.5})
    other.append({"place": Path("a")})
    assert journal.unread() == [{"text": "Größe\n\r\u2028", "number": 1.5}, {"place": "a"}]
    journal.append({"third": None})
    assert journal.unread() == [{"third": None}]
    assert len(other.unread()) == 3


def test_a_record_is_on_the_disk_when_append_returns(tmp_path: Path, synced: list[int]) -> None:
    journal = Journal(tmp_path / "j.jsonl")
    journal.append({"number": 1})
    assert len(synced) == 2  # the file, and its name in the folder
    journal.append({"number": 2})
    assert len(synced) == 3
    Journal(tmp_path / "other.jsonl", durable=False).append({"number": 1})
    assert len(synced) == 3


@pytest.mark.parametrize(
    ("torn", "left"),
    [
        (b'{"number": 3, "te', [1, 2]),
        (b'{"number": 3}', [1, 2, 3]),  # all but the end of the line
        (b'{"number": 3, "text": "' + b"y" * 200_000, [1, 2]),
        ('{"number": 3, "text": "ü'.encode()[:-1], [1, 2]),
        (b"\0" * 50, [1, 2]),
    ],
    ids=["begun", "whole", "long", "half a letter", "zeros"],
)
def test_what_was_begun_is_cut_off_and_what_is_whole_stays(tmp_path: Path, torn: bytes, left: list[int]) -> None:
    path = tmp_path / "j.jsonl"
    path.write_bytes(b'{"number": 1}\n{"number": 2}\n' + torn)
    assert [record["number"] for record in Journal(path).unread()] == [1, 2]
    Journal(path).repair()
    assert numbers(path) == left
    path.write_bytes(b'{"number": 1}\n{"number": 2}\n' + torn)
    Journal(path).append({"number": 9})
    assert numbers(path) == [*left, 9]


def test_a_file_that_holds_nothing_but_a_torn_record_starts_anew(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_bytes(b'{"num')
    Journal(path).append({"number": 1})
    assert numbers(path) == [1]


def test_a_damaged_line_is_left_out_and_stays_in_the_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "j.jsonl"
    path.write_bytes(b'{"number": 1}\n{"nu\xff\n[]\n{"number": 2}\n')
    assert [record["number"] for record in Journal(path).unread()] == [1, 2]
    assert len(caplog.records) == 2
    Journal(path).append({"number": 3})
    assert path.read_bytes().startswith(b'{"number": 1}\n{"nu\xff\n')


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "j.jsonl")
    journal.append({"number": 1})
    real, calls = os.write, itertools.count()

    def write(descriptor: int, data: bytes) -> int:
        if next(calls):
            raise OSError(28, "No space left on device")
        return real(descriptor, data[:5])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        with pytest.raises(OSError, match="No space"):
            journal.append({"number": 2})
    assert numbers(journal.path) == [1]
    journal.append({"number": 3})
    assert numbers(journal.path) == [1, 3]


def test_many_threads_and_journals_write_whole_lines(tmp_path: Path) -> None:
    def write(first: int) -> None:
        journal = Journal(tmp_path / "j.jsonl", durable=False)
        for number in range(first, first + 20):
            journal.append({"number": number, "text": LONG})

    threads = [threading.Thread(target=write, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers(tmp_path / "j.jsonl")) == sorted(100 * n + k for n in range(4) for k in range(20))


def test_a_kill_at_any_moment_loses_no_record_and_leaves_no_half_of_one(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"

    def work(done: Callable[[int], None]) -> None:
        journal = Journal(path)
        for number in itertools.count(len(journal.unread())):
            journal.append({"number": number, "text": LONG})
            done(number)

    told = 0
    for done in killed_at_work(work):
        told += len(done)
        Journal(path).repair()
        found = numbers(path)
        assert found == list(range(len(found)))  # whole, in order, each once
        assert done[-1] < len(found)
    assert told > 25


def test_rewritten_records_are_not_read_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl")
    for number in range(5):
        journal.append({"number": number})
    assert len(journal.unread()) == 5
    journal.rewrite([{"number": 4}])
    assert journal.unread() == []
    journal.append({"number": 5})
    assert journal.unread() == [{"number": 5}]
    assert numbers(journal.path) == [4, 5]
