"""Routes to the cases in annotators' hands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter

from livercad.learning.reservations import Reservation
from livercad.server.instance import livercad_app

router = APIRouter(prefix="/livercad/reservations", tags=["Cases"])


@router.get("")
def list_reservations() -> list[dict[str, Any]]:
    """List who has which case, the oldest first."""
    return [_shown(held) for held in livercad_app().datastore().book.reservations.held()]


@router.delete("/{case}")
def end_reservation(case: str) -> dict[str, Any]:
    """Let others have a case, as when its annotator has gone home. Ends nobody's work: it can be submitted still."""
    store = livercad_app().datastore()
    store.book.reservations.release(store.study(case).case)
    return {}


def _shown(held: Reservation) -> dict[str, Any]:
    since, until = (datetime.fromtimestamp(t, UTC).isoformat(timespec="seconds") for t in (held.since, held.until))
    return {"case": held.case, "annotator": held.who, "since": since, "until": until}
