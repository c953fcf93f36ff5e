"""What a look at a case's images has told of their phases, and so which of them is the reference."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from livercad.core.findings import PhaseRead
from livercad.core.plain import from_plain, to_plain
from livercad.errors import InputError
from livercad.server.images import stamp_of_study
from livercad.studies.atomic import write_text
from livercad.studies.study import Series, Study

FOLDER = Path(".livercad") / "recognised"
"""What was seen, in the studies folder, so that it stays after a restart."""


class PhaseMemory:
    """The phases of every case as they were last recognised or analysed.

    The reference is the image that an analysis lays its results on, and that stock clients see. Where names tell all
    phases, they tell it at once. Where they do not, the images are looked at when a client asks for the image for the
    first time, or analyses the case.

    Parameters
    ----------
    root : Path
        The studies folder.
    look : callable
        Looks at the images of a study; returns nothing where it cannot at present.
    """

    def __init__(self, root: Path, look: Callable[[Study], Sequence[PhaseRead]]) -> None:
        self._root, self._look = root, look
        self._lock = threading.Lock()

    def reads(self, study: Study) -> tuple[PhaseRead, ...]:
        """What is known of its images; empty if they have not been looked at since they, or what is told, changed."""
        try:
            kept = json.loads(self._file(study).read_text(encoding="utf-8"))
            if any(kept.get(key) != value for key, value in _state_of(study).items()):
                return ()
            return tuple(from_plain(PhaseRead, read, "phase", ignore_unknown=True) for read in kept["phases"])
        except (OSError, ValueError, LookupError, InputError):  # not kept, or a file of the study is gone
            return ()

    def reference(self, study: Study) -> Series:
        """The reference as far as it is known without looking at images."""
        if len(study.series) == 1:
            return study.reference
        return _reference(study, self.reads(study)) or study.reference

    def find_reference(self, study: Study) -> Series:
        """The reference, images looked at where need be."""
        if not study.needs_recognition:
            return self.reference(study)
        with self._lock:
            reads = self.reads(study)
            if not reads:
                reads = tuple(self._look(study))
                self.remember(study, reads)
        return _reference(study, reads) or study.reference

    def remember(self, study: Study, reads: Sequence[PhaseRead]) -> None:
        """Keep what was seen.

        Parameters
        ----------
        study : Study
            What was looked at.
        reads : sequence of PhaseRead
            What was seen; nothing leaves what is known as it is.
        """
        if reads and tuple(reads) != self.reads(study):
            text = json.dumps({**_state_of(study), "phases": to_plain(tuple(reads))}, indent=1)
            write_text(self._file(study), text)

    def _file(self, study: Study) -> Path:
        return self._root / FOLDER / f"{study.case}.json"


def _state_of(study: Study) -> dict[str, Any]:
    """What must not have changed for a look at the images to count."""
    return {"files": stamp_of_study(study), "told": [series.phase for series in study.series]}


def _reference(study: Study, reads: Sequence[PhaseRead]) -> Series | None:
    sources = {read.source for read in reads if read.is_reference}
    return next((series for series in study.series if series.source in sources), None)
