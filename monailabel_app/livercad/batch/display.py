"""What a person sees of a batch: a bar on a terminal, a line a case elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from livercad.batch.work import Outcome, State

MARKS = {State.DONE: ("✓", "green"), State.FAILED: ("✗", "red"), State.CANCELLED: ("–", "yellow")}


class Display:
    """Tells how far a batch is.

    Parameters
    ----------
    console : Console
        A bar is shown where it is a terminal.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]}", style="cyan", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._fractions: dict[str, float] = {}
        self._total = self._ended = 0
        self._start = 0.0

    def say(self, text: str) -> None:
        """Print a line, above the bar where there is one."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def waiting(self, what: str) -> AbstractContextManager[object]:
        """Show that something takes a moment."""
        return self.console.status(what) if self.console.is_terminal else nullcontext()

    @contextmanager
    def counting(self, what: str, total: int) -> Iterator[None]:
        """Show how far the cases are that `started`, `moved` and `ended` speak of.

        Parameters
        ----------
        what : str
            Shown while no case is under way.
        total : int
            How many cases there are.
        """
        self._fractions, self._total, self._ended, self._start = {}, total, 0, time.monotonic()
        task = self._bar.add_task(what, total=total, pace="")
        with self._bar:
            try:
                yield
            finally:
                self._bar.remove_task(task)

    def started(self, case: str) -> None:
        """A case is under way."""
        self._fractions[case] = 0.0
        self._refresh()

    def moved(self, case: str, fraction: float) -> None:
        """A case is so far, in [0, 1]."""
        self._fractions[case] = fraction
        self._refresh()

    def ended(self, outcome: Outcome) -> None:
        """A case is done, has failed or was cancelled."""
        self._fractions.pop(outcome.case, None)
        self._ended += 1
        self._refresh()
        self.tell(outcome, f"[{self._ended}/{self._total}] ", self._pace())

    def tell(self, outcome: Outcome, count: str = "", pace: str = "") -> None:
        """Print how a case ended.

        Parameters
        ----------
        outcome : Outcome
            Of the case.
        count, pace : str
            Printed where no bar shows them.
        """
        took = f", {duration(outcome.seconds)}" if outcome.seconds else ""
        if self.console.is_terminal:
            line = Text.assemble(MARKS[outcome.state], f" {outcome.case}  {outcome.note}{took}")
            self.console.print(line, soft_wrap=True)
        else:
            self.say(f"{count}{outcome.case}: {outcome.state}, {outcome.note}{took}" + (f" ({pace})" if pace else ""))

    def skipped(self) -> None:
        """A case needs nothing."""
        self._ended += 1
        self._refresh()

    def _refresh(self) -> None:
        for task in self._bar.task_ids:
            done = self._ended + sum(self._fractions.values())
            self._bar.update(task, completed=done, pace=self._pace())
            if self._fractions:
                self._bar.update(task, description=", ".join(self._fractions))

    def _pace(self) -> str:
        done, passed = self._ended + sum(self._fractions.values()), time.monotonic() - self._start
        if done < 0.05 or passed < 1.0:
            return ""
        pace, left = f"{60 * done / passed:.1f} cases/min", (self._total - done) * passed / done
        return f"{pace}, {duration(left)} left" if self._ended < self._total else pace


def duration(seconds: float) -> str:
    """Write a time as a person would: ``41 s``, ``12 min``, ``3.2 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"
