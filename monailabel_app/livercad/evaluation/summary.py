"""What an evaluation comes to over all cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, stdev

from livercad.evaluation.class_summary import ClassSummary, summarise_classes
from livercad.evaluation.detection import Detection
from livercad.evaluation.evaluate import Evaluation
from livercad.evaluation.intervals import Estimate, mean_over_cases, wilson
from livercad.evaluation.masks import METRICS, MaskScores
from livercad.evaluation.outcomes import LesionResult
from livercad.evaluation.overlap import Overlap
from livercad.evaluation.phase_summary import PhaseSummary, summarise_phases
from livercad.evaluation.settings import EvaluationSettings
from livercad.evaluation.sizes import SizeBand

ALL_SIZES = "all"


@dataclass(frozen=True)
class MetricSummary:
    """One score over the cases where it is defined.

    Parameters
    ----------
    mean : Estimate
        With its bootstrap interval over cases.
    sd : float or None
        Standard deviation over cases; None for a single one.
    median, minimum, maximum : float
        Over cases.
    """

    mean: Estimate
    sd: float | None
    median: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class MaskSummary:
    """One structure over all cases.

    Parameters
    ----------
    cases : int
        How many were scored.
    metrics : dict of str to MetricSummary
        By name (`livercad.evaluation.masks.METRICS`); a score that is nowhere defined is left out.
    pooled : Overlap
        Sum over cases, for the pooled Dice, VOE and RVD.
    """

    cases: int
    metrics: dict[str, MetricSummary]
    pooled: Overlap


@dataclass(frozen=True)
class DetectionSummary:
    """Lesions found over all cases.

    Parameters
    ----------
    cases : int
        How many had true and predicted lesion masks.
    by_size : dict of str to Detection
        By `SizeBand`, and all together under `ALL_SIZES`.
    false_positives_per_case : Estimate
        Per scan, not per image; with its bootstrap interval over cases.
    clean_lesion_free : Estimate or None
        Share of the cases without a true lesion in which none was predicted; None where there is no such case.
    hit_dice : MetricSummary or None
        Dice of hits with their match; None without hits.
    """

    cases: int
    by_size: dict[str, Detection]
    false_positives_per_case: Estimate
    clean_lesion_free: Estimate | None
    hit_dice: MetricSummary | None


@dataclass(frozen=True)
class Summary:
    """An evaluation in few numbers.

    Parameters
    ----------
    liver, lesions : MaskSummary or None
        None where no case could be scored.
    lesions_present : MaskSummary or None
        Lesion masks of the cases that truly have lesions: two empty masks count as Dice 1 in `lesions`.
    detection : DetectionSummary or None
        Lesion-wise.
    classes : ClassSummary or None
        What the lesions found were called; None where the truth tells no types.
    phases : PhaseSummary or None
        What the images were taken for; None where the truth tells no phases.
    """

    liver: MaskSummary | None
    lesions: MaskSummary | None
    lesions_present: MaskSummary | None
    detection: DetectionSummary | None
    classes: ClassSummary | None
    phases: PhaseSummary | None


def summarise(evaluation: Evaluation) -> Summary:
    """Pool an evaluation.

    Parameters
    ----------
    evaluation : Evaluation
        Scores of all cases.

    Returns
    -------
    Summary
        Means with bootstrap intervals over cases, lesions found with Wilson intervals over lesions, classes and phases
        with bootstrap intervals over cases.
    """
    settings = evaluation.settings
    lesions = [case.lesions for case in evaluation.cases if case.lesions]
    return Summary(
        liver=_masks([case.liver for case in evaluation.cases if case.liver], settings),
        lesions=_masks(lesions, settings),
        lesions_present=_masks([scores for scores in lesions if scores.overlap.true_ml], settings),
        detection=_detection(
            [case.lesion_results for case in evaluation.cases if case.lesion_results is not None], settings
        ),
        classes=summarise_classes([(case.case, case.verdicts) for case in evaluation.cases], settings),
        phases=summarise_phases([case.images for case in evaluation.cases], settings),
    )


def _masks(scores: Sequence[MaskScores], settings: EvaluationSettings) -> MaskSummary | None:
    if not scores:
        return None
    rows = [case.metrics() for case in scores]
    metrics = {name: _metric((row[name] for row in rows), settings) for name in METRICS}
    return MaskSummary(
        cases=len(scores),
        metrics={name: metric for name, metric in metrics.items() if metric},
        pooled=sum((case.overlap for case in scores), Overlap(0.0, 0.0, 0.0)),
    )


def _metric(values: Iterable[float | None], settings: EvaluationSettings) -> MetricSummary | None:
    defined = [value for value in values if value is not None]
    mean = mean_over_cases(defined, settings.confidence, settings.seed)
    if mean is None:
        return None
    return MetricSummary(
        mean, stdev(defined) if len(defined) > 1 else None, median(defined), min(defined), max(defined)
    )


def _detection(cases: Sequence[tuple[LesionResult, ...]], settings: EvaluationSettings) -> DetectionSummary | None:
    if not cases:
        return None
    results = [result for case in cases for result in case]
    counts = [Detection.of(case) for case in cases]
    false_positives = mean_over_cases(
        [float(count.false_positives) for count in counts], settings.confidence, settings.seed
    )
    assert false_positives is not None
    lesion_free = [count for count in counts if count.hits + count.missed == 0]
    clean = sum(count.false_positives == 0 for count in lesion_free)
    return DetectionSummary(
        cases=len(cases),
        by_size={
            **{band.value: Detection.of(r for r in results if r.band is band) for band in SizeBand},
            ALL_SIZES: Detection.of(results),
        },
        false_positives_per_case=false_positives,
        clean_lesion_free=wilson(clean, len(lesion_free), settings.confidence),
        hit_dice=_metric((result.dice for result in results), settings),
    )
