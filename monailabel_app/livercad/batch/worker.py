"""What runs in a Ray actor: an analyzer that keeps its models, in a process of its own."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from livercad.batch.folder import token_file
from livercad.batch.manifest import hash_inputs
from livercad.batch.work import Case, CaseAnalyzer, Outcome, analyse_case
from livercad.core.findings import ModelUsed
from livercad.errors import Cancelled, InputError


class Worker:
    """Computes one case after another. `stop` may be called meanwhile, from another thread.

    Parameters
    ----------
    load : callable
        Gives the analyzer.
    studies, out : Path
        The folders of the batch, as the driver sees them.
    token : str
        What the driver has put into `out`, see `folder.token_file`.
    save_aligned : bool, default False
        As in `runner.Job`.
    """

    def __init__(
        self, load: Callable[[], CaseAnalyzer], studies: Path, out: Path, token: str, save_aligned: bool = False
    ) -> None:
        self._load, self._studies, self._out, self._token = load, studies, out, token
        self._save_aligned = save_aligned
        self._stopping = threading.Event()

    def prepare(self) -> tuple[ModelUsed, ...]:
        """Load the models and say which they are.

        Raises
        ------
        InputError
            If this machine does not see the driver's folders.
        ModelError
            If the models cannot be loaded.
        """
        token = token_file(self._out)
        if not self._studies.exists() or not token.is_file() or token.read_text() != self._token:
            raise InputError(
                f"{self._studies}, {self._out}",
                found=f"that the machine {platform.node()} of the cluster does not see them",
                expected="studies and output in folders that all machines share, under the same path",
                todo="Move both to such folders, or use --workers without --cluster.",
            )
        self._analyzer = self._load()
        return self._analyzer.models

    def analyse(self, study: Case) -> Outcome:
        """Compute a case and put its results in place, see `work.analyse_case`."""
        inputs = partial(hash_inputs, study)
        return analyse_case(self._analyzer, study, self._out, inputs, self._check, save_aligned=self._save_aligned)

    def stop(self) -> None:
        """Cancel the case under way."""
        self._stopping.set()

    def _check(self, done: float, total: float, what: str) -> None:
        if self._stopping.is_set():
            raise Cancelled
