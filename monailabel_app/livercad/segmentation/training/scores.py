"""What a version's predictor scores on labelled cases: the same code as in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.ndimage import find_objects

from livercad.core.diameters import longest_axial_diameters
from livercad.core.taxonomy import Label
from livercad.core.volume import Volume
from livercad.errors import ImageContentError
from livercad.evaluation.lesions import compare_lesions
from livercad.evaluation.outcomes import Outcome
from livercad.evaluation.overlap import Overlap
from livercad.evaluation.settings import EvaluationSettings
from livercad.learning.cases import LabelledCase
from livercad.learning.metrics import SMALL_MM, CaseMetrics
from livercad.models.version import ModelVersion
from livercad.progress import Progress, part
from livercad.segmentation.lesions import LesionPredictor
from livercad.segmentation.liver import LiverPredictor
from livercad.settings import Settings

KEPT = 0.5
"""Of a lesion's voxels, so that a liver has it. Our choice."""

Measured = Mapping[str, CaseMetrics]
Measure = Callable[[LabelledCase, Progress], tuple[CaseMetrics, Volume]]
"""Scores of a case and what was predicted there."""


def lesion_measure(weights: ModelVersion, settings: Settings) -> Measure:
    """Score lesions that a version finds in the outlined liver.

    Parameters
    ----------
    weights : ModelVersion
        Of the lesion network.
    settings : Settings
        As in use.

    Returns
    -------
    callable
        Takes a case whose lesions are outlined. The outlined liver is taken: the scores are this network's only.
    """
    predictor = LesionPredictor(settings, weights)

    def measure(case: LabelledCase, progress: Progress) -> tuple[CaseMetrics, Volume]:
        image, label = case.read_image(), case.read_label()
        found = predictor(image, label.like((label.array > 0).astype(np.uint8)), progress)
        truth = label.like((label.array == Label.LESION).astype(np.uint8))
        results = compare_lesions(found.instances, case.read_instances(), EvaluationSettings(), found.scores)
        small = [result for result in results if result.true and result.true.diameter_mm < SMALL_MM]
        metrics = CaseMetrics(
            patient=case.patient,
            truth=case.fingerprint(),
            lesion_dice=Overlap.of(found.instances, truth).dice,
            small_lesions=len(small),
            small_found=sum(result.outcome is Outcome.HIT for result in small),
            false_positives=sum(result.outcome is Outcome.FALSE_POSITIVE for result in results),
        )
        return metrics, found.instances

    return measure


def liver_measure(weights: ModelVersion, settings: Settings) -> Measure:
    """Score the liver that a version finds, and how many small lesions it keeps; where it finds none the Dice is 0.

    Parameters
    ----------
    weights : ModelVersion
        Of the liver network.
    settings : Settings
        As in use.

    Returns
    -------
    callable
        Takes a case.
    """
    predictor = LiverPredictor(settings, weights)

    def measure(case: LabelledCase, progress: Progress) -> tuple[CaseMetrics, Volume]:
        image, label = case.read_image(), case.read_label()
        try:
            found = predictor(image, progress)
        except ImageContentError:
            found = label.like(np.zeros_like(label.array))
        small, kept = _small_lesions(case.read_instances(), found) if case.has_lesions else (0, 0)
        metrics = CaseMetrics(
            patient=case.patient,
            truth=case.fingerprint(),
            liver_dice=Overlap.of(found, label).dice,
            small_lesions=small,
            small_found=kept,
        )
        return metrics, found

    return measure


def _small_lesions(instances: Volume, liver: Volume) -> tuple[int, int]:
    """How many there are, and of how many the liver has a share of `KEPT`: the others nobody can find in it."""
    small = kept = 0
    for number, box in enumerate(find_objects(instances.array), start=1):
        if box is None:
            continue
        lesion = instances.like(instances.array == number).crop([s.start for s in box], [s.stop for s in box])
        if longest_axial_diameters(lesion)[0].length_mm < SMALL_MM:
            small += 1
            kept += bool((liver.array[box][lesion.array] > 0).mean() >= KEPT)
    return small, kept


def measure_all(measure: Measure, cases: Sequence[LabelledCase], progress: Progress) -> dict[str, CaseMetrics]:
    """Score cases one after the other, by name."""
    return {
        case.case: measure(case, part(progress, number / len(cases), (number + 1) / len(cases)))[0]
        for number, case in enumerate(cases)
    }
