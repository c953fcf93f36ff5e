"""Append-only files of JSON lines that outlive a kill at any moment and may be written by several processes."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from livercad.studies.atomic import write_bytes

logger = logging.getLogger(__name__)

Record = dict[str, Any]
NEWLINE = b"\n"


class Journal:
    """A file of JSON objects, one a line.

    A record that `append` has returned for is in the file for good. What a process that was killed has written of the
    next one is cut off before anything else is appended.

    Parameters
    ----------
    path : Path
        The file; it is made with the first record.
    durable : bool, default True
        Whether a record outlives a loss of power as well, which takes a few ms each.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self.path = path
        self._durable = durable
        self._seen = 0
        self._threads = threading.RLock()
        self._processes = FileLock(path.with_name(f".{path.name}.lock"))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other threads and processes from appending. May be entered again from within."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._threads, self._processes:
            yield

    def append(self, record: Record, *, durable: bool | None = None) -> None:
        """Append a record.

        Parameters
        ----------
        record : dict
            What JSON has no word for becomes text.
        durable : bool, optional
            Another choice for this record.

        Raises
        ------
        OSError
            If the disk is full, for example; the file is then as it was before.
        """
        line, durable = _line(record), self._durable if durable is None else durable
        with self.locked():
            is_new = not self.path.exists()
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                _repair(descriptor, self.path)
                _write(descriptor, line)
                if durable:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if is_new and self._durable:
                sync_folder(self.path.parent)

    def unread(self) -> list[Record]:
        """Records that this journal has not returned yet, in their order; those of other processes as well."""
        with self._threads:
            try:
                with self.path.open("rb") as stream:
                    stream.seek(self._seen)
                    data = stream.read()
            except FileNotFoundError:
                return []
            whole = data[: data.rfind(NEWLINE) + 1]
            self._seen += len(whole)
            return parsed(whole, self.path)

    def rewrite(self, records: Iterable[Record]) -> None:
        """Replace all records, or none if it is interrupted. No other process may have the file open.

        Parameters
        ----------
        records : iterable of dict
            What is to stand there; `unread` does not return it.
        """
        with self.locked():
            data = b"".join(map(_line, records))
            write_bytes(self.path, data)
            self._seen = len(data)

    def repair(self) -> None:
        """Cut off what was begun and not finished. `append` does so as well."""
        if not self.path.exists():
            return
        with self.locked():
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND)
            try:
                _repair(descriptor, self.path)
            finally:
                os.close(descriptor)


def parsed(lines: bytes, path: Path) -> list[Record]:
    """Records of whole lines.

    Parameters
    ----------
    lines : bytes
        Of a journal.
    path : Path
        Its file, for the log.

    Returns
    -------
    list of dict
        Without lines that are damaged, which are told in the log and stay in the file.
    """
    records = []
    for line in lines.splitlines():
        record = _parse(line)
        if record is None:
            logger.warning("%s: a line is damaged and left out: %r", path, line[:200])
        else:
            records.append(record)
    return records


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system knows how to."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _line(record: Record) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=str).encode("utf-8") + NEWLINE


def _parse(line: bytes) -> Record | None:
    try:
        record = json.loads(line)
    except ValueError:  # no UTF-8 included
        return None
    return record if isinstance(record, dict) else None


def _repair(descriptor: int, path: Path) -> None:
    """End the file with a whole line. Only the end of the file is read: it may be long."""
    size = end = os.fstat(descriptor).st_size
    tail = b""
    while end and NEWLINE not in tail:
        start = max(0, end - (1 << 16))
        os.lseek(descriptor, start, os.SEEK_SET)
        tail = _read(descriptor, end - start) + tail
        end = start
        if tail.endswith(NEWLINE):
            return
    torn = tail[tail.rfind(NEWLINE) + 1 :]
    if not torn:
        return
    if _parse(torn) is not None:  # whole but for its end
        _write(descriptor, NEWLINE)
        return
    logger.warning("%s: a record that was begun and not finished is cut off: %r", path, torn[:200])
    os.ftruncate(descriptor, size - len(torn))


def _read(descriptor: int, count: int) -> bytes:
    pieces = b""
    while len(pieces) < count and (piece := os.read(descriptor, count - len(pieces))):
        pieces += piece
    return pieces


def _write(descriptor: int, data: bytes) -> None:
    before, left = os.fstat(descriptor).st_size, memoryview(data)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError:
        os.ftruncate(descriptor, before)
        raise
