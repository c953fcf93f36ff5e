"""Which image of a case clients see: the one that the analysis lays its results on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

from livercad.errors import InputError
from livercad.server.images import stamp_of_study
from livercad.studies.atomic import write_text
from livercad.studies.study import Series, Study

FOLDER = Path(".livercad") / "references"
"""What was chosen, in the studies folder, so that it stays after a restart."""


class References:
    """The reference image of every case.

    Where names tell the phases, they tell it at once. Where they do not, the images are looked at when a client asks
    for the image for the first time, or analyses the case.

    Parameters
    ----------
    root : Path
        The studies folder.
    choose : callable
        Looks at the images of a study; None where it cannot at present.
    """

    def __init__(self, root: Path, choose: Callable[[Study], Series | None]) -> None:
        self._root, self._choose = root, choose
        self._lock = threading.Lock()

    def known(self, study: Study) -> Series:
        """The reference as far as it is known without looking at images."""
        return self._remembered(study) or study.reference

    def find(self, study: Study) -> Series:
        """The reference, images looked at where need be."""
        if not study.needs_recognition:
            return self.known(study)
        with self._lock:
            found = self._remembered(study) or self._choose(study)
            if found is None:
                return study.reference
            self.remember(study, found.source)
            return found

    def remember(self, study: Study, source: str) -> None:
        """Keep what an analysis chose.

        Parameters
        ----------
        study : Study
            What was analysed.
        source : str
            `Series.source` of its reference.
        """
        if source != self.known(study).source or (study.needs_recognition and not self._remembered(study)):
            text = json.dumps({"files": stamp_of_study(study), "reference": source})
            write_text(self._file(study), text)

    def _remembered(self, study: Study) -> Series | None:
        try:
            kept = json.loads(self._file(study).read_text(encoding="utf-8"))
            if kept.get("files") != stamp_of_study(study):
                return None
        except (OSError, ValueError, InputError):  # not kept, or a file of the study is gone
            return None
        return next((series for series in study.series if series.source == kept.get("reference")), None)

    def _file(self, study: Study) -> Path:
        return self._root / FOLDER / f"{study.case}.json"
