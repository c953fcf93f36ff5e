"""What the models in use say of a case that nobody has labelled: how unsure they are, and what it looks like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livercad.core.findings import ModelUsed
from livercad.learning.score_table import Score
from livercad.pipeline.analysis import Analysis
from livercad.pipeline.analyzer import Analyzer
from livercad.progress import Progress, part, silent
from livercad.studies.study import Study

METHOD = 1
"""Counts up when scores of the same models mean something else."""


def name_models(models: Sequence[ModelUsed]) -> str:
    """Name models so that a score can tell by whom it is: names, versions and the beginning of their hashes."""
    return "; ".join([f"scores {METHOD}", *(f"{one.name} {one.version} {one.sha256[:12]}" for one in models)])


def score(analyzer: Analyzer, study: Study, progress: Progress = silent) -> Score:
    """Score a case. It takes a few times as long as its analysis.

    Parameters
    ----------
    analyzer : Analyzer
        The models.
    study : Study
        The case.
    progress : Progress
        Told of every step; may raise Cancelled.

    Returns
    -------
    Score
        Uncertainty of the lesions in the reference phase, the largest doubt about the class of any lesion, and the
        features of liver and lesions; without what models that are not there would tell.

    Raises
    ------
    InputError, ImageContentError
        As of the analysis.
    """
    analysis = analyzer(study, part(progress, 0.0, 0.4))
    uncertainty = analyzer.find_lesions.uncertainty(analysis.reference, analysis.liver, part(progress, 0.4, 0.95))
    known = analyzer.recognize_phase
    liver = known.liver_features(analysis.reference, analysis.liver) if known else None
    classification, lesions = _classes(analyzer, analysis)
    progress(1.0, 1.0, "scored")
    return Score(uncertainty, classification, liver, lesions)


def _classes(analyzer: Analyzer, analysis: Analysis) -> tuple[float | None, np.ndarray | None]:
    """Doubt about the classes, and the mean of the lesions' features."""
    images = {image.phase: image.aligned for image in analysis.phases if image.phase}
    if analyzer.classify is None or not images:
        return None, None
    doubts = analyzer.classify.doubts(images, analysis.findings.lesions)
    if not doubts:
        return 0.0, None
    return max(doubt.value for doubt in doubts.values()), np.mean([doubt.features for doubt in doubts.values()], axis=0)
