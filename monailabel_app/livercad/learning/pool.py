"""Training, validation or test: on which side a case is, decided once and for good."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from livercad.errors import InputError
from livercad.learning.cases import LabelledCase
from livercad.learning.contents import contents_of, stamp_study
from livercad.learning.journal import Journal
from livercad.learning.kin import kin_of
from livercad.studies.study import Series, Study

logger = logging.getLogger(__name__)

NAME = "pool.jsonl"
TEST_LIST = "test.txt"
"""Beside it: the locked test set, a case or patient a line; what follows a # is a comment."""
SHARE = 0.2


class Side(StrEnum):
    """What a case's labels are for."""

    TRAINING = "training"
    VALIDATION = "validation"
    """Versions of a model are compared on these cases."""
    TEST = "test"
    """Neither trained on nor chosen by."""


STRICTEST = (Side.TEST, Side.VALIDATION, Side.TRAINING)
"""Where the cases that a new one belongs with are on several sides, it goes to the first of these."""


@dataclass(frozen=True)
class Place:
    """What is known of an assigned case.

    Parameters
    ----------
    side : Side
        Where it is.
    patient : str
        As `patient_key` makes it.
    contents : frozenset of str
        Hashes of its images, also of former ones.
    stamp : str
        Of the files that were hashed last, see `stamp_study`.
    """

    side: Side
    patient: str
    contents: frozenset[str]
    stamp: str = ""


