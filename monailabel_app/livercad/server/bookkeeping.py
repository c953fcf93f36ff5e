"""What a studies folder keeps of who labels what: sides of its cases, reservations, scores, the audit log."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from monailabel.interfaces.datastore import DefaultLabelTag

from livercad.errors import InputError
from livercad.learning.audit import AuditLog, Event
from livercad.learning.folder import learning_folder
from livercad.learning.left_out import reasons_of
from livercad.learning.pool import SHARE, Pool
from livercad.learning.reservations import MINUTES, Reservations
from livercad.learning.scores import Scores
from livercad.studies.patients import Patients
from livercad.studies.study import Series, Study

logger = logging.getLogger(__name__)

TAG = DefaultLabelTag.FINAL.value
"""Labels that are learnt from."""
ANNOTATION = "submission"
"""In a label's info: what the LiverCAD module's annotation says, for lists."""


class Bookkeeping:
    """The books of a studies folder; each is opened when it is first needed.

    Parameters
    ----------
    root : Path
        The studies folder.
    share : float
        Of patients that become validation cases.
    minutes : float
        How long a case that an annotator was given is kept for them.
    """

    def __init__(self, root: Path, share: float = SHARE, minutes: float = MINUTES) -> None:
        self._root, self._share, self._minutes = root, share, minutes
        self._assigning = threading.Lock()
        self._left_out: set[str] | None = None

    @cached_property
    def audit(self) -> AuditLog:
        """Who did what when."""
        return AuditLog(learning_folder(self._root))

    @cached_property
    def pool(self) -> Pool:
        """Sides of cases."""
        return Pool(learning_folder(self._root), self._share)

    @cached_property
    def reservations(self) -> Reservations:
        """Who has which case. One process at a time has them open: the server."""
        return Reservations(learning_folder(self._root), self._minutes)

    @cached_property
    def scores(self) -> Scores:
        """What models say of cases that nobody has labelled. One process at a time has them open: the server."""
        return Scores(learning_folder(self._root))

    def open(self) -> None:
        """Open the books that requests share, before there are any: two threads must not open one twice."""
        _ = self.audit, self.pool, self.reservations, self.scores

    def saved(self, case: str, tag: str, info: dict[str, Any], *, again: bool = False) -> None:
        """Record a label that has been saved, before the save counts as done.

        Parameters
        ----------
        case, tag : str
            Whose label it is; only final ones are recorded.
        info : dict
            What is kept with it, its `version` among it.
        again : bool, default False
            Whether it may have been recorded already, by a server that was killed then.
        """
        if tag != TAG or (again and self.audit.read(1, Event.SUBMISSION, case=case, version=info["version"])):
            return
        state = info.get(ANNOTATION, {}).get("state")
        self.audit.record(Event.SUBMISSION, who_saved(info), case=case, version=info["version"], state=state)

    def removed(self, case: str, tag: str, version: int) -> None:
        """Record that a label was removed."""
        if tag == TAG:
            self.audit.record(Event.LABEL_REMOVED, "", case=case, version=version)

    def drawn(self, case: str, image: str, who: str, version: int) -> None:
        """Record circles that were drawn on an ultrasound image."""
        self.audit.record(Event.CIRCLES, who, case=case, image=image, version=version)

    def handed(self, case: str, who: str, strategy: str) -> None:
        """Record that an annotator was given a case."""
        self.audit.record(Event.RESERVATION, who, case=case, strategy=strategy)

    def skip(self, case: str, who: str) -> None:
        """Put back a case that an annotator does not want now."""
        self.reservations.skip(case, who)
        self.audit.record(Event.SKIP, who, case=case)

    def take_in(self, study: Study, reference: Series) -> None:
        """Do what a submission means beyond its label: the case is in nobody's hands, and on a side for good.

        Parameters
        ----------
        study : Study
            The case. Its images are read if it has no side yet; where that fails, it has none until it is tried again.
        reference : Series
            The image that its label lies on.
        """
        self.reservations.release(study.case)
        self.assign([(study, reference)])

    def assign(self, cases: Iterable[tuple[Study, Series]]) -> None:
        """Give cases their sides if they have none, and keep what is told of patients and images since then.

        Parameters
        ----------
        cases : iterable of (Study, Series)
            Each with the image that its label lies on.
        """
        try:
            patients = Patients(self._root)
        except InputError as error:
            logger.warning("No case gets a side of the pool now: %s", error)
            return
        for study, reference in cases:
            try:
                self._assign(study, reference, patients.of(study))
            except (InputError, OSError) as error:
                logger.warning("Case %s has got no side of the pool yet: %s", study.case, error)
        self._record_left_out()

    def _assign(self, study: Study, reference: Series, patient: str) -> None:
        new = self.pool.look(study.case, patient, study, reference)
        with self._assigning:
            is_new = self.pool.side(study.case) is None
            side = self.pool.assign(study.case, patient, *new)
            if is_new:
                self.audit.record(Event.ASSIGNED, "", case=study.case, side=side)

    def _record_left_out(self) -> None:
        """Record which training cases are left out of trainings from now on and why, and which are no longer."""
        with self._assigning:
            now = reasons_of(self.pool)
            if self._left_out is None:
                self._left_out = self._recorded_as_left_out()
            for case in sorted(now.keys() - self._left_out):
                logger.warning("Case %s is not trained on any more: it %s", case, now[case])
                self.audit.record(Event.LEFT_OUT, "", case=case, reason=now[case])
            for case in sorted(self._left_out - now.keys()):
                self.audit.record(Event.TAKEN_BACK, "", case=case)
            self._left_out = set(now)

    def _recorded_as_left_out(self) -> set[str]:
        newest: dict[str, str] = {}
        for record in self.audit.read():
            if record["event"] in (Event.LEFT_OUT, Event.TAKEN_BACK):
                newest.setdefault(record["case"], record["event"])
        return {case for case, event in newest.items() if event == Event.LEFT_OUT}

    def record_sides(self) -> None:
        """Record the sides of which the audit log does not know, as after a kill between the two."""
        with self._assigning:
            known = {record["case"] for record in self.audit.read(event=Event.ASSIGNED)}
            for case, side in self.pool.sides().items():
                if case not in known:
                    self.audit.record(Event.ASSIGNED, "", case=case, side=side)

    def warn_of_late_lists(self) -> None:
        """Tell the log of cases that were put on the list of the test set when they had another side."""
        for case, side in self.pool.listed_too_late().items():
            logger.warning("Case %s is listed for the test set too late: it is a %s case already.", case, side)


def who_saved(info: dict[str, Any]) -> str:
    """Who has saved a label, as its info tells: the annotation's annotator, else what a stock client calls itself."""
    return str(info.get(ANNOTATION, {}).get("annotator") or info.get("client_id") or info.get("user") or "")
