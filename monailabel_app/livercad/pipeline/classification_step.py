"""The last step: what kinds of lesions there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from livercad.classification.views import LesionView
from livercad.core.lesion import Lesion
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.pipeline.parts import Classifier
from livercad.progress import Progress


def classify_lesions(
    lesions: Sequence[Lesion], images: Mapping[Phase, Volume], classify: Classifier | None, progress: Progress
) -> tuple[tuple[Lesion, ...], dict[int, LesionView]]:
    """Say of every lesion what it looks like.

    Parameters
    ----------
    lesions : sequence of Lesion
        Measured.
    images : mapping of Phase to Volume
        Every phase in HU on one grid.
    classify : Classifier or None
        None leaves the lesions as they are.
    progress : Progress
        Told of the lesions.

    Returns
    -------
    tuple of Lesion
        With their classification, where no phase is unknown.
    dict of int to LesionView
        What the classifier saw, by number.
    """
    if classify is None or not lesions or not images:
        return tuple(lesions), {}
    classified = classify(images, lesions, progress)
    views = {number: one.view for number, one in classified.items()}
    return (
        tuple(
            replace(one, classification=classified[one.number].classification) if one.number in classified else one
            for one in lesions
        ),
        views,
    )
