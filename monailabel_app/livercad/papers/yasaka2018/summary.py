"""From the trainings' answers to every number of the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from livercad.core.taxonomy import YasakaCategory
from livercad.evaluation.comparisons import kruskal_wallis, steel
from livercad.evaluation.roc import roc_curve
from livercad.papers.yasaka2018.arrays import CATEGORIES, categories_of
from livercad.papers.yasaka2018.image_sets import ImageSet
from livercad.papers.yasaka2018.published import MISDIAGNOSES, RELEVANCE
from livercad.papers.yasaka2018.results import (
    HYPER,
    HYPO,
    ROWS,
    Curve,
    MisdiagnosisResult,
    ModelResult,
    RowResult,
    Spread,
)
from livercad.papers.yasaka2018.settings import Model
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


def misdiagnoses(models: Mapping[Model, ModelResult]) -> list[MisdiagnosisResult]:
    """Count the misdiagnoses that the paper tells of.

    Parameters
    ----------
    models : mapping of Model to ModelResult
        All.

    Returns
    -------
    list of MisdiagnosisResult
        In the paper's order, but for those whose lesions the test lacks.
    """
    found = []
    for each in MISDIAGNOSES:
        result, column = models[each.model], CATEGORIES.index(each.diagnosis)
        if each.row in result.rows:
            rows = {HYPER: result.hyper_diagnoses, HYPO: result.hypo_diagnoses}.get(each.row) or [
                matrix[CATEGORIES.index(YasakaCategory(each.row))] for matrix in result.confusions
            ]
            hits, n = [row[column] for row in rows], result.rows[each.row].n
            found.append(
                MisdiagnosisResult(
                    model=each.model,
                    row=each.row,
                    diagnosis=each.diagnosis,
                    n=n,
                    hits=_median_count(hits),
                    ratio=spread([count / n for count in hits]),
                )
            )
    return found


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
                hits=_median_count(hits),
                sensitivity=spread([hit / int(own.sum()) for hit in hits]),
                specificity=spread([float((~call[~own]).mean()) for call in called]) if whole else None,
                accuracy=spread([float((call == own).mean()) for call in called]) if whole else None,
            )
    return rows


def _median_count(counts: Sequence[int]) -> int:
    return sorted(counts)[(len(counts) - 1) // 2]


def _confusion(truth: np.ndarray, diagnosis: np.ndarray) -> list[list[int]]:
    return [_counts(diagnosis[truth == row]) for row in range(len(CATEGORIES))]


def _counts(diagnosis: np.ndarray) -> list[int]:
    return np.bincount(diagnosis, minlength=len(CATEGORIES)).tolist()
