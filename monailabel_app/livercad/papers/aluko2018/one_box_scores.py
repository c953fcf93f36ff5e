"""From answers with one box to numbers: mean squared error, and sensitivity (Figure 3)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from livercad.evaluation.boxes.overlaps import iou
from livercad.evaluation.intervals import share_over_patients
from livercad.papers.aluko2018.images import Example, ImageData
from livercad.papers.aluko2018.plan import Curves, Training
from livercad.papers.aluko2018.results import OneBoxResult, OneBoxScores
from livercad.papers.aluko2018.scoring import CONFIDENCE, HIT, interval
from livercad.studies.deeplesion.rows import Part


def one_box_result(title: str, training: Training, data: ImageData) -> OneBoxResult:
    """Score a network that answers with one box.

    Parameters
    ----------
    title : str
        Of the network.
    training : Training
        With its answers.
    data : ImageData
        What it answered.

    Returns
    -------
    OneBoxResult
        On training and test images, the truth being the largest annotated box.
    """
    scores = {
        part: _one_box_scores(np.array(training.answers[part.title]), [data.examples[n] for n in data.numbers(part)])
        for part in (Part.TRAINING, Part.TEST)
    }
    return OneBoxResult(
        title=title,
        train=scores[Part.TRAINING],
        test=scores[Part.TEST],
        epochs=training.epochs,
        parameters=training.parameters,
        trained_parameters=training.trained_parameters,
        seconds=training.seconds,
        curves=training.curves,
    )


def mean_box_result(data: ImageData) -> OneBoxResult:
    """Score the mean of the training images' boxes as everybody's answer: what any network has to beat.

    Parameters
    ----------
    data : ImageData
        The images.

    Returns
    -------
    OneBoxResult
        Without a training.
    """
    parts = {part: [data.examples[n] for n in data.numbers(part)] for part in (Part.TRAINING, Part.TEST)}
    mean = np.mean([example.lesions[0].box for example in parts[Part.TRAINING]], axis=0)
    scores = {part: _one_box_scores(np.tile(mean, (len(own), 1)), own) for part, own in parts.items()}
    return OneBoxResult(
        title="Mean box of the training images",
        train=scores[Part.TRAINING],
        test=scores[Part.TEST],
        epochs=0,
        parameters=4,
        trained_parameters=4,
        seconds=0.0,
        curves=Curves(training={}, validation={}),
    )


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """IoU of two boxes."""
    return float(iou(np.array([one], dtype=float), np.array([other], dtype=float))[0, 0])


def _one_box_scores(answered: npt.NDArray[np.float64], examples: Sequence[Example]) -> OneBoxScores:
    true = np.array([example.lesions[0].box for example in examples])
    hits = [overlap(_ordered(box), truth) > HIT for box, truth in zip(answered, true, strict=True)]
    share = share_over_patients(hits, [str(example.patient) for example in examples], CONFIDENCE, 0)
    if share is None:
        raise ValueError("no image to score")
    return OneBoxScores(mse=round(float(((answered - true) ** 2).mean()), 6), sensitivity=interval(share))


def _ordered(box: npt.NDArray[np.float64]) -> list[float]:
    """A network may answer with an upper corner below the lower one: that box has no area."""
    x0, y0, x1, y1 = box.tolist()
    return [x0, y0, max(x0, x1), max(y0, y1)]
