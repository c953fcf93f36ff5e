"""The analyses of this server: one analyzer, its latest result, and lesions that clients have marked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from livercad.core.findings import ModelUsed, PhaseRead
from livercad.errors import LiverCADError, ModelError
from livercad.pipeline.analyzer import Analyzer
from livercad.progress import Progress, part
from livercad.server.given import instances_of, read_given
from livercad.server.images import stamp_of_study
from livercad.server.results import Result
from livercad.server.serving import Serving
from livercad.studies.study import Study

logger = logging.getLogger(__name__)


_Key = tuple[Study, str, tuple[ModelUsed, ...]]
"""What a result was made from: images, the state of their files, models."""


def _key_of(study: Study, analyzer: Analyzer) -> _Key:
    return study, stamp_of_study(study), analyzer.models


class Analyses:
    """Makes analyses with the champions; the models are loaded when they are first needed, and again when one changes.

    Parameters
    ----------
    load : callable
        Loads the models.
    remember : callable
        Told of every study that was analysed, and of what is known of its phases then.
    """

    def __init__(self, load: Callable[[], Analyzer], remember: Callable[[Study, tuple[PhaseRead, ...]], None]) -> None:
        self._serving = Serving(load)
        self._remember = remember
        self._latest: tuple[_Key, Result] | None = None

    @property
    def problem(self) -> str:
        """Why the models in use are not those that should be, or there are none; empty if all is well."""
        return self._serving.problem

    def analyzer(self) -> Analyzer:
        """The models; ModelError if weights are missing. See `Serving`."""
        return self._serving.analyzer()

    def served(self) -> tuple[ModelUsed, ...]:
        """What answers at present; empty before the models are loaded."""
        analyzer = self._serving.at_hand()
        return analyzer.models if analyzer else ()

    def follow_champions(self) -> None:
        """Answer with the champions of now; returns when they do, or raises ModelError, and the former go on."""
        self._serving.follow_champions()

    def warm_up(self) -> None:
        """Load the models before they are needed."""
        try:
            self.analyzer()
        except ModelError as error:
            logger.warning("Inferences will be refused: %s", error)

    def at_hand(self, study: Study) -> Result | None:
        """The latest result, if it is that of a study whose files and phases, and of models that, have not changed."""
        latest, analyzer = self._latest, self._serving.at_hand()
        if latest is None or analyzer is None or latest[0] != _key_of(study, analyzer):
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
            The same Findings as `livercad analyze` writes. They name the models, which are those of when it began.
        """
        return self._analyse(self.analyzer(), study, progress)

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
        given, analyzer = read_given(request), self.analyzer()  # one for both steps, whatever is promoted meanwhile
        analysis = self._analyse(analyzer, request["study"], part(progress, 0.0, 0.9)).analysis
        instances = instances_of(given, request.get("label"), analysis.reference)
        return Result(analyzer.describe(analysis, instances, part(progress, 0.9, 1.0)))

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

    def _analyse(self, analyzer: Analyzer, study: Study, progress: Progress) -> Result:
        key, latest = _key_of(study, analyzer), self._latest
        if latest is not None and latest[0] == key:
            progress(1.0, 1.0, "done")
            return latest[1]
        result = Result.of(analyzer(study, progress))
        self._latest = key, result
        self._remember(study, result.findings.phases)
        return result
