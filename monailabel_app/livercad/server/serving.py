"""The models that answer: those of the champions, changed without a restart."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from livercad.errors import ModelError
from livercad.models.champions import stamps
from livercad.pipeline.analyzer import Analyzer

logger = logging.getLogger(__name__)

Stamps = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class _Loaded:
    analyzer: Analyzer
    stamps: Stamps


class Serving:
    """Holds one analyzer and replaces it when a champion has changed.

    Who has taken an analyzer keeps it to the end of his work: a new one is loaded beside it and never changes the old.
    While it is loaded, the old one answers. Where it cannot be loaded, the old one goes on, and `problem` tells why.

    Parameters
    ----------
    load : callable
        Loads the champions.
    """

    def __init__(self, load: Callable[[], Analyzer]) -> None:
        self.problem = ""
        self._load = load
        self._loading = threading.Lock()
        self._loaded: _Loaded | None = None
        self._failed: Stamps | None = None
        self._follower: threading.Thread | None = None

    def analyzer(self) -> Analyzer:
        """The models. If a champion has changed, the new one is loaded in the background.

        Raises
        ------
        ModelError
            If none are loaded and weights are missing; `problem` tells why from then on, until they are there.
        """
        loaded = self._loaded
        if loaded is None:
            self.follow_champions()
            loaded = self._loaded
            assert loaded is not None
        elif stamps() not in (loaded.stamps, self._failed):
            self._follow_in_background()
        return loaded.analyzer

    def at_hand(self) -> Analyzer | None:
        """The models, if they are loaded."""
        return self._loaded.analyzer if self._loaded else None

    def follow_champions(self) -> None:
        """Load the champions of now, unless that has been done; from then on they answer.

        Raises
        ------
        ModelError
            If that is not possible. What was loaded before goes on.
        """
        with self._loading:
            while self._loaded is None or self._loaded.stamps != stamps():
                seen = stamps()  # before the weights are read: a change meanwhile is seen then
                try:
                    analyzer = self._load()
                except ModelError as error:
                    self.problem, self._failed = str(error), seen
                    raise
                self._loaded, self.problem, self._failed = _Loaded(analyzer, seen), "", None

    def _follow_in_background(self) -> None:
        if self._follower and self._follower.is_alive():
            return

        def follow() -> None:
            try:
                self.follow_champions()
            except ModelError as error:
                logger.warning("The former models go on: %s", error)

        self._follower = threading.Thread(target=follow, name="follow champions", daemon=True)
        self._follower.start()
