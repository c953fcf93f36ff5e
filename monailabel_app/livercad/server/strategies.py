"""Which case comes next, and that no two annotators get the same one."""

from __future__ import annotations

import itertools
import time
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from monailabel.interfaces.datastore import Datastore
from monailabel.interfaces.tasks.strategy import Strategy

from livercad.learning import strategies as learning
from livercad.learning.strategies import Known
from livercad.server.bookkeeping import TAG
from livercad.server.datastore import StudyDatastore

DESCRIPTIONS = {
    learning.Strategy.UNCERTAINTY: "The case whose lesions' outlines the models are least sure of",
    learning.Strategy.CLASSIFICATION: "The case with the lesion whose class the models are least sure of",
    learning.Strategy.DIVERSITY: "The case that is least like those that are labelled",
    learning.Strategy.HYBRID: "Of the kind of case that is labelled least, the one that the models are least sure of",
}


class Ordered(Strategy):
    """Puts the cases without a final label in an order; the first one that nobody else has is given and reserved."""

    @abstractmethod
    def order(self, request: dict[str, Any], store: StudyDatastore, cases: Sequence[str]) -> Iterable[str]:
        """Put cases in an order.

        Parameters
        ----------
        request : dict
            `strategy`, `who` and what else the client wishes.
        store : StudyDatastore
            Where the cases are.
        cases : sequence of str
            By name; those in annotators' hands as well. Not empty.

        Returns
        -------
        iterable of str
            Those first that are most worth labelling; without cases in others' hands if it likes. The first is there at
            once: what takes long was done before.
        """

    def __call__(self, request: dict[str, Any], datastore: Datastore) -> dict[str, Any] | None:
        """Choose and reserve a case; None if all have final labels or are in others' hands."""
        assert isinstance(datastore, StudyDatastore)
        cases = sorted(datastore.get_unlabeled_images())
        if not cases:
            return None
        book, who = datastore.book, str(request.get("who", ""))
        submitted: set[str] = set()  # since we looked
        while (case := book.reservations.take(self._others(submitted, request, datastore, cases), who)) is not None:
            if not datastore.current_version(case, TAG):
                book.handed(case, who, str(request.get("strategy", "")))
                return {"id": case, **self.explain(datastore, case)}
            book.reservations.release(case)
            submitted.add(case)
        return None

    def explain(self, store: StudyDatastore, case: str) -> dict[str, Any]:
        """Say why it is this case.

        Parameters
        ----------
        store : StudyDatastore
            Where the cases are.
        case : str
            The one that was chosen.

        Returns
        -------
        dict
            Becomes part of the answer; empty where there is nothing to say.
        """
        return {}

    def _others(
        self, submitted: set[str], request: dict[str, Any], store: StudyDatastore, cases: Sequence[str]
    ) -> Iterator[str]:
        # One by one: a whole order of ten thousand cases can take long, and the first of it is what is needed.
        return (case for case in self.order(request, store, cases) if case not in submitted)


class First(Ordered):
    """The first case, by name, that has no final label."""

    def __init__(self) -> None:
        super().__init__("The first case without a final label")

    def order(self, request: dict[str, Any], store: StudyDatastore, cases: Sequence[str]) -> Iterable[str]:
        """Leave them as they are."""
        return cases

    def explain(self, store: StudyDatastore, case: str) -> dict[str, Any]:
        """Tell that names decide."""
        return {"why": "Of the cases without a label, the next by name."}


class Random(Ordered):
    """A case without a final label, the likelier the longer nobody was given it."""

    def __init__(self) -> None:
        super().__init__("A random case without a final label")
        self._rng = np.random.default_rng()

    def order(self, request: dict[str, Any], store: StudyDatastore, cases: Sequence[str]) -> Iterable[str]:
        """Draw one after the other, each with a chance in proportion to the time since it was given."""
        given, now = store.book.reservations.given(), time.time()
        weights = np.array([max(1.0, now - given.get(case, 0.0)) for case in cases])
        # The order of exponential times with these rates is such a draw (Efraimidis and Spirakis 2006).
        return [cases[place] for place in np.argsort(self._rng.standard_exponential(len(cases)) / weights)]

    def explain(self, store: StudyDatastore, case: str) -> dict[str, Any]:
        """Tell that it was drawn."""
        return {"why": "Drawn from the cases without a label, the likelier the longer nobody was given it."}


def look_around(store: StudyDatastore, unlabelled: Iterable[str]) -> tuple[Known, npt.NDArray[np.bool_]]:
    """What is known of all cases, and which of them are open.

    Parameters
    ----------
    store : StudyDatastore
        Where the cases are.
    unlabelled : iterable of str
        Cases without a final label.

    Returns
    -------
    known : Known
        Of all cases.
    is_open : ndarray of bool, shape (n,)
        Cases without a label that are in nobody's hands. What somebody has will soon be labelled, and counts as that
        whoever asks: distances to labelled cases are then the same for all, and computed once.
    """
    known = store.book.scores.known(tuple(sorted(store.catalogue.studies)))
    open_cases = set(unlabelled) - {held.case for held in store.book.reservations.held()}
    return known, np.fromiter((case in open_cases for case in known.cases), bool)


class Informed(Ordered):
    """The case that tells most by what the models say of it, see `livercad.learning.strategies`.

    Parameters
    ----------
    strategy : Strategy
        Which.
    """

    def __init__(self, strategy: learning.Strategy) -> None:
        super().__init__(DESCRIPTIONS[strategy])
        self._strategy = strategy
        self._rng = np.random.default_rng()

    def order(self, request: dict[str, Any], store: StudyDatastore, cases: Sequence[str]) -> Iterable[str]:
        """Order the cases that nobody has; those that the asker has come last."""
        known, is_open = look_around(store, cases)
        who = str(request.get("who", ""))
        own = [held.case for held in store.book.reservations.held() if held.who == who]
        return itertools.chain(learning.order(self._strategy, known, is_open, self._rng), own)

    def explain(self, store: StudyDatastore, case: str) -> dict[str, Any]:
        """Tell the scores, whose they are and since when; or that it was drawn because there are none."""
        about = store.book.scores.about(case)
        if about is None or about[0].score is None or not self._rests_on(about[1]):
            return {"score": None, "why": f"Drawn at random: no score for the strategy {self._strategy} yet."}
        score, models = about[0].score, about[0].models
        scored = datetime.fromtimestamp(about[0].at, UTC).isoformat(timespec="seconds")
        numbers = {"uncertainty": score.uncertainty, "classification": score.classification}
        told = ", ".join(f"{name} {value:.2f}" for name, value in numbers.items() if value is not None)
        return {
            "score": {**numbers, "models": models, "scored": scored},
            "why": f"Chosen by {self._strategy} ({told}), as scored by {models} at {scored}.",
        }

    def _rests_on(self, known: Known) -> bool:
        """Whether what is known of a case is what this strategy asks for."""
        match self._strategy:
            case learning.Strategy.UNCERTAINTY:
                return bool(np.isfinite(known.uncertainty[0]))
            case learning.Strategy.CLASSIFICATION:
                return bool(np.isfinite(known.classification[0]))
            case _:
                return bool(known.clusters[0] >= 0)
