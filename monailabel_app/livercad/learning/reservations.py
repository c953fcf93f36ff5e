"""Cases in annotators' hands: a case that one was given goes to no other for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from livercad.learning.journal import Journal, Record

NAME = "reservations.jsonl"
MINUTES = 60.0
TAKEN, RELEASED, SKIPPED, GIVEN = "taken", "released", "skipped", "given"
"""Kinds of records; the last is what is left of a reservation that has ended."""
FEW = 1000
"""Records; a file of so many is no longer than it needs to be."""


@dataclass(frozen=True)
class Reservation:
    """A case in somebody's hands.

    Parameters
    ----------
    case : str
        The case.
    who : str
        Who was given it.
    since : float
        When, in seconds since 1970.
    until : float
        From then on it may go to others.
    """

    case: str
    who: str
    since: float
    until: float


class Reservations:
    """Who has which case. Kept in a file, so that a restart changes nothing.

    Parameters
    ----------
    folder : Path
        Where ``reservations.jsonl`` lies.
    minutes : float, default 60
        How long a case is reserved, unless it is submitted before.
    clock : callable
        Tells the time, in seconds since 1970.
    """

    def __init__(self, folder: Path, minutes: float = MINUTES, clock: Callable[[], float] = time.time) -> None:
        # Not durable: after a loss of power a case may be given to somebody else, which harms nobody's work.
        self._journal = Journal(folder / NAME, durable=False)
        self._minutes, self._clock = minutes, clock
        self._held: dict[str, Reservation] = {}
        self._given: dict[str, float] = {}
        self._skipped: dict[tuple[str, str], float] = {}
        self._lock = threading.RLock()
        self._open()

    def take(self, order: Iterable[str], who: str) -> str | None:
        """Reserve the first case that somebody may have.

        Cases that others hold are passed over. What the annotator holds already, or has skipped, comes back when
        there is nothing else: skipped ones first, then those held, the oldest first.

        Parameters
        ----------
        order : iterable of str
            Cases, the best first.
        who : str
            For whom.

        Returns
        -------
        str or None
            The case, reserved; None where all are in others' hands.
        """
        with self._lock:
            now, again = self._clock(), []
            for case in order:
                held = self._held_now(case, now)
                if held and held.who != who:
                    continue
                skipped = self._skipped.get((case, who))
                if not held and skipped is None:
                    return self._take(case, who, now)
                again.append((held is not None, skipped or (held.since if held else 0.0), case))
            return self._take(min(again)[2], who, now) if again else None

    def reserve(self, case: str, who: str) -> bool:
        """Reserve a case that somebody has chosen; tells whether it is theirs, and in no other hands."""
        with self._lock:
            now = self._clock()
            held = self._held_now(case, now)
            if held and held.who != who:
                return False
            self._take(case, who, now)
            return True

    def release(self, case: str) -> None:
        """End a reservation, as when the case has been submitted."""
        with self._lock:
            if case in self._held or any(key[0] == case for key in self._skipped):
                self._note({"what": RELEASED, "case": case, "at": self._clock()})

    def skip(self, case: str, who: str) -> None:
        """Put a case back: others may have it at once, and who has skipped it gets it again after all others."""
        with self._lock:
            held = self._held_now(case, self._clock())
            if held is None or held.who == who:
                self._note({"what": SKIPPED, "case": case, "who": who, "at": self._clock()})

    def held(self) -> list[Reservation]:
        """What is in somebody's hands now, the oldest first."""
        with self._lock:
            now = self._clock()
            live = [held for held in self._held.values() if held.until > now]
        return sorted(live, key=lambda held: (held.since, held.case))

    def holder(self, case: str) -> Reservation | None:
        """Who has a case now."""
        with self._lock:
            return self._held_now(case, self._clock())

    def given(self) -> dict[str, float]:
        """When each case was given to somebody for the last time, in seconds since 1970."""
        with self._lock:
            return dict(self._given)

    def _held_now(self, case: str, now: float) -> Reservation | None:
        held = self._held.get(case)
        return held if held and held.until > now else None

    def _take(self, case: str, who: str, now: float) -> str:
        self._note({"what": TAKEN, "case": case, "who": who, "at": now, "until": now + 60 * self._minutes})
        return case

    def _note(self, record: Record) -> None:
        self._journal.append(record)
        self._apply(record)

    def _apply(self, record: Record) -> None:
        what, case, at = record["what"], record["case"], record["at"]
        if what in (TAKEN, GIVEN):
            self._given[case] = at
        if what == TAKEN:
            self._held[case] = Reservation(case, record["who"], at, record["until"])
            self._skipped.pop((case, record["who"]), None)
        elif what == RELEASED:
            self._held.pop(case, None)
            self._skipped = {key: when for key, when in self._skipped.items() if key[0] != case}
        elif what == SKIPPED:
            self._held.pop(case, None)
            self._skipped[case, record["who"]] = at

    def _open(self) -> None:
        """Read the file, and write it anew where most of it is history."""
        self._journal.repair()
        records = self._journal.unread()
        for record in records:
            self._apply(record)
        needed = self._needed()
        if len(records) > 2 * len(needed) + FEW:
            self._journal.rewrite(needed)

    def _needed(self) -> list[Record]:
        """Records that say the same in short."""
        skipped = [{"what": SKIPPED, "case": case, "who": who, "at": at} for (case, who), at in self._skipped.items()]
        given = [{"what": GIVEN, "case": case, "at": at} for case, at in self._given.items() if case not in self._held]
        held = [
            {"what": TAKEN, "case": held.case, "who": held.who, "at": held.since, "until": held.until}
            for held in self._held.values()
        ]
        return [*skipped, *given, *held]  # in this order: who skips a case holds it no longer
