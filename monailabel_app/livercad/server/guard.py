"""Who may ask, and for what: the first thing that a request meets.

Without a token, only this machine is answered: the peer must be a loopback address, the ``Host`` header must name
this machine (else a web page could reach the server through a DNS name of its own). With a token, every route but
`HEALTH` and the log-in of the stock clients (`LOGIN`) asks for ``Authorization: Bearer TOKEN``; `PAGE` takes the token
as password of any user name as well. Either way, requests that a browser sends on behalf of another site are refused,
and names that would lead out of the studies folder.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from livercad.errors import InputError
from livercad.server.names import JOB, SESSION, check_form, check_name

HEALTH = "/livercad/health"
PAGE = "/livercad/"
"""The page for browsers: these ask people for a password, and send it as Basic authentication does."""
LOGIN = frozenset({"/auth/", "/auth/token"})
NAMES = {"image": "image", "label": "label", "id": "image", "tag": "label tag"}
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
PORT = re.compile(r":\d+$")
MORE = "Start it with a token to let other machines in (livercad serve --help)."


def same_token(sent: str, expected: str) -> bool:
    """Compare in a time that does not tell how much of it was right."""
    return hmac.compare_digest(sent.encode(), expected.encode())


class Guard:
    """ASGI middleware that refuses before anything else is done.

    Parameters
    ----------
    app : ASGIApp
        What is guarded.
    token : callable
        Returns the token asked for, or None.
    origins : frozenset of str
        Other web sites whose pages may use the server, as ``http://host:port``.
    """

    def __init__(self, app: ASGIApp, token: Callable[[], str | None], origins: frozenset[str]) -> None:
        self.app = app
        self.token = token
        self.origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with the reason why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refused = self._refusal(Request(scope))
        await (refused or self.app)(scope, receive, send)

    def _refusal(self, request: Request) -> JSONResponse | None:
        # Not that of request.url, which hides a backslash and, before Starlette 1, ends at an encoded question mark.
        path: str = request.scope["path"]
        try:
            _check_path(path)
            _check_query(request.url.query)
        except InputError as error:
            return _answer(400, str(error))
        if path == HEALTH:
            return None
        origin = request.headers.get("origin")
        if origin and origin not in self.origins and origin.partition("//")[2] != request.headers.get("host"):
            return _answer(403, f"Pages of {origin} may not use this server.")
        token = self.token()
        if token is None:
            return _refuse_others(request)
        if path in LOGIN:
            return None
        kind, _, sent = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and same_token(sent.strip(), token):
            return None
        wanted = {"WWW-Authenticate": "Bearer"}
        if path == PAGE and request.method in ("GET", "HEAD"):
            if kind.lower() == "basic" and same_token(_password(sent), token):
                return None
            wanted = {
                "WWW-Authenticate": 'Basic realm="LiverCAD: any user name, the token as password", charset="UTF-8"'
            }
        return _answer(401, "This server asks for its token: Authorization: Bearer TOKEN.", wanted)


def _password(sent: str) -> str:
    """The password of Basic authentication (RFC 7617, section 2); empty where there is none."""
    try:
        return base64.b64decode(sent.strip(), validate=True).decode("utf-8").partition(":")[2]
    except ValueError:  # no base64, or no UTF-8
        return ""


def _refuse_others(request: Request) -> JSONResponse | None:
    if not _is_loopback(request.client.host if request.client else ""):
        return _answer(403, f"Without a token this server answers only the machine it runs on. {MORE}")
    if PORT.sub("", request.headers.get("host", "")) not in LOCAL_NAMES:
        return _answer(403, f"Without a token this server goes by the name 127.0.0.1 or localhost only. {MORE}")
    return None


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _check_path(path: str) -> None:
    parts = path.strip("/").split("/")
    for part in filter(None, parts):
        check_name(part, "path")
    if parts[0] == "session" and len(parts) > 1:
        check_form(parts[1], SESSION, "session")


def _check_query(query: str) -> None:
    for key, value in parse_qsl(query):  # empty values are left out: they mean the default
        if key in NAMES:
            check_name(value, NAMES[key])
        elif key == "session_id":
            check_form(value, SESSION, "session")
        elif key == "job":
            check_form(value, JOB, "job")
        elif key == "uncompress" and value.lower() not in {"0", "false", "no", "off"}:
            # MONAI Label unpacks archives wherever their members say.
            raise InputError("uncompress", found=value, expected="false", todo="Send the files one by one.")


def _answer(status: int, reason: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": reason}, status, headers)
