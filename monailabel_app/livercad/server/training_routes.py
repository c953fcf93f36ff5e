"""``GET /livercad/training``: what can be trained on the submissions. This server trains nothing."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

router = APIRouter(prefix="/livercad/training", tags=["Train"])

REASON = "This version of the server has no trainer: it keeps what is submitted, and does not learn from it."


@router.get("")
async def show_training() -> dict[str, Any]:
    """Tell which trainers there are, why not where there are none, and how the latest training goes."""
    return {"trainers": [], "reason": REASON, "job": None}
