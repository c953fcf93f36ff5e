"""The log-in that stock MONAI Label clients know: any user name, the server's token as password.

MONAI Label's own authentication rejects every token (it calls PyJWT 2 without algorithms); with these three routes
its Slicer module asks for a password and then sends it as the bearer token.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException

from livercad.server.guard import same_token
from livercad.server.instance import expected_token

router = APIRouter(prefix="/auth", tags=["Auth"])


@router.get("/")
async def is_enabled() -> dict[str, bool]:
    """Whether a token is asked for."""
    return {"enabled": expected_token() is not None}


@router.post("/token")
async def log_in(password: Annotated[str, Form()] = "") -> dict[str, Any]:
    """Give the token to who knows it."""
    token = expected_token()
    if token is None:
        return {"access_token": None, "token_type": None}
    if not same_token(password, token):
        raise HTTPException(401, "The password is this server's token, as it was given to livercad serve.")
    return {"access_token": token, "token_type": "bearer"}


@router.get("/token/valid")
async def is_valid() -> dict[str, str]:
    """Answer who has come past the guard."""
    return {"username": "livercad"}
