"""Agreements of annotators: computed once for each pair of labels, for the page in the background."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from livercad.errors import LiverCADError
from livercad.learning.agreement import Agreement, compare_all
from livercad.learning.audit import Event
from livercad.server.bookkeeping import TAG
from livercad.server.datastore import StudyDatastore
from livercad.server.labelled import labels_of

logger = logging.getLogger(__name__)

RECORDS = 500
"""So many of the newest submissions are looked through for cases that several annotators have labelled."""
SHOWN = 20
"""Cases."""


@dataclass(frozen=True)
class Compared:
    """What came of the comparison of a case's labels.

    Parameters
    ----------
    case : str
        The case.
    version : int
        Its current label when they were compared.
    agreements : tuple of Agreement
        Of every two annotators.
    problem : str
        Why there are none.
    """

    case: str
    version: int
    agreements: tuple[Agreement, ...]
    problem: str = ""


class Agreements:
    """Compares what annotators have said of the same case.

    Parameters
    ----------
    store : callable
        Returns the datastore.
    """

    def __init__(self, store: Callable[[], StudyDatastore]) -> None:
        self._store = store
        self._known: dict[str, Compared] = {}
        self._comparing = threading.Lock()

    def of(self, case: str) -> tuple[Agreement, ...]:
        """Compare the newest label of every annotator of a case.

        Parameters
        ----------
        case : str
            The case.

        Returns
        -------
        tuple of Agreement
            Of every two annotators; empty where fewer have labelled it.

        Raises
        ------
        UnknownNameError
            If there is no such case.
        InputError
            If labels cannot be read or compared.
        """
        store = self._store()
        version = store.current_version(case, TAG)
        known = self._known.get(case)
        if known and known.version == version and not known.problem:
            return known.agreements
        found = tuple(compare_all(labels_of(store, case)))
        self._known[case] = Compared(case, version, found)
        return found

    def shown(self) -> tuple[list[Compared], int]:
        """Cases that several annotators have labelled lately.

        Returns
        -------
        compared : list of Compared
            Those that have been compared, the latest submission first.
        left : int
            How many are being compared now; ask again.
        """
        store, cases = self._store(), self._cases()
        versions = {case: store.current_version(case, TAG) for case in cases}
        known = {case: self._known.get(case) for case in cases}
        compared = [found for case, found in known.items() if found and found.version == versions[case]]
        left = [case for case in cases if case not in {found.case for found in compared}]
        if left and not self._comparing.locked():
            threading.Thread(target=self._compare, args=(left,), name="compare annotators", daemon=True).start()
        return compared, len(left)

    def _cases(self) -> list[str]:
        store = self._store()
        annotators: dict[str, set[str]] = {}
        for record in store.book.audit.read(RECORDS, Event.SUBMISSION):
            annotators.setdefault(record["case"], set()).add(record["who"])
        several = [case for case, who in annotators.items() if len(who) > 1 and case in store.catalogue.studies]
        return several[:SHOWN]

    def _compare(self, cases: list[str]) -> None:
        if not self._comparing.acquire(blocking=False):
            return
        try:
            for case in cases:
                self._compare_one(case)
        finally:
            self._comparing.release()

    def _compare_one(self, case: str) -> None:
        version = 0
        try:
            version = self._store().current_version(case, TAG)
            self.of(case)
        except (LiverCADError, OSError) as error:
            logger.warning("The labels of case %s cannot be compared: %s", case, error)
            self._known[case] = Compared(case, version, (), str(error))
