"""`livercad serve`: the MONAI Label server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livercad.errors import InputError


def serve(
    studies: Annotated[Path, typer.Argument(metavar="STUDIES", help="Folder of studies.")],
    host: Annotated[str, typer.Option(help="Address to listen at; any but 127.0.0.1 asks clients for a token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, help="TCP port.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="LIVERCAD_TOKEN",
            help="What clients must send as bearer token, or as password in the stock MONAI Label module. "
            "Made and printed when --host asks for one and none is given.",
        ),
    ] = None,
    app_conf: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A setting, for example minimum_score=0.7 or parallel=2; repeatable."),
    ] = None,
    app: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Another MONAI Label app folder, built on LiverCAD's.")
    ] = None,
) -> None:
    """Serve a folder of studies to 3D Slicer and other MONAI Label clients.

    Labels that clients save, with all their versions, go to STUDIES/labels.
    """
    from livercad.server.launch import launch

    launch(studies, host=host, port=port, token=token, conf=_pairs(app_conf or []), app=app, say=typer.echo)


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = dict(text.partition("=")[::2] for text in texts)
    for name, value in pairs.items():
        if not name or not value:
            raise InputError(
                f"--app-conf {name}", found="no value", expected="NAME=VALUE", todo="See livercad serve --help."
            )
    return pairs
