"""`livercad reproduce`: published studies, repeated."""

from __future__ import annotations

import typer

from livercad.cli.reproduce_aluko2018 import aluko2018
from livercad.cli.reproduce_qi2019 import qi2019
from livercad.cli.reproduce_shah2021 import shah2021
from livercad.cli.reproduce_yamakawa2020 import yamakawa2020
from livercad.cli.reproduce_yasaka2018 import yasaka2018

app = typer.Typer(no_args_is_help=True, help="Repeat published studies: their protocol, tables and figures.")


app.command()(aluko2018)
app.command()(qi2019)
app.command()(shah2021)
app.command()(yamakawa2020)
app.command()(yasaka2018)
