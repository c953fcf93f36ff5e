"""Starting the server: `livercad serve`."""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path

from livercad.core.findings import DISCLAIMER
from livercad.errors import InputError
from livercad.server.options import read_options
from livercad.server.sole import occupy
from livercad.settings import app_folder
from livercad.studies.atomic import write_text

MAIN = "from livercad.server.app import LiverCADApp  # noqa: F401\n"
GRACE_S = 10
"""So long requests that are being answered may take after the server was told to end."""


def launch(
    studies: Path,
    *,
    host: str,
    port: int,
    token: str | None,
    conf: Mapping[str, str],
    app: Path | None,
    say: Callable[[str], None],
) -> None:
    """Serve a folder of studies until told to end.

    Parameters
    ----------
    studies : Path
        The folder.
    host : str
        Address to listen at. Where that is not this machine's own loopback address and no token is given, one is
        made and said.
    port : int
        TCP port.
    token : str or None
        What clients must send.
    conf : mapping of str to str
        See `livercad.server.options.Options`.
    app : Path or None
        Another app folder than LiverCAD's own.
    say : callable
        Shows a line to the user.

    Raises
    ------
    InputError
        If a folder is not there, another server has it, the port is taken or an option does not fit.
    """
    if not studies.is_dir():
        raise InputError(studies, found="no such folder", expected="a folder of studies", todo="Check the path.")
    if app and not (app / "main.py").is_file():
        raise InputError(app, found="no main.py in it", expected="a MONAI Label app folder", todo="Check --app.")
    options = read_options(conf)
    token = token or options.token
    _check_port(host, port)
    occupy(studies)
    if not token and not _is_loopback(host):
        token = secrets.token_urlsafe(24)
        say(f"Token for clients, made for this start (livercad serve --token sets one of yours): {token}")
    folder = app or _own_app_folder()
    os.environ["MONAI_LABEL_APP_DIR"] = str(folder.resolve())
    os.environ["MONAI_LABEL_STUDIES"] = os.path.abspath(studies)  # links stay, as in `livercad analyze`
    os.environ["MONAI_LABEL_APP_CONF"] = json.dumps({key: value for key, value in conf.items() if key != "token"})
    os.environ["MONAI_LABEL_SERVER_PORT"] = str(port)
    if token:
        os.environ["LIVERCAD_TOKEN"] = token
    _log_to(folder / "logs" / "app.log")
    say(f"Serving {studies} at http://{host}:{port} - Ctrl-C ends it. {DISCLAIMER}")

    import uvicorn

    from livercad.server.instance import livercad_app  # these read the environment, so not before
    from livercad.server.outer import app as application

    livercad_app()  # what is wrong with the studies folder is said now, and without a traceback
    uvicorn.run(application, host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_S)


def _own_app_folder() -> Path:
    folder = app_folder()
    write_text(folder / "main.py", MAIN)
    return folder


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_port(host: str, port: int) -> None:
    """Say it before seconds go into loading, and without a traceback."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise InputError(
            f"{host}:{port}",
            found=f"an address that cannot be listened at ({error.strerror})",
            expected="a free port of this machine",
            todo="Choose others with --host and --port.",
        ) from error


def _log_to(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    console = logging.StreamHandler()
    file = RotatingFileHandler(path, maxBytes=10_000_000, backupCount=3, encoding="utf-8")
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, handlers=[console, file], format=form)
    logging.getLogger("monailabel").setLevel(logging.WARNING)  # else each request is logged with all its parameters
    logging.getLogger("timeloop").disabled = True  # MONAI Label's scheduler tells each of its steps
