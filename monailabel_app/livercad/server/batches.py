"""An infer task over many cases, in this process with the models that are loaded already.

MONAI Label starts a process for a batch, which loads every model once more, and by default asks for a GPU that may
not be there. Here a batch is a job like others: it has progress and can be cancelled, and single inferences get
their turn between its cases.
"""

from __future__ import annotations

import logging
import tempfile
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from livercad.errors import Cancelled, InputError, LiverCADError
from livercad.progress import part
from livercad.server.errors import reason_of
from livercad.server.instance import livercad_app
from livercad.server.jobs import Job, State, reporting_to
from livercad.server.turns import Turns

logger = logging.getLogger(__name__)

STATUS = {
    State.QUEUED: "SUBMITTED",
    State.RUNNING: "RUNNING",
    State.DONE: "DONE",
    State.FAILED: "ERROR",
    State.CANCELLED: "STOPPED",
}
"""A job's state in MONAI Label's words."""


class Batch:
    """One batch; results are saved as labels.

    Parameters
    ----------
    job : Job
        Its progress.
    cases : list of str
        In the order they are done.
    request : dict
        `model`, `label_tag` and what else goes to the infer task.
    """

    def __init__(self, job: Job, cases: list[str], request: dict[str, Any]) -> None:
        self.job = job
        self.cases = cases
        self.request = request
        self.details: list[str] = []
        self.results: dict[str, dict[str, Any]] = {}

    async def run(self, turns: Turns) -> None:
        """Run the task on every case; one that fails is written down and the next one begins.

        Raises
        ------
        Cancelled
            If the job was.
        InputError
            If cases failed, when all others are done.
        """
        with self.job.followed():
            for number, case in enumerate(self.cases):
                try:
                    self.results[case] = await turns.run(self.job, partial(self._infer, number, case))
                    self.details.append(f"{case}: done")
                except Cancelled:
                    raise
                except Exception as error:
                    if not isinstance(error, LiverCADError):
                        logger.exception("Case %s of a batch failed", case)
                    self.results[case] = {}
                    self.details.append(f"{case}: {reason_of(error)}")
            failed = [case for case, result in self.results.items() if not result]
            if failed:
                raise InputError(
                    "batch",
                    found=f"{len(failed)} of {len(self.cases)} cases that failed: {', '.join(failed)}",
                    expected="none",
                    todo="GET /batch/infer tells why.",
                )

    def to_dict(self) -> dict[str, Any]:
        """Describe it as MONAI Label does a background task."""
        task = {
            "id": self.job.id,
            "status": STATUS[self.job.state],
            "request": {**self.request, "images": self.cases},
            "start_ts": clock(self.job.created),
            "details": self.details,
        }
        return {**task, "end_ts": clock(self.job.ended)} if self.job.ended else task

    def _infer(self, number: int, case: str) -> dict[str, Any]:
        count = len(self.cases)
        report = part(self.job.report, number / count, (number + 1) / count)
        with (
            reporting_to(lambda done, total, what: report(done, total, f"{case}: {what}")),
            tempfile.TemporaryDirectory(prefix="batch-") as folder,
        ):
            result = livercad_app().infer({**self.request, "image": case, "save_label": True, "folder": Path(folder)})
            del result["file"]
            return result


def clock(seconds: float) -> str:
    """A time in seconds since 1970 as MONAI Label's clients show it."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")
