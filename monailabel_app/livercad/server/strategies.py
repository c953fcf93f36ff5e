"""Which case comes next, and that no two annotators get the same one."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from monailabel.interfaces.datastore import Datastore
from monailabel.interfaces.tasks.strategy import Strategy

from livercad.server.bookkeeping import TAG
from livercad.server.datastore import StudyDatastore


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
            All of them, those first that are most worth labelling. It is quick: what takes long was done before.
        """

    def __call__(self, request: dict[str, Any], datastore: Datastore) -> dict[str, Any] | None:
        """Choose and reserve a case; None if all have final labels or are in others' hands."""
        assert isinstance(datastore, StudyDatastore)
        cases = sorted(datastore.get_unlabeled_images())
        if not cases:
            return None
        book, who = datastore.book, str(request.get("who", ""))
        order = list(self.order(request, datastore, cases))
        while (case := book.reservations.take(order, who)) is not None:
            if not datastore.current_version(case, TAG):
                book.handed(case, who, str(request.get("strategy", "")))
                return {"id": case}
            book.reservations.release(case)  # somebody has submitted it since we looked
            order.remove(case)
        return None


class First(Ordered):
    """The first case, by name, that has no final label."""

    def __init__(self) -> None:
        super().__init__("The first case without a final label")

    def order(self, request: dict[str, Any], store: StudyDatastore, cases: Sequence[str]) -> Iterable[str]:
        """Leave them as they are."""
        return cases


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
