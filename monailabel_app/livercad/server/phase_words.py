"""What annotators say of phases: above names, tables and images, in every analysis of this server."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.server.errors import ConflictError
from livercad.server.images import image_named, names_of
from livercad.studies.atomic import write_text
from livercad.studies.study import Study

logger = logging.getLogger(__name__)

FOLDER = Path(".livercad") / "phases"
"""One file a case, in the studies folder."""
ANNOTATOR = "annotator"
"""`Series.told_by` of an image whose phase an annotator has told."""


class PhaseWords:
    """The annotators' words of all cases.

    Parameters
    ----------
    root : Path
        The studies folder.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER
        self._lock = threading.Lock()
        self._words = {file.stem: words for file in self._folder.glob("[!.]*.json") if (words := _read(file))}

    def applied_to(self, study: Study) -> Study:
        """Give the images the phases that were told.

        Parameters
        ----------
        study : Study
            As the folder has it.

        Returns
        -------
        Study
            Its series in the same order. As it was where two images would have one phase: files have come since.
        """
        words = self._words.get(study.case)
        if not words:
            return study
        said = _with(study, words)
        if twice := _told_twice(said):
            logger.warning("What was said of the phases of case %s does not go with its files: %s", study.case, twice)
            return study
        return said

    def tell(self, study: Study, words: Mapping[str, str]) -> None:
        """Keep what an annotator says, in place of all that was said before.

        Parameters
        ----------
        study : Study
            As the folder has it, without former words.
        words : mapping of str to str
            Phases by image name; the others are as names, table and images tell. Empty takes all back.

        Raises
        ------
        UnknownNameError
            If there is no such image.
        InputError
            If there is no such phase.
        ConflictError
            If two images would have one phase.
        """
        told = {name: _phase(word) for name, word in words.items()}
        for name in told:
            image_named(study, name)
        if twice := _told_twice(_with(study, told)):
            raise ConflictError(
                f"the phases of case {study.case!r}",
                found=f"{twice} twice",
                expected="one image of each phase",
                todo="Tell the phase of the other image as well.",
            )
        with self._lock:
            file = self._folder / f"{study.case}.json"
            if told:
                write_text(file, json.dumps({"phases": told}, indent=1))
            else:
                file.unlink(missing_ok=True)
            self._words = {**self._words, study.case: told}


def _with(study: Study, words: Mapping[str, Phase]) -> Study:
    series = (
        replace(one, phase=words[name], told_by=ANNOTATOR) if name in words else one
        for name, one in zip(names_of(study), study.series, strict=True)
    )
    return replace(study, series=tuple(series))


def _told_twice(study: Study) -> str:
    counts = Counter(series.phase for series in study.series if series.phase)
    return ", ".join(phase.value for phase, count in counts.items() if count > 1)


def _phase(word: str) -> Phase:
    try:
        return Phase(word)
    except ValueError as error:
        known = ", ".join(phase.value for phase in Phase)
        raise InputError(f"phase {word!r}", found="no such phase", expected=known, todo="Mend the request.") from error


def _read(file: Path) -> dict[str, Phase]:
    try:
        return {name: Phase(word) for name, word in json.loads(file.read_text(encoding="utf-8"))["phases"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        logger.warning("%s cannot be read (%s); the phases are told without it.", file, error)
        return {}
