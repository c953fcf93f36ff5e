"""``POST /activelearning/{strategy}``: the next case for an annotator.

MONAI Label's own route writes the whole index down for every request, asks `info` for what no strategy reads, and
knows no annotators.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse

from livercad.errors import InputError
from livercad.server.errors import ConflictError
from livercad.server.instance import livercad_app
from livercad.server.names import LONGEST
from livercad.server.sent_json import check_characters

router = APIRouter(prefix="/activelearning", tags=["ActiveLearning"])

Params = Annotated[dict[str, Any] | None, Body()]
RECENT_S = 2.0
"""New studies may come up so much later."""
NAMES = ("annotator", "client_id")
"""How clients of ours, and stock ones, call who asks."""


@router.post("/{strategy}")
def next_sample(request: Request, strategy: str, params: Params = None) -> JSONResponse:
    """Choose a case, and reserve it for who asks: `annotator`, else `client_id`, else the address.

    `skip` names a case that is put back for others before. The answer is ``{}`` when every case has a label, and has
    only a `reason` when the others are in other hands.
    """
    wishes = params or {}
    app, who = livercad_app(), asker(wishes, request)
    app.check_task("strategy", strategy)
    store = app.datastore(RECENT_S)
    if store.catalogue.ultrasound and not store.catalogue.studies:
        raise ConflictError(
            f"strategy {strategy!r}",
            found="cases of ultrasound only",
            expected="cases of CT, of which it chooses the next one",
            todo="GET /livercad/cases lists the cases of ultrasound; has_label tells where circles are drawn.",
        )
    if skipped := wishes.get("skip"):
        store.book.skip(store.study(str(skipped)).case, who)
    chosen = app.choose({**wishes, "strategy": strategy, "who": who})
    if chosen is None:
        return JSONResponse(_nothing(len(store.get_unlabeled_images())))
    case = chosen["id"]
    held = store.book.reservations.holder(case)
    until = {"reserved_until": _time(held.until)} if held else {}
    return JSONResponse({**store.get_image_info(case), **chosen, **until})


def asker(params: dict[str, Any], request: Request) -> str:
    """Who sends a request: the name that it gives, else the address that it comes from.

    Parameters
    ----------
    params : dict
        What the client wishes.
    request : Request
        How it came.

    Returns
    -------
    str
        Not empty.

    Raises
    ------
    InputError
        If the name is none, or there is anything in `params` that cannot be written.
    """
    check_characters(params, "the request")
    name = next((params[key] for key in NAMES if params.get(key)), "")
    if not isinstance(name, str) or len(name) > LONGEST:
        raise InputError("annotator", found=repr(name)[:LONGEST], expected="a name", todo="Mend the request.")
    return name.strip() or f"somebody at {request.client.host if request.client else 'an unknown address'}"


def _nothing(left: int) -> dict[str, str]:
    if not left:
        return {}
    words = "The case that is left is" if left == 1 else f"The {left} cases that are left are"
    return {"reason": f"{words} with other annotators at present; ask again later."}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
