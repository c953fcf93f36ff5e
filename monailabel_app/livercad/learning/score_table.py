"""Scores of cases on the disk: one row for a case and the models that have looked at it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

logger = logging.getLogger(__name__)

NAME = "scores.sqlite3"
LAYOUT = 1
"""Of the table. A file of another one is begun anew: scores can be computed again."""
CREATE = """CREATE TABLE IF NOT EXISTS scores (
    "case" TEXT NOT NULL, models TEXT NOT NULL, stamp TEXT NOT NULL, at REAL NOT NULL, problem TEXT NOT NULL,
    uncertainty REAL, classification REAL, liver BLOB, lesions BLOB, PRIMARY KEY ("case", models))"""
COLUMNS = '"case", models, stamp, at, problem, uncertainty, classification, liver, lesions'

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Score:
    """What models say of a case that nobody has labelled.

    Parameters
    ----------
    uncertainty : float
        Of the lesions' outlines, see `livercad.segmentation.uncertainty`; 0 is sure.
    classification : float or None
        Of the lesions' classes, in [0, 1], see `livercad.classification.doubts`; 0 where there is no lesion, None where
        nothing classifies them.
    liver, lesions : ndarray of float32, or None
        Where networks place the liver and its lesions among others: encoder features, pooled.
    """

    uncertainty: float
    classification: float | None = None
    liver: Array | None = None
    lesions: Array | None = None


@dataclass(frozen=True)
class Row:
    """What came of a look at a case.

    Parameters
    ----------
    case, models : str
        Which case, and who has looked.
    stamp : str
        Of the images.
    at : float
        When, in seconds since 1970.
    score : Score or None
        None where it failed.
    problem : str
        Why it failed.
    is_passing : bool
        Whether that may be otherwise the next time, as with a lack of memory. Such rows are not kept on the disk.
    """

    case: str
    models: str
    stamp: str
    at: float
    score: Score | None
    problem: str = ""
    is_passing: bool = False

    def has_failed(self, models: str) -> bool:
        """Whether these models need not look at the case either."""
        return bool(self.problem) and (not self.is_passing or self.models == models)


class ScoreTable:
    """The rows of a folder. One process at a time writes; a kill at any moment loses at most the row being written.

    Parameters
    ----------
    folder : Path
        Where ``scores.sqlite3`` lies; made with the first row.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def read(self) -> list[Row]:
        """All rows; none where there is no file, or one that cannot be read, which is put aside."""
        if not self._path.exists():
            return []
        with self._lock:
            try:
                return [_row(values) for values in self._open().execute(f"SELECT {COLUMNS} FROM scores")]
            except sqlite3.DatabaseError as error:
                self._put_aside(error)
                return []

    def write(self, row: Row, gone: Collection[tuple[str, str]] = ()) -> None:
        """Write a row and remove others, given by case and models, at once."""
        with self._lock, self._open() as transaction:
            self._remove(transaction, gone)
            transaction.execute(f"INSERT OR REPLACE INTO scores ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)", _values(row))

    def remove(self, gone: Collection[tuple[str, str]]) -> None:
        """Remove rows, given by case and models."""
        with self._lock, self._open() as transaction:
            self._remove(transaction, gone)

    def _remove(self, transaction: sqlite3.Connection, gone: Collection[tuple[str, str]]) -> None:
        transaction.executemany('DELETE FROM scores WHERE "case" = ? AND models = ?', gone)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, check_same_thread=False)
            # Not brought to the disk each time: a loss of power costs the latest rows, which are computed again.
            connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
            if connection.execute("PRAGMA user_version").fetchone()[0] != LAYOUT:
                connection.execute("DROP TABLE IF EXISTS scores")
            connection.execute(CREATE)
            connection.execute(f"PRAGMA user_version={LAYOUT}")
            connection.commit()
            self._connection = connection
        return self._connection

    def _put_aside(self, error: sqlite3.DatabaseError) -> None:
        logger.warning("%s cannot be read (%s): the cases are scored again", self._path, error)
        if self._connection:
            self._connection.close()
            self._connection = None
        for suffix in ("", "-wal", "-shm"):
            file = self._path.with_name(self._path.name + suffix)
            if file.exists():
                file.replace(file.with_name(f"{file.name}.damaged"))


def _row(values: tuple) -> Row:
    case, models, stamp, at, problem, uncertainty, classification, liver, lesions = values
    if uncertainty is None:
        return Row(case, models, stamp, at, None, problem)
    return Row(case, models, stamp, at, Score(uncertainty, classification, _array(liver), _array(lesions)), problem)


def _values(row: Row) -> tuple:
    score = row.score
    values = (
        (score.uncertainty, score.classification, _bytes(score.liver), _bytes(score.lesions)) if score else (None,) * 4
    )
    return row.case, row.models, row.stamp, row.at, row.problem, *values


def _array(data: bytes | None) -> Array | None:
    return None if data is None else np.frombuffer(data, np.float32)


def _bytes(array: Array | None) -> bytes | None:
    return None if array is None else np.asarray(array, np.float32).tobytes()