class Pool:
    """The sides of a folder's cases, in an append-only file.

    A case's side is drawn when it is first assigned, by a hash of its patient: the same on every machine and in any
    order of cases. Cases of one patient, and cases with an image in common, stay together. No side ever changes,
    whatever becomes of the share, the images, the patient or the list of the test set. Where it turns out later that
    cases of several sides belong together, those on the side of training are left out of trainings (`left_out`).

    Parameters
    ----------
    folder : Path
        Where ``pool.jsonl`` lies, and ``test.txt`` if there is a locked test set.
    share : float, default 0.2
        Share of patients that become validation cases from now on.

    Raises
    ------
    InputError
        If the share is not between 0 and 1.
    """

    def __init__(self, folder: Path, share: float = SHARE) -> None:
        if not 0 <= share <= 1:
            raise InputError(
                "the share of validation cases",
                found=str(share),
                expected="a number from 0 to 1",
                todo="Take 0.2, for example.",
            )
        self._folder, self._share = folder, share
        self._journal = Journal(folder / NAME)
        self._journal.repair()
        self._places: dict[str, Place] = {}
        self._lock = threading.RLock()

    def add(self, labelled: LabelledCase) -> Side:
        """Assign a case by its patient and the contents of its images, or learn what is new of them.

        Parameters
        ----------
        labelled : LabelledCase
            Its images are read, unless they are known already.

        Returns
        -------
        Side
            Its side from now on.

        Raises
        ------
        InputError
            If an image of a case that has no side cannot be read.
        """
        case, patient = labelled.case, labelled.patient
        new = self.look(case, patient, labelled.study, labelled.reference)
        return self.assign(case, patient, *new)

    def look(self, case: str, patient: str, study: Study, reference: Series) -> tuple[tuple[str, ...], str]:
        """Read the images of a case as far as they are not known, for `assign`.

        Returns
        -------
        contents : tuple of str
            Hashes; empty where there is nothing new, or where a case that has its side cannot be read now.
        stamp : str
            Of their files; empty likewise.

        Raises
        ------
        InputError
            If an image of a case that has no side cannot be read.
        """
        with self._lock:
            self._catch_up()
            known = self._places.get(case)
        try:
            stamp = stamp_study(study, reference)
            return ((), "") if known and known.stamp == stamp else (contents_of(study, reference), stamp)
        except InputError:
            if known is None:
                raise
            return (), ""

    def assign(self, case: str, patient: str, contents: Collection[str] = (), stamp: str = "") -> Side:
        """Give a case its side; the one that it has if it has one. What is new of it is kept.

        Parameters
        ----------
        case : str
            Its name.
        patient : str
            Whose it is; the case's name where nobody knows.
        contents : collection of str
            Hashes of its images. Cases that share one belong together.
        stamp : str, optional
            Of the files of which these are.

        Returns
        -------
        Side
            Its side from now on.
        """
        key, hashes = patient_key(patient), frozenset(contents)
        with self._lock, self._journal.locked():
            self._catch_up()
            known = self._places.get(case)
            if known and key == known.patient and hashes <= known.contents and stamp in ("", known.stamp):
                return known.side
            side = known.side if known else self._choose(case, patient, hashes)
            record = {"case": case, "side": side, "patient": key, "contents": sorted(hashes), "stamp": stamp}
            self._journal.append(record)
            self._catch_up()
            return side

    def side(self, case: str) -> Side | None:
        """Side of a case; None as long as it has none."""
        with self._lock:
            self._catch_up()
            place = self._places.get(case)
            return place.side if place else None

    def sides(self) -> dict[str, Side]:
        """Side of every case that has one."""
        with self._lock:
            self._catch_up()
            return {case: place.side for case, place in self._places.items()}

    def left_out(self) -> dict[str, tuple[str, ...]]:
        """Training cases that belong with cases of other sides: by patient or image, directly or through others.

        Returns
        -------
        dict of str to tuple of str
            By case, the cases of other sides. Nothing may be learnt from it any more, or what those tell is not true.
        """
        with self._lock:
            self._catch_up()
            ties = {case: (place.patient, *place.contents) for case, place in self._places.items()}
            training = {case for case, place in self._places.items() if place.side is Side.TRAINING}
        return kin_of(training, ties)

    def usable(self) -> dict[str, Side]:
        """Side of every case that has one, but for those that are `left_out`."""
        gone = self.left_out()
        return {case: side for case, side in self.sides().items() if case not in gone}

    def test_list(self) -> frozenset[str]:
        """Cases and patients of the locked test set, as ``test.txt`` has them now."""
        try:
            lines = (self._folder / TEST_LIST).read_text(encoding="utf-8-sig").splitlines()
        except FileNotFoundError:
            return frozenset()
        return frozenset(name for line in lines if (name := line.partition("#")[0].strip()))

    def listed_too_late(self) -> dict[str, Side]:
        """Cases of the test list that were on another side before they, or their patient, were listed."""
        listed = self.test_list()
        keys = {patient_key(name) for name in listed}
        with self._lock:
            self._catch_up()
            return {
                case: place.side
                for case, place in self._places.items()
                if place.side is not Side.TEST and (case in listed or place.patient in keys)
            }

    def _choose(self, case: str, patient: str, contents: frozenset[str]) -> Side:
        key = patient_key(patient)
        kin = {
            other: place.side
            for other, place in self._places.items()
            if place.patient == key or place.contents & contents
        }
        if {case, patient} & self.test_list():
            if others := [other for other, side in kin.items() if side is not Side.TEST]:
                logger.warning(
                    "Case %s is in the test set, but cases of its patient or with its images are not: %s",
                    case,
                    ", ".join(sorted(others)),
                )
            return Side.TEST
        if kin:
            return min(kin.values(), key=STRICTEST.index)
        return Side.VALIDATION if _fraction(key) < self._share else Side.TRAINING

    def _catch_up(self) -> None:
        for record in self._journal.unread():
            before = self._places.get(record["case"])
            contents = frozenset(record["contents"]) | (before.contents if before else frozenset())
            side = before.side if before else Side(record["side"])  # the first word is the last
            stamp = record.get("stamp") or (before.stamp if before else "")
            self._places[record["case"]] = Place(side, record["patient"], contents, stamp)


def patient_key(patient: str) -> str:
    """Identify a patient without the name, which may be a real one."""
    return hashlib.sha256(f"livercad patient {patient}".encode()).hexdigest()[:24]


def _fraction(key: str) -> float:
    """A number in [0, 1) that looks random and is always the same for a key."""
    return int.from_bytes(hashlib.sha256(f"livercad pool {key}".encode()).digest()[:8]) / 2**64
