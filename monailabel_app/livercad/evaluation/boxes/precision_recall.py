"""Precision against recall, lesion by lesion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livercad.evaluation.boxes.hits import Mark, Marked


@dataclass(frozen=True)
class PrecisionRecall:
    """A precision-recall curve.

    Parameters
    ----------
    thresholds : tuple of float
        Every score that occurs, falling.
    precision : tuple of float
        Share of the boxes of that score or more that are hits; further boxes on a lesion are none, as in average
        precision.
    recall : tuple of float
        Share of the lesions that are hit: the sensitivity.
    """

    thresholds: tuple[float, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]


def precision_recall(marked: Marked) -> PrecisionRecall:
    """Make the curve.

    Parameters
    ----------
    marked : Marked
        What was hit, by any criterion; at least one lesion.

    Returns
    -------
    PrecisionRecall
        With a point for every score; none without boxes.
    """
    order = sorted(marked.boxes, key=lambda one: -one.box.score)
    if not order:
        return PrecisionRecall((), (), ())
    scores = np.array([one.box.score for one in order])
    hits = np.cumsum([one.mark is Mark.HIT for one in order])
    last = np.flatnonzero(np.diff(scores, append=-np.inf))
    return PrecisionRecall(
        tuple(scores[last].tolist()),
        tuple((hits[last] / (last + 1)).tolist()),
        tuple((hits[last] / len(marked.lesions)).tolist()),
    )
