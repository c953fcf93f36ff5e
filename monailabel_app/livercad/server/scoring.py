"""Looks at cases while the server has nothing else to do, so that strategies know which are worth labelling."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import numpy as np

from livercad.errors import Cancelled, InputError, LiverCADError, ModelError
from livercad.learning.scores import Scores
from livercad.pipeline.analyzer import Analyzer
from livercad.pipeline.scoring import name_models, score
from livercad.server.analyses import Analyses
from livercad.server.datastore import StudyDatastore
from livercad.server.errors import UnknownNameError, is_lack_of_memory, reason_of
from livercad.server.images import stamp_of_study
from livercad.server.strategies import look_around
from livercad.studies.study import Study

logger = logging.getLogger(__name__)

POLL_S = 1.0
"""How often it looks whether the server has nothing to do."""
LIST_S = 60.0
"""How often it looks which cases are to be scored: so late it notices a new champion and new cases."""
PAUSE_S = 10.0
"""How long it waits when it cannot work."""
SHARE = 20
"""Of the time one part in so many at most goes into these lists, and another into learning from scores."""


@dataclass(frozen=True)
class Progress:
    """What is being done.

    Parameters
    ----------
    state : str
        ``off``, ``loading the models``, ``working``, ``waiting`` for jobs to end, ``done``, or why it cannot work.
    case : str
        The case that is looked at; empty for none.
    fraction : float
        How far that is, in [0, 1].
    scored, former, failed, open : int
        Cases, see `Scores.counts`.
    """

    state: str
    case: str = ""
    fraction: float = 0.0
    scored: int = 0
    former: int = 0
    failed: int = 0
    open: int = 0


class Scoring:
    """A thread that scores cases with the models in use: those without a label first, the others for their place.

    It stops looking at a case as soon as a job is waiting, and begins it again later.

    Parameters
    ----------
    store : callable
        Returns the datastore, up to date.
    analyses : Analyses
        Has the models.
    is_busy : callable
        Whether the server has something better to do: an inference, a batch, a training.
    poll_s, list_s : float
        As `POLL_S` and `LIST_S`.
    """

    def __init__(
        self,
        store: Callable[[], StudyDatastore],
        analyses: Analyses,
        is_busy: Callable[[], bool],
        poll_s: float = POLL_S,
        list_s: float = LIST_S,
    ) -> None:
        self._store, self._analyses, self._is_busy, self._poll_s = store, analyses, is_busy, poll_s
        self._listing, self._learning = Pause(list_s), Pause()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="score cases", daemon=True)
        self._state, self._case, self._fraction, self._models = "off", "", 0.0, ""
        self._queue: deque[tuple[str, str]] = deque()
        self._rng = np.random.default_rng()

    def start(self, is_on: bool = True) -> None:
        """Begin; or, if it is not on, only make use of the scores that are there already."""
        self._state = "loading the models" if is_on else "off"
        if not is_on:
            self._stopped.set()
        self._thread.start()

    def stop(self) -> None:
        """End at the next step of what is being looked at."""
        self._stopped.set()

    def join(self, timeout: float) -> None:
        """Wait for the end, at most so many seconds."""
        self._thread.join(timeout)

    def progress(self) -> Progress:
        """What is being done now."""
        store = self._store()
        counts = store.book.scores.counts(list(store.catalogue.studies), self._models)
        return Progress(self._state, self._case, self._fraction, **counts)

    @property
    def _scores(self) -> Scores:
        return self._store().book.scores

    def _run(self) -> None:
        try:
            self._learn()
        except Exception:  # the folder is damaged, or another process writes: the next look at the list tries again
            logger.exception("Scores of before cannot be used")
        while not self._stopped.is_set():
            try:
                self._step()
            except Cancelled:
                self._state = "waiting"
            except Exception as error:  # no weights, or a disk that is full: the server goes on without new scores
                if not isinstance(error, ModelError):
                    logger.exception("Scoring has failed")
                self._state = reason_of(error)
                self._stopped.wait(PAUSE_S)
            self._case = ""

    def _step(self) -> None:
        """Look at one case, or wait for something to do."""
        if self._is_busy():
            self._state = "waiting"
            self._stopped.wait(self._poll_s)
            return
        analyzer = self._analyses.analyzer()
        models = name_models(analyzer.models)
        if models != self._models or self._listing.is_over():
            with self._listing.after():
                self._list(models)
        if not self._queue:
            self._state = "done"
            self._stopped.wait(self._poll_s)
            return
        self._look(analyzer, *self._queue.popleft())
        if not self._queue or self._learning.is_over():
            with self._learning.after():
                self._learn()

    def _list(self, models: str) -> None:
        """Find out which cases are to be looked at."""
        store = self._store()
        unlabelled = store.get_unlabeled_images()
        labelled = sorted(set(store.catalogue.studies) - set(unlabelled))
        stamps = {}
        for cases in (unlabelled, labelled):
            for place in self._rng.permutation(len(cases)):  # so that the first hundred are like all
                with suppress(UnknownNameError, InputError):  # removed meanwhile
                    stamps[cases[place]] = stamp_of_case(store.study(cases[place]))
        self._queue = deque((case, stamps[case]) for case in self._scores.missing(stamps, models))
        if models != self._models:
            self._models = models
            self._learn()
        if not self._queue:
            self._scores.tidy(stamps, models)

    def _learn(self) -> None:
        """Make ready what strategies ask for, so that no request has to wait for it."""
        store = self._store()
        store.book.scores.learn(self._models)
        known, is_open = look_around(store, store.get_unlabeled_images())
        known.distances.to(~is_open)

    def _look(self, analyzer: Analyzer, case: str, stamp: str) -> None:
        self._state, self._case, self._fraction = "working", case, 0.0
        try:
            study = self._store().study(case)
        except UnknownNameError:  # removed meanwhile
            return
        try:
            found = score(analyzer, study, self._report)
        except Cancelled:
            self._queue.appendleft((case, stamp))
            raise
        except Exception as error:
            if not isinstance(error, LiverCADError):
                logger.exception("Case %s cannot be scored", case)
            self._scores.fail(case, stamp, self._models, reason_of(error), is_passing=is_lack_of_memory(error))
        else:
            self._scores.keep(case, stamp, self._models, found)

    def _report(self, done: float, total: float, what: str) -> None:
        if self._stopped.is_set() or self._is_busy():
            raise Cancelled
        self._fraction = done / total if total else 1.0


class Pause:
    """Between pieces of work of a kind: some seconds at least, and more where the work takes long, see `SHARE`.

    Parameters
    ----------
    least_s : float, default 0
        Seconds.
    """

    def __init__(self, least_s: float = 0.0) -> None:
        self._least_s, self._end = least_s, 0.0

    def is_over(self) -> bool:
        """Whether it is time for the next piece."""
        return time.monotonic() >= self._end

    @contextmanager
    def after(self) -> Iterator[None]:
        """Do a piece of work; a new pause begins with its end."""
        begun = time.monotonic()
        yield
        now = time.monotonic()
        self._end = now + max(self._least_s, SHARE * (now - begun))


def stamp_of_case(study: Study) -> str:
    """Identify the files of a study, and what annotators say of their phases: 32 hexadecimal digits."""
    told = [series.phase if series.told_by == "annotator" else "" for series in study.series]
    return hashlib.sha256(f"{stamp_of_study(study)} {told}".encode()).hexdigest()[:32]
