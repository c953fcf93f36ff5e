"""From the trainings' answers to every number of the paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from livercad.core.taxonomy import YasakaCategory
from livercad.evaluation.comparisons import fisher_exact, kruskal_wallis, steel
from livercad.evaluation.roc import roc_curve
from livercad.papers.yasaka2018.arrays import CATEGORIES, categories_of
from livercad.papers.yasaka2018.image_sets import ImageSet, hash_of
from livercad.papers.yasaka2018.published import RELEVANCE
from livercad.papers.yasaka2018.results import (
    HYPER,
    HYPO,
    ROWS,
    Curve,
    ModelResult,
    PartResult,
    RowResult,
    Scanners,
    Spread,
)
from livercad.papers.yasaka2018.settings import Model
from livercad.papers.yasaka2018.sources import Part
from livercad.papers.yasaka2018.training import Training


def model_result(trainings: Sequence[Training], test: Sequence[ImageSet]) -> ModelResult:
    """Sum up the trainings of one model.

    Parameters
    ----------
    trainings : sequence of Training
        In order.
    test : sequence of ImageSet
        What they answered.

    Returns
    -------
    ModelResult
        All its numbers but Steel's test.
    """
    truth = categories_of(test)
    answers = [np.array(training.test_probabilities) for training in trainings]
    diagnoses = [answer.argmax(axis=1) for answer in answers]
    accuracies = [float((diagnosis == truth).mean()) for diagnosis in diagnoses]
    relevance = np.array([RELEVANCE[category] for category in CATEGORIES], dtype=float)
    auc, roc = _areas(truth, [relevance[diagnosis] for diagnosis in diagnoses])
    auc_expected, roc_expected = _areas(truth, [answer @ relevance for answer in answers])
    hyper = np.array([each.hypervascular is True for each in test])
    hypo = np.array([each.hypervascular is False for each in test])
    return ModelResult(
        training_accuracy=spread([training.training_accuracy for training in trainings]),
        test_accuracy=spread(accuracies),
        steel_statistic=None,
        steel_p=None,
        rows=_rows(truth, diagnoses, {HYPER: hyper, HYPO: hypo}),
        auc=auc,
        roc=roc,
        auc_expected=auc_expected,
        roc_expected=roc_expected,
        median_run=median_run(accuracies),
        confusions=[_confusion(truth, diagnosis) for diagnosis in diagnoses],
        hyper_diagnoses=[_counts(diagnosis[hyper]) for diagnosis in diagnoses],
        hypo_diagnoses=[_counts(diagnosis[hypo]) for diagnosis in diagnoses],
        curves=[training.curve for training in trainings],
        seconds=[training.seconds for training in trainings],
        parameters=trainings[0].parameters,
    )


def compare_models(
    trainings: Mapping[Model, Sequence[Training]], test: Sequence[ImageSet]
) -> tuple[float, dict[Model, ModelResult]]:
    """Sum up all models and test whether they differ.

    Parameters
    ----------
    trainings : mapping of Model to sequence of Training
        Of every model.
    test : sequence of ImageSet
        What they answered.

    Returns
    -------
    kruskal_wallis_p : float
        Over the test accuracies of all models.
    models : dict of Model to ModelResult
        With Steel's test against model triphasic, adjusted for all other models together.
    """
    results = {model: model_result(trainings[model], test) for model in Model}
    accuracies = {model: result.test_accuracy.values for model, result in results.items()}
    others = [model for model in Model if model is not Model.TRIPHASIC]
    compared = steel(accuracies[Model.TRIPHASIC], [accuracies[model] for model in others])
    for model, comparison in zip(others, compared, strict=True):
        results[model] = results[model].model_copy(
            update={"steel_statistic": comparison.statistic, "steel_p": comparison.p}
        )
    return kruskal_wallis(list(accuracies.values())), results


def part_result(sets: Sequence[ImageSet], part: Part) -> PartResult:
    """Describe a part of the data.

    Parameters
    ----------
    sets : sequence of ImageSet
        Of all data.
    part : Part
        Which.

    Returns
    -------
    PartResult
        Counts, sizes of lesions, and a hash.
    """
    own = [each for each in sets if each.part is part]
    lesions = {(each.patient, each.lesion): each for each in own}.values()
    sizes = {c: [each.diameter_mm for each in lesions if each.category is c] for c in CATEGORIES}
    known = {category: values for category, values in sizes.items() if values}
    return PartResult(
        patients=len({each.patient for each in own}),
        lesions=len(lesions),
        image_sets=len(own),
        by_category={category: sum(each.category is category for each in own) for category in CATEGORIES},
        by_kind=dict(Counter(each.kind for each in own if each.kind)),
        mean_diameter_mm={category: round(float(np.mean(values)), 1) for category, values in known.items()},
        sd_diameter_mm={
            category: round(float(np.std(values, ddof=1)), 1) for category, values in known.items() if len(values) > 1
        },
        sha256=hash_of(own),
    )


def scanners_of(sets: Sequence[ImageSet]) -> Scanners | None:
    """Compare scanners between the categories of the test patients.

    Parameters
    ----------
    sets : sequence of ImageSet
        Of all data.

    Returns
    -------
    Scanners or None
        None where a test patient's is not told.
    """
    test = [each for each in sets if each.part is Part.TEST]
    if not test or not all(each.scanner for each in test):
        return None
    names = sorted({each.scanner for each in test})
    pairs = Counter((each.category, each.scanner) for each in test)
    counts = {category: [pairs[category, name] for name in names] for category in CATEGORIES}
    return Scanners(names=names, counts=counts, fisher_p=fisher_exact(list(counts.values())))


def spread(values: Sequence[float]) -> Spread:
    """Median and range, as the paper gives them."""
    ordered = sorted(values)
    return Spread(
        median=ordered[(len(ordered) - 1) // 2], low=ordered[0], high=ordered[-1], values=[float(v) for v in values]
    )


def median_run(values: Sequence[float]) -> int:
    """The training, from 1, that has the median value; the first of equals."""
    return list(values).index(spread(values).median) + 1


def _areas(truth: np.ndarray, scores: Sequence[np.ndarray]) -> tuple[Spread | None, Curve | None]:
    malignant = np.isin(truth, [CATEGORIES.index(YasakaCategory.A), CATEGORIES.index(YasakaCategory.B)])
    if malignant.all() or not malignant.any():
        return None, None
    curves = [roc_curve(malignant, score) for score in scores]
    areas = [curve.auc for curve in curves]
    run = median_run(areas)
    middle = curves[run - 1]
    drawn = Curve(
        run=run,
        auc=middle.auc,
        false_positive_rate=list(middle.false_positive_rate),
        true_positive_rate=list(middle.true_positive_rate),
    )
    return spread(areas), drawn


def _rows(
    truth: np.ndarray, diagnoses: Sequence[np.ndarray], parts_of_c: Mapping[str, np.ndarray]
) -> dict[str, RowResult]:
    rows: dict[str, RowResult] = {}
    for name in ROWS:
        category = CATEGORIES.index(YasakaCategory(name[0]))
        own = parts_of_c.get(name, truth == category)
        if own.any():
            whole = name not in parts_of_c and not own.all()
            called = [diagnosis == category for diagnosis in diagnoses]
            hits = [int(call[own].sum()) for call in called]
            rows[name] = RowResult(
                n=int(own.sum()),
                hits=sorted(hits)[(len(hits) - 1) // 2],
                sensitivity=spread([hit / int(own.sum()) for hit in hits]),
                specificity=spread([float((~call[~own]).mean()) for call in called]) if whole else None,
                accuracy=spread([float((call == own).mean()) for call in called]) if whole else None,
            )
    return rows


def _confusion(truth: np.ndarray, diagnosis: np.ndarray) -> list[list[int]]:
    return [_counts(diagnosis[truth == row]) for row in range(len(CATEGORIES))]


def _counts(diagnosis: np.ndarray) -> list[int]:
    return np.bincount(diagnosis, minlength=len(CATEGORIES)).tolist()
