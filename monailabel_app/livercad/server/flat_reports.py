"""What models say of ultrasound cases: the latest answer on a whole case is kept for its report."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from livercad.pipeline.ultrasound_analyzer import UltrasoundReport
from livercad.studies.ultrasound.cases import ImageCase

DEFAULT = "ultrasound_lesion"
"""The task that is asked where nobody names one."""
MOST_BYTES = 1 << 28
"""Of pictures and saliency that are kept: 100 images of 800 × 600 with an opinion each; a long clip is asked about
again."""

Key = tuple[str, ImageCase, tuple[tuple[int, int], ...]]
"""What an answer was made from: task, images with their lesions, size and date of their files."""


class FlatReports:
    """Keeps the latest answer on a case of the studies folder, and knows which task was last asked about which case."""

    def __init__(self) -> None:
        self._asked: dict[str, str] = {}
        self._latest: tuple[Key, UltrasoundReport] | None = None

    def note(self, task: str, case: str) -> None:
        """Remember that a task was asked about a case, or about a part of it."""
        self._asked[case] = task

    def task_of(self, case: str) -> str:
        """The task that was asked last about a case; `DEFAULT` where none was."""
        return self._asked.get(case, DEFAULT)

    def at_hand(self, key: Key) -> UltrasoundReport | None:
        """The latest answer, if it was made from just this."""
        latest = self._latest
        return latest[1] if latest and latest[0] == key else None

    def keep(self, key: Key, report: UltrasoundReport) -> None:
        """Keep an answer in place of the former, unless it is larger than `MOST_BYTES`."""
        analysis = report.analysis
        size = sum(image.array.nbytes for image in analysis.images) + sum(each.nbytes for each in analysis.saliency)
        self._latest = (key, report) if size <= MOST_BYTES else None


def key_of(task: str, case: ImageCase) -> Key:
    """Tell what an answer will be made from.

    Parameters
    ----------
    task : str
        Who is asked.
    case : ImageCase
        All of its images, with the lesions marked.

    Returns
    -------
    Key
        Another one when files, lesions or the task are others.
    """
    return task, case, tuple(_stamp(path) for path in dict.fromkeys(image.path for image in case.images))


def _stamp(path: Path) -> tuple[int, int]:
    """Size and date; those of a file that is gone are 0: reading it will tell."""
    with suppress(OSError):
        stat = os.stat(path)
        return stat.st_size, stat.st_mtime_ns
    return 0, 0
