"""The first words with a server: is it one, does it fit, does it let us in."""

from dataclasses import dataclass
from typing import Any

from LiverCADLib.addresses import pathOf
from LiverCADLib.clientErrors import NotThereError, TokenError, VersionError, WrongAppError
from LiverCADLib.connection import Connection
from LiverCADLib.translation import _

API = 1
"""Of the server's routes that this client is written for."""


@dataclass(frozen=True)
class ServerInfo:
    """What a server says of itself.

    Parameters
    ----------
    address : str
        In full.
    version : str
        Of its software.
    needsToken : bool
        Whether it asks for a token.
    """

    address: str
    version: str
    needsToken: bool


def greet(connection: Connection, hasToken: bool) -> ServerInfo:
    """See that a LiverCAD server of a fitting version answers, and that it takes the token.

    Raises
    ------
    ClientError
        Of the class that tells what to do: `WrongAppError`, `VersionError`, `TokenError`, `UnreachableError`, ...
    """
    try:
        health = connection.json("GET", pathOf("livercad", "health"))
    except NotThereError as error:
        raise wrongApp(connection.address) from error
    if not isinstance(health, dict) or health.get("status") != "ok" or health.get("app", "LiverCAD") != "LiverCAD":
        raise wrongApp(connection.address)
    version = str(health.get("version", "?"))
    _checkApi(health.get("api", 0), version)
    info = ServerInfo(connection.address, version, bool(health.get("needs_token")))
    if info.needsToken and not hasToken:
        sentence = _("{address} asks for a token. Ask who runs it, and enter it in the section Server.")
        raise TokenError(sentence.format(address=connection.address), 401)
    connection.json("GET", pathOf("livercad", "jobs"))
    return info


def wrongApp(address: str) -> WrongAppError:
    """Return the error for an address at which something else answers."""
    sentence = _("What answers at {address} is no LiverCAD server. See that address and port are right.")
    return WrongAppError(sentence.format(address=address))


def _checkApi(api: Any, version: str) -> None:
    if api == API:
        return
    sentence = (
        _("The server (version {version}) is older than this module. Update the server.")
        if not isinstance(api, int) or api < API
        else _("The server (version {version}) is newer than this module. Update the extension LiverCAD.")
    )
    raise VersionError(sentence.format(version=version))
