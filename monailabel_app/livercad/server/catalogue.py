"""The cases of a studies folder, looked up again when the folder has changed."""

from __future__ import annotations

import math
import os
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from livercad.errors import InputError
from livercad.server.errors import OtherModalityError, UnknownNameError
from livercad.server.names import check_name
from livercad.studies.discover import Discovery, Problem, find_studies
from livercad.studies.files import SERVER_LABELS
from livercad.studies.study import Study
from livercad.studies.ultrasound.cases import ImageCase, image_cases
from livercad.studies.ultrasound.image import ListedImage
from livercad.studies.ultrasound.layouts import named_files

INDEX = "datastore_v2.json"
"""MONAI Label's list of images and labels."""

Fingerprint = dict[str, tuple[int, int]]


class Catalogue:
    """What `find_studies` and `image_cases` say of a folder, as long as it is true.

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
        self.ultrasound: dict[str, ImageCase] = {}
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
                discovery = find_studies(self.root, not_ct=named_files(self.root))
            except InputError as error:  # a table that is being edited, for example
                if self._seen is None:
                    raise
                self.problems, self._seen = (Problem(self.root.name, str(error)),), seen
                self._looked = begun
                return True
            self.studies = {study.case: study for study in discovery.studies}
            self.ultrasound, problems = self._ultrasound(discovery)
            self.problems, self._seen, self._looked = (*discovery.problems, *problems), seen, begun
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
        OtherModalityError
            If it is one of ultrasound.
        """
        study = self.studies.get(case)
        if study is None and case in self.ultrasound:
            raise OtherModalityError(
                f"case {case!r}",
                found=f"ultrasound ({len(self.ultrasound[case].images)} images)",
                expected="a case of CT",
                todo="Ask yamakawa2020, qi2019 or ultrasound_lesion about it, or take a case of modality CT.",
            )
        if study is None:
            unusable = next((problem.reason for problem in self.problems if problem.case == case), None)
            raise UnknownNameError(
                f"case {case!r}",
                found=unusable or "no such case",
                expected=f"one of the {len(self.studies) + len(self.ultrasound)} cases of the studies folder",
                todo="GET /datastore/?output=all lists them.",
            )
        return study

    def image_case(self, case: str) -> ImageCase:
        """Look a case of ultrasound up.

        Parameters
        ----------
        case : str
            Its name.

        Returns
        -------
        ImageCase
            Its images.

        Raises
        ------
        UnknownNameError
            If there is none of this name.
        OtherModalityError
            If it is one of CT.
        """
        found = self.ultrasound.get(case)
        if found is None:
            self.study(case)
            raise OtherModalityError(
                f"case {case!r}",
                found="CT",
                expected="a case of ultrasound",
                todo="Take a case of modality US; GET /livercad/cases lists them.",
            )
        return found

    def replace_image(self, image: ListedImage) -> None:
        """Take in what was drawn on an image, once its table has it: no file is looked at."""
        with self._lock:
            former = self.ultrasound.get(image.case)
            if former:
                images = (image if each.name == image.name else each for each in former.images)
                self.ultrasound = {**self.ultrasound, image.case: replace(former, images=tuple(images))}

    def forget(self) -> None:
        """Look at the folder the next time, whether or not it seems to have changed."""
        with self._lock:
            self._seen, self._looked = {}, -math.inf

    def _ultrasound(self, discovery: Discovery) -> tuple[dict[str, ImageCase], list[Problem]]:
        """Cases of ultrasound that an address can name; those of before where their table is being edited."""
        try:
            found = image_cases(self.root, discovery)
        except InputError as error:
            return self.ultrasound, [Problem(self.root.name, str(error))]
        cases, problems = {}, [*found.problems, *found.beside_ct]
        for each in found.cases:
            try:
                cases[check_name(each.case, "case")] = each
            except InputError as error:
                problems.append(Problem(each.case, str(error)))
        return cases, problems

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
