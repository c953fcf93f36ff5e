"""Who computes the cases of a batch: here, this very process, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from livercad.batch.display import Display
from livercad.batch.manifest import hash_inputs
from livercad.batch.stop import Stop
from livercad.batch.work import Case, CaseAnalyzer, Outcome, analyse_case
from livercad.core.findings import ModelUsed
from livercad.progress import Progress


@dataclass(frozen=True)
class Job:
    """What a runner needs to know of the batch.

    Parameters
    ----------
    studies : Path
        Folder of the studies, absolute.
    out : Path
        The output folder, absolute.
    token : str
        What `folder.token_file` holds.
    stop : Stop
        To look at often.
    display : Display
        To tell which case is under way and how far it is.
    save_aligned : bool, default False
        Write the other phases, laid over the reference phase, as well.
    """

    studies: Path
    out: Path
    token: str
    stop: Stop
    display: Display
    save_aligned: bool = False


class Runner(AbstractContextManager["Runner"], Protocol):
    """Computes cases. Entered before it is used; leaving ends all that it has started."""

    def describe(self) -> dict[str, Any]:
        """Say in a few words, for the record, who computes."""

    def prepare(self, job: Job) -> tuple[ModelUsed, ...]:
        """Load the models and say which they are; raises LiverCADError where that fails."""

    def run(self, job: Job, studies: Sequence[Case]) -> Iterator[Outcome]:
        """Yield an outcome a case as they come, in any order; after `job.stop` the rest is left out."""


class SerialRunner:
    """One process, one case after another, the models loaded once.

    Parameters
    ----------
    load : callable
        Gives the analyzer.
    """

    def __init__(self, load: Callable[[], CaseAnalyzer]) -> None:
        self._load = load

    def __enter__(self) -> SerialRunner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def describe(self) -> dict[str, Any]:
        """Say who computes, see `Runner`."""
        return {"kind": "one process"}

    def prepare(self, job: Job) -> tuple[ModelUsed, ...]:
        """Load the models, see `Runner`."""
        self._analyzer = self._load()
        return self._analyzer.models

    def run(self, job: Job, studies: Sequence[Case]) -> Iterator[Outcome]:
        """Compute the cases, see `Runner`.

        While one is computed, a thread hashes the files of the next: that also leaves them in the system's cache of
        files, so that reading them as images hardly waits for a disk or a network, at no memory of this process.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="hash") as ahead:
            upcoming = [ahead.submit(hash_inputs, studies[0])] if studies else []
            for number, study in enumerate(studies):
                if number + 1 < len(studies):
                    upcoming.append(ahead.submit(hash_inputs, studies[number + 1]))
                if job.stop.asked:
                    return
                job.display.started(study.case)
                yield analyse_case(
                    self._analyzer,
                    study,
                    job.out,
                    upcoming.pop(0).result,
                    _watch(job, study.case),
                    save_aligned=job.save_aligned,
                )


def _watch(job: Job, case: str) -> Progress:
    def progress(done: float, total: float, what: str) -> None:
        job.stop.check()
        job.display.moved(case, done / total if total else 0.0)

    return progress
