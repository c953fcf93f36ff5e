"""The analyses of this server: one analyzer, its latest result, and lesions that clients have marked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from livercad.core.findings import PhaseRead
from livercad.errors import LiverCADError, ModelError
from livercad.pipeline.analyzer import Analyzer
from livercad.progress import Progress, part
from livercad.server.given import instances_of, read_given
from livercad.server.images import stamp_of_study
from livercad.server.results import Result
from livercad.studies.study import Study

logger = logging.getLogger(__name__)


class Analyses:
    """Makes analyses; the models are loaded once, when they are first needed.

    Parameters
    ----------
    load : callable
        Loads the models.
    remember : callable
        Told of every study that was analysed, and of what is known of its phases then.
    """

    def __init__(self, load: Callable[[], Analyzer], remember: Callable[[Study, tuple[PhaseRead, ...]], None]) -> None:
        self.problem = ""
        self._load = load
        self._remember = remember
        self._loading = threading.Lock()
        self._analyzer: Analyzer | None = None
        self._latest: tuple[tuple[Study, str], Result] | None = None

    def analyzer(self) -> Analyzer:
        """The models.

        Raises
        ------
        ModelError
            If weights are missing; `problem` tells why from then on, until they are there.
        """
        with self._loading:
            if self._analyzer is None:
                try:
                    self._analyzer, self.problem = self._load(), ""
                except ModelError as error:
                    self.problem = str(error)
                    raise
            return self._analyzer

    def warm_up(self) -> None:
        """Load the models before they are needed."""
        try:
            self.analyzer()
        except ModelError as error:
            logger.warning("Inferences will be refused: %s", error)

    def at_hand(self, study: Study) -> Result | None:
        """The latest result, if it is that of a study whose files and phases have not changed since."""
        latest = self._latest
        if latest is None or latest[0][0] != study or latest[0][1] != stamp_of_study(study):
            return None
        return latest[1]

    def analyse(self, study: Study, progress: Progress) -> Result:
        """Analyse a study; the latest result is kept, so that several requests on one case cost one analysis.

        Parameters
        ----------
        study : Study
            The images.
        progress : Progress
            Told of every step.

        Returns
        -------
        Result
            The same Findings as `livercad analyze` writes.
        """
        if known := self.at_hand(study):
            progress(1.0, 1.0, "done")
            return known
        key = study, stamp_of_study(study)
        result = Result.of(self.analyzer()(study, progress))
        self._latest = key, result
        self._remember(study, result.findings.phases)
        return result

    def classify(self, request: dict[str, Any], progress: Progress) -> Result:
        """Measure and classify the lesions that a request gives, see `livercad.server.given`.

        Parameters
        ----------
        request : dict
            `study`, and `lesions` or `label`.
        progress : Progress
            Told of every step.

        Returns
        -------
        Result
            The study's, with these lesions in place of those that were found.

        Raises
        ------
        InputError
            If something is wrong with the lesions.
        """
        given = read_given(request)
        analysis = self.analyse(request["study"], part(progress, 0.0, 0.9)).analysis
        instances = instances_of(given, request.get("label"), analysis.reference)
        return Result(self.analyzer().describe(analysis, instances, part(progress, 0.9, 1.0)))

    def recognise(self, study: Study, progress: Progress) -> None:
        """Look at the images of a study for their phases; what is seen is remembered.

        Parameters
        ----------
        study : Study
            The images.
        progress : Progress
            Told of every step.
        """
        self._remember(study, self.analyzer().phases_of(study, progress))

    def look(self, study: Study) -> tuple[PhaseRead, ...]:
        """The phases of a study for `PhaseMemory`; empty where they cannot be told at present."""
        try:
            return self.analyzer().phases_of(study)
        except LiverCADError as error:  # the images can be shown all the same
            logger.warning("The phases of case %s are not recognised: %s", study.case, error)
            return ()
