"""``GET /livercad/cases/{case}/agreement``: how far annotators agree."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from livercad.server.instance import livercad_app

router = APIRouter(prefix="/livercad/cases/{case}/agreement", tags=["Cases"])


@router.get("")
def show_agreement(case: str) -> dict[str, Any]:
    """Compare the newest complete label of every annotator of a case with those of the others.

    Of every two: Dice of the liver and of all lesions, how many lesions each has outlined and both have, and Cohen's
    kappa of the types and classes that both have told of them (null where it is not defined).
    """
    app = livercad_app()
    app.datastore().study(case)
    return {"case": case, "pairs": [found.to_dict() for found in app.agreements.of(case)]}
