"""The pipeline: one study in, one analysis out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np

from livercad import __version__
from livercad.core.findings import Findings, ModelUsed, PhaseRead
from livercad.core.volume import Volume
from livercad.detection.components import LesionsFound
from livercad.errors import ImageContentError
from livercad.measure.lesions import measure_lesions
from livercad.measure.liver import measure_liver
from livercad.pipeline.analysis import Analysis
from livercad.pipeline.cautions import cautions_of
from livercad.progress import Progress, part, silent
from livercad.settings import Settings
from livercad.studies.reading import load_series
from livercad.studies.study import Series, Study


class LiverFinder(Protocol):
    """Finds the liver: a predictor, or a stand-in for it in a test."""

    model: ModelUsed

    def __call__(self, ct: Volume, progress: Progress = silent) -> Volume:
        """Return a mask (uint8) on the grid of `ct`; raise ImageContentError where there is no liver."""


class LesionFinder(Protocol):
    """Finds the lesions of a liver that is known."""

    model: ModelUsed

    def __call__(self, ct: Volume, liver: Volume, progress: Progress = silent) -> LesionsFound:
        """Return lesions on the grid of `ct`."""


class Analyzer:
    """Liver, lesions and their measurements of one study after another; the models are loaded once.

    Parameters
    ----------
    find_liver : LiverFinder
        The first step.
    find_lesions : LesionFinder
        The second.
    settings : Settings
        What both were made with.
    """

    def __init__(self, find_liver: LiverFinder, find_lesions: LesionFinder, settings: Settings) -> None:
        self.find_liver = find_liver
        self.find_lesions = find_lesions
        self.settings = settings

    @classmethod
    def load(cls, settings: Settings) -> Analyzer:
        """Load the installed models.

        Parameters
        ----------
        settings : Settings
            Device, thresholds and filters.

        Returns
        -------
        Analyzer
            Ready for any number of studies.

        Raises
        ------
        ModelError
            If a model is not installed or its weights are damaged.
        """
        # Imported here, so that who brings other predictors does not load torch.
        from livercad.segmentation.lesions import LesionPredictor
        from livercad.segmentation.liver import LiverPredictor

        return cls(LiverPredictor(settings), LesionPredictor(settings), settings)

    @property
    def models(self) -> tuple[ModelUsed, ...]:
        """What takes part in every analysis."""
        return self.find_liver.model, self.find_lesions.model

    def __call__(self, study: Study, progress: Progress = silent) -> Analysis:
        """Analyse one study.

        Parameters
        ----------
        study : Study
            Its reference series is read; `Study.reference` says which that is.
        progress : Progress
            Told of every step; may raise Cancelled.

        Returns
        -------
        Analysis
            Findings, and the volumes that they speak of, on the reference series' own grid.

        Raises
        ------
        InputError
            If the series cannot be read as CT.
        ImageContentError
            If it shows no liver.
        """
        timings: dict[str, float] = {}
        series = study.reference
        progress(0.0, 1.0, "reading")
        with _timed(timings, "read"):
            ct = load_series(series)
        with _timed(timings, "liver"):
            liver = self._liver_of(ct, series, part(progress, 0.05, 0.3))
        with _timed(timings, "lesions"):
            found = self.find_lesions(ct, liver, part(progress, 0.3, 0.9))
        progress(0.9, 1.0, "measuring")
        with _timed(timings, "measure"):
            # A lesion at the surface that the liver network left out belongs to the liver all the same.
            liver = liver.like(np.logical_or(liver.array, found.instances.array).view(np.uint8))
            liver_finding = measure_liver(ct, liver, found.instances)
            lesions = measure_lesions(ct, liver, found.instances, found.scores)
        phase = PhaseRead(
            phase=series.phase,
            told_by=series.told_by,
            source=series.source,
            shape=ct.shape,
            spacing_mm=ct.spacing,
            is_reference=True,
        )
        findings = Findings(
            case=study.case,
            phases=(phase,),
            liver=liver_finding,
            lesions=lesions,
            warnings=cautions_of(ct, phase, liver_finding, lesions),
            models=self.models,
            livercad_version=__version__,
            timings_s=timings,
        )
        progress(1.0, 1.0, "done")
        return Analysis(findings, ct, liver, found.instances)

    def _liver_of(self, ct: Volume, series: Series, progress: Progress) -> Volume:
        try:
            return self.find_liver(ct, progress)
        except ImageContentError as error:
            # The predictor knows the volume only; the user needs the file.
            raise ImageContentError(
                series.source, found=error.found, expected=error.expected, todo=error.todo
            ) from None


@contextmanager
def _timed(timings: dict[str, float], step: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    timings[step] = round(time.perf_counter() - start, 3)
