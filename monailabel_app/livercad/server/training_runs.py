"""A training done by a process of its own; where that is killed, another one goes on from its checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from livercad.errors import Cancelled
from livercad.progress import part
from livercad.server.jobs import Job
from livercad.server.training_process import KilledError, TrainingProcess, checkpoint_stamp

logger = logging.getLogger(__name__)

EVERY_S = 0.1
"""How often it is looked whether somebody wants a training to stop."""
CLOSING_S = 3.0
"""So long a server that ends waits for a training's checkpoint; there is one of the last step in any case."""
TRAINED = 0.97
"""Share of the progress at which the weights are written."""


class TrainingRuns:
    """Has trainings done, one at a time.

    Attributes
    ----------
    is_closing : bool
        Whether the server ends.
    """

    def __init__(self) -> None:
        self.is_closing = False
        self._process: TrainingProcess | None = None

    def close(self) -> None:
        """End with the server: the process that is at work writes its checkpoint, if it is quick."""
        self.is_closing = True
        if self._process:
            self._process.stop(CLOSING_S)

    def train(self, place: Path, job: Job, begin: Callable[[], None]) -> None:
        """Train to the end.

        Parameters
        ----------
        place : Path
            The training's folder.
        job : Job
            Told of the progress up to `TRAINED`; a wish to cancel it stops the training.
        begin : callable
            Called before every process.

        Raises
        ------
        Cancelled
            If it was asked to stop, or the server ends.
        KilledError
            If its process was killed twice at the same place.
        InputError
            If it has failed.
        """
        before, is_stuck = checkpoint_stamp(place), False
        while True:
            begin()
            try:
                return self._train_in_one_process(place, job)
            except KilledError as error:
                reached = checkpoint_stamp(place)
                if is_stuck and reached == before:  # once more at the same place: the next one would not come further
                    raise
                before, is_stuck = reached, reached == before
                logger.warning("%s The training goes on from its checkpoint.", error)

    def _train_in_one_process(self, place: Path, job: Job) -> None:
        process = self._process = TrainingProcess(place)
        report = part(job.report, 0.0, TRAINED)
        fraction, what = 0.0, "starting"
        try:
            for told in process.news(EVERY_S):
                fraction, what = told.get("fraction", fraction), told.get("what", what)
                if told or job.cancel_asked:
                    report(fraction, 1.0, what)
                if self.is_closing:
                    raise Cancelled
        finally:
            process.stop()
