"""The `livercad` command: puts the commands together and turns expected errors into one line.

A command's module imports torch, MONAI and the like inside its function, so that the help is there at once.
"""

from __future__ import annotations

import errno
import sys
import traceback
from typing import Annotated, NoReturn

import typer

from livercad import __version__
from livercad.cli import models, phantom, reproduce, train
from livercad.cli.analyze import analyze
from livercad.cli.deeplesion import deeplesion
from livercad.cli.evaluate import evaluate
from livercad.cli.serve import serve
from livercad.cli.simulate import simulate_active_learning
from livercad.cli.ultrasound import ultrasound
from livercad.errors import LiverCADError

HELP = """Find the liver and its lesions on CT, measure them, and report.

1. `livercad models install` fetches the pre-trained networks, once.
2. `livercad analyze STUDIES --output OUT` analyses every study of a folder, CT or ultrasound.
3. `livercad serve STUDIES` gives the same to 3D Slicer and other MONAI Label clients.

Research software, not a medical device.
"""

USER_ERROR_STATUS = 2
REFUSALS = frozenset(
    (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)
)
"""What the file system says of folders and disks that are the user's to choose."""

app = typer.Typer(
    name="livercad",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


app.add_typer(models.app, name="models")
app.add_typer(phantom.app, name="phantom")
app.add_typer(reproduce.app, name="reproduce")
app.add_typer(train.app, name="train")
app.command()(analyze)
app.command()(evaluate)
app.command()(deeplesion)
app.command()(serve)
app.command()(ultrasound)
app.command()(simulate_active_learning)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"livercad {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; a `LiverCADError` becomes its message on stderr and exit status 2.

    So does what the file system refuses. Any other exception is a defect of LiverCAD's and keeps its traceback.
    """
    try:
        app()
    except LiverCADError as error:
        _refuse(str(error))
    except OSError as error:
        if error.errno not in REFUSALS and not _is_of_making_a_folder(error):
            raise
        _refuse(
            f"{error.filename or 'the disk'}: found that the system refuses to read or write it ({error.strerror}); "
            "expected a place with room where you may. Mend its permissions, make room, or name another place."
        )


def _is_of_making_a_folder(error: OSError) -> bool:
    """Whether a folder cannot be made, as in /proc; any other file that is missing is a defect."""
    return error.errno == errno.ENOENT and traceback.extract_tb(error.__traceback__)[-1].name in ("mkdir", "makedirs")


def _refuse(message: str) -> NoReturn:
    typer.echo(f"livercad: {message}", err=True)
    sys.exit(USER_ERROR_STATUS)
