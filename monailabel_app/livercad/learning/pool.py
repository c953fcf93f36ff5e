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
from livercad.learning.journal import Journal

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
        Hashes of its images.
    """

    side: Side
    patient: str
    contents: frozenset[str]


class Pool:
    """The sides of a folder's cases, in an append-only file.

    A case's side is drawn when it is first assigned, by a hash of its patient: the same on every machine and in any
    order of cases. Cases of one patient, and cases with an image in common, stay together. No side ever changes,
    whatever becomes of the share, the images or the list of the test set.

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
        """Assign a case by its patient and the contents of its images.

        Parameters
        ----------
        labelled : LabelledCase
            Its images are read, unless the case is known already.

        Returns
        -------
        Side
            Its side from now on.

        Raises
        ------
        InputError
            If an image cannot be read.
        """
        known = self.side(labelled.case)
        return known or self.assign(labelled.case, labelled.patient, labelled.contents())

    def assign(self, case: str, patient: str, contents: Collection[str] = ()) -> Side:
        """Give a case its side; the one that it has if it has one.

        Parameters
        ----------
        case : str
            Its name.
        patient : str
            Whose it is; the case's name where nobody knows.
        contents : collection of str
            Hashes of its images. Cases that share one belong together.

        Returns
        -------
        Side
            Its side from now on.
        """
        key, hashes = patient_key(patient), frozenset(contents)
        with self._lock, self._journal.locked():
            self._catch_up()
            known = self._places.get(case)
            if known and key == known.patient and hashes <= known.contents:
                return known.side
            side = known.side if known else self._choose(case, patient, hashes)
            record = {"case": case, "side": side, "patient": key, "contents": sorted(hashes)}
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
            self._places[record["case"]] = Place(side, record["patient"], contents)


def patient_key(patient: str) -> str:
    """Identify a patient without the name, which may be a real one."""
    return hashlib.sha256(f"livercad patient {patient}".encode()).hexdigest()[:24]


def _fraction(key: str) -> float:
    """A number in [0, 1) that looks random and is always the same for a key."""
    return int.from_bytes(hashlib.sha256(f"livercad pool {key}".encode()).digest()[:8]) / 2**64
