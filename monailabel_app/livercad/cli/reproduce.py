"""`livercad reproduce`: published studies, repeated."""

from __future__ import annotations

import typer

from livercad.cli.reproduce_yasaka2018 import yasaka2018

app = typer.Typer(no_args_is_help=True, help="Repeat published studies: their protocol, tables and figures.")


@app.callback()
def _reproduce() -> None:
    """Keep `yasaka2018` a command of its own, though it is the only one."""


app.command()(yasaka2018)
