"""Long commands that Ctrl-C or SIGTERM ends in order: what was done is kept, and a sentence says what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from livercad.batch.stop import listening
from livercad.cli.bar import progress_bar
from livercad.errors import Cancelled
from livercad.progress import Progress

INTERRUPTED_STATUS = 130
"""128 + SIGINT, as shells have it."""
GOES_ON = "the same command goes on from here"
BEGINS_AGAIN = "the same command begins again"
"""Where nothing half-done can be used."""


@contextmanager
def stoppable(console: Console, then: str = GOES_ON) -> Iterator[Progress]:
    """Show a progress bar over work that may be stopped.

    Ctrl-C (SIGINT) and SIGTERM end it where it next tells its progress, so that it keeps what it has; a second one ends
    it at once. Either way the command says so and exits with `INTERRUPTED_STATUS`.

    Parameters
    ----------
    console : Console
        For the bar, if it is a terminal, and the sentence.
    then : str
        What the same command will do when it is given again.

    Yields
    ------
    Progress
        To hand to the work; raises `Cancelled`.
    """
    try:
        with listening("work ends where it can be taken up again") as stop, progress_bar(console) as show:

            def progress(done: float, total: float, what: str) -> None:
                stop.check()
                show(done, total, what)

            yield progress
    except (Cancelled, KeyboardInterrupt):
        console.print(f"Stopped; {then}.")
        raise typer.Exit(INTERRUPTED_STATUS) from None
