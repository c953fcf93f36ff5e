"""The images of a labelled case, laid over the one that its label lies on, as an analysis does it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.learning.cases import LabelledCase
from livercad.registration.align import align
from livercad.segmentation.liver import LiverPredictor
from livercad.settings import Settings
from livercad.studies.reading import load_series


def laid_by(settings: Settings) -> Callable[[LabelledCase], dict[Phase, Volume]]:
    """Make what lays the images of a case.

    Parameters
    ----------
    settings : Settings
        Where the liver network runs.

    Returns
    -------
    callable
        Takes a case, gives its images by phase. Only series whose phase is told take part; the reference's liver is the
        outlined one, those of the other phases are found by the liver network.
    """
    finders: list[LiverPredictor] = []

    def lay(case: LabelledCase) -> dict[Phase, Volume]:
        reference = case.read_image()
        images: dict[Phase, Volume] = {}
        if case.reference.phase:
            images[case.reference.phase] = reference
        label = case.read_label()
        liver = label.like((label.array > 0).astype(np.uint8))
        for series in case.study.series:
            if series is not case.reference and series.phase and series.phase not in images:
                if not finders:
                    finders.append(LiverPredictor(settings))
                moving = load_series(series)
                images[series.phase] = align(moving, finders[0](moving), reference, liver).image
        return images

    return lay
