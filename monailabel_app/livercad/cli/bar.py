"""A progress bar in the terminal for whatever takes a `Progress` callback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from livercad.progress import Progress


@contextmanager
def progress_bar(console: Console) -> Iterator[Progress]:
    """Show a bar while the block runs.

    Parameters
    ----------
    console : Console
        Shows the bar if it is a terminal, and nothing otherwise.

    Yields
    ------
    Progress
        The callback to hand to the work.
    """
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with RichProgress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def show(done: float, total: float, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield show
