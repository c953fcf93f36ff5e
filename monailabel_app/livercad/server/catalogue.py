"""The cases of a studies folder, looked up again when the folder has changed."""

from __future__ import annotations

import math
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from livercad.errors import InputError
from livercad.server.errors import UnknownNameError
from livercad.studies.discover import Problem, find_studies
from livercad.studies.files import SERVER_LABELS
from livercad.studies.study import Study

INDEX = "datastore_v2.json"
"""MONAI Label's list of images and labels."""

Fingerprint = dict[str, tuple[int, int]]


class Catalogue:
    """What `find_studies` says of a folder, as long as it is true.

    A look at the entries of the folder (name, size, date) tells whether it has to be asked again, so neither a file
    watcher nor a restart is needed. What changes two folders deep is seen after the next change above it.

    Parameters
    ----------
    root : Path
        The studies folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.studies: dict[str, Study] = {}
        self.problems: tuple[Problem, ...] = ()
        self._seen: Fingerprint | None = None
        self._looked = -math.inf
        self._lock = threading.Lock()

    def update(self, old_s: float = 0.0) -> bool:
        """Ask again if the folder has changed; where that fails, what was true before stays.

        Parameters
        ----------
        old_s : float, default 0
            A look so long ago (s) will do: with many cases a look takes a while.

        Returns
        -------
        bool
            Whether it had changed.

        Raises
        ------
        InputError
            If the folder cannot be understood the first time.
        """
        wanted = time.monotonic() - old_s
        with self._lock:
            if self._looked >= wanted:  # begun while this call waited, for example
                return False
            begun, seen = time.monotonic(), self._fingerprint()
            if seen == self._seen:
                self._looked = begun
                return False
            try:
                discovery = find_studies(self.root)
            except InputError as error:  # a table that is being edited, for example
                if self._seen is None:
                    raise
                self.problems, self._seen = (Problem(self.root.name, str(error)),), seen
                self._looked = begun
                return True
            self.studies = {study.case: study for study in discovery.studies}
            self.problems, self._seen, self._looked = discovery.problems, seen, begun
            return True

    def study(self, case: str) -> Study:
        """Look a case up.

        Parameters
        ----------
        case : str
            Its name.

        Returns
        -------
        Study
            Its images.

        Raises
        ------
        UnknownNameError
            If there is none of this name, with the reason if it cannot be used.
        """
        study = self.studies.get(case)
        if study is None:
            unusable = next((problem.reason for problem in self.problems if problem.case == case), None)
            raise UnknownNameError(
                f"case {case!r}",
                found=unusable or "no such case",
                expected=f"one of the {len(self.studies)} cases of the studies folder",
                todo="GET /datastore/?output=all lists them.",
            )
        return study

    def owner(self, file: Path) -> str | None:
        """Case that a file belongs to; None if it is no case's."""
        return next(
            (case for case, s in self.studies.items() if any(file in series.files for series in s.series)), None
        )

    def _fingerprint(self) -> Fingerprint:
        entries = {}
        with os.scandir(self.root) as found:
            for entry in found:
                if entry.name.startswith(".") or entry.name in (SERVER_LABELS, INDEX):
                    continue
                with suppress(FileNotFoundError):  # removed while we look
                    stat = entry.stat()
                    entries[entry.name] = stat.st_size, stat.st_mtime_ns
        return entries
