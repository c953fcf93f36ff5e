"""Who did what when: an append-only log of submissions, trainings, promotions and rollbacks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from livercad.learning.journal import Journal, Record, parsed, sync_folder

NAME = "audit"
MOST_BYTES = 4 << 20
"""A file that has grown to it is closed and numbered; some 20,000 records."""


class Event(StrEnum):
    """What is recorded. The log takes other words as well."""

    SUBMISSION = "submission"
    LABEL_REMOVED = "label_removed"
    CIRCLES = "circles"
    """Drawn on an ultrasound image."""
    ASSIGNED = "assigned"
    """A case got its side: training, validation or test."""
    LEFT_OUT = "left_out"
    """A training case is not trained on any more: it belongs with cases of another side."""
    TAKEN_BACK = "taken_back"
    """One that was left out is trained on again."""
    RESERVATION = "reservation"
    SKIP = "skip"
    TRAINING_STARTED = "training_started"
    TRAINING_RESUMED = "training_resumed"
    """One that was stopped, or killed with its server, goes on."""
    TRAINING_ENDED = "training_ended"
    PROMOTION = "promotion"
    KEPT_ASIDE = "kept_aside"
    """A trained version was not better, so it is not served."""
    ROLLBACK = "rollback"


PASSING = frozenset({Event.RESERVATION, Event.SKIP})
"""Many, and nobody's work: they outlive a kill, but an annotator does not wait for the disk."""


class AuditLog:
    """The log of a folder: ``audit.jsonl``, and its closed files ``audit-0001.jsonl``, ``audit-0002.jsonl``, in order.

    Several processes may write it. No record is ever removed or changed.

    Parameters
    ----------
    folder : Path
        Where it lies; made with the first record.
    most_bytes : int
        Size from which a file is closed.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._journal = Journal(folder / f"{NAME}.jsonl")
        self._journal.repair()

    def record(self, event: str, who: str, **details: Any) -> Record:
        """Write a record down. When this returns, it outlives a kill, and unless it is `PASSING` a loss of power.

        Parameters
        ----------
        event : str
            An `Event`.
        who : str
            The annotator, or what else has done it; empty where nobody knows.
        **details
            What else is worth knowing; ready for JSON.

        Returns
        -------
        dict
            The record: `time` (ISO 8601, UTC), `event`, `who`, and the details.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {**details, "time": now, "event": str(event), "who": who}
        record = {key: entry[key] for key in ("time", "event", "who", *details)}
        with self._journal.locked():
            self._close_when_full()
            self._journal.append(record, durable=event not in PASSING)
        return record

    def locked(self) -> AbstractContextManager[None]:
        """Keep other threads and processes from recording, to record what is not known yet, once."""
        return self._journal.locked()

    def read(self, newest: int | None = None, event: str | None = None, **details: Any) -> list[Record]:
        """Look records up.

        Parameters
        ----------
        newest : int, optional
            So many at most; all by default.
        event : str, optional
            Only of this kind.
        **details
            Only those that say the same.

        Returns
        -------
        list of dict
            The newest first.
        """
        wanted = {**details, **({"event": str(event)} if event else {})}
        if not self._folder.is_dir():
            return []
        with self._journal.locked():  # else a file could be closed and numbered meanwhile
            matching = (
                record for record in self._backwards() if all(record.get(key) == value for key, value in wanted.items())
            )
            return list(itertools.islice(matching, newest))

    def files(self) -> list[Path]:
        """The files of the log, the oldest first."""
        current = [self._journal.path] if self._journal.path.exists() else []
        return [*sorted(self._folder.glob(f"{NAME}-*.jsonl"), key=_number), *current]

    def _backwards(self) -> Iterator[Record]:
        for file in reversed(self.files()):
            data = file.read_bytes()
            yield from reversed(parsed(data[: data.rfind(b"\n") + 1], file))

    def _close_when_full(self) -> None:
        path = self._journal.path
        if not path.exists() or path.stat().st_size < self._most_bytes:
            return
        self._journal.repair()
        last = max(map(_number, self._folder.glob(f"{NAME}-*.jsonl")), default=0)
        path.rename(self._folder / f"{NAME}-{last + 1:04d}.jsonl")
        sync_folder(self._folder)


def _number(file: Path) -> int:
    number = file.stem.removeprefix(f"{NAME}-")
    return int(number) if number.isdecimal() else 0
