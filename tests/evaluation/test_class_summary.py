from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, recall_score, roc_auc_score

from livercad.core.lesion import Classification
from livercad.core.taxonomy import CLASS_OF, YASAKA_CATEGORY_OF, LesionClass, LesionType
from livercad.evaluation.class_summary import NOT_CLASSIFIED, NOT_FOUND, summarise_classes
from livercad.evaluation.outcomes import LesionResult, OneLesion, Outcome
from livercad.evaluation.settings import EvaluationSettings
from livercad.evaluation.truth_tables import CATEGORY_OF_CLASS, Kind
from livercad.evaluation.verdicts import Verdict
from named_findings import called

LESION = OneLesion(1, 1.0, 15.0)
HIT = LesionResult(Outcome.HIT, LESION, LESION, 0.8, None)
MISSED = LesionResult(Outcome.MISSED, LESION, None, 0.0, None)
EXTRA = LesionResult(Outcome.FALSE_POSITIVE, None, LESION, 0.0, None)
SETTINGS = EvaluationSettings()


def hit(kind: Kind | None, classification: Classification | None) -> Verdict:
    return Verdict(HIT, kind, classification)


def test_lesions_are_counted_by_hand() -> None:
    one = (
        hit(LesionType.CYST, called(cyst=0.9, hemangioma=0.1)),
        hit(LesionType.HCC, called(metastasis=0.7, hcc=0.3)),
        hit(LesionType.CHOLANGIOCARCINOMA, called(metastasis=0.5, other_malignant=0.3, cyst=0.2)),
        Verdict(MISSED, LesionType.HCC, None),
        Verdict(EXTRA, None, called(hcc=0.6, cyst=0.4)),
    )
    two = (
        hit(LesionType.FNH, called(is_unsure=True, hcc=0.5, other_benign=0.4, cyst=0.1)),
        hit(LesionType.HEMANGIOMA, called(is_unsure=True, hemangioma=0.6, metastasis=0.4)),
        hit(LesionClass.OTHER_BENIGN, None),
        hit(None, called(cyst=1.0)),
        Verdict(EXTRA, None, None),
    )
    summary = summarise_classes([("a", one), ("b", two), ("c", None)], SETTINGS)
    assert summary is not None
    assert (summary.cases, summary.true, summary.found, summary.classified, summary.untold) == (2, 7, 6, 5, 1)
    shares = {
        name: (getattr(summary, name).count, getattr(summary, name).n)
        for name in ("six", "five", "sure", "unsure", "of_all", "sensitivity", "specificity", "malignant_of_all")
    }
    assert shares == {
        "six": (2, 5),  # the cyst and the hemangioma
        "five": (3, 5),  # and the cholangiocarcinoma: B with 0.8
        "sure": (1, 3),
        "unsure": (1, 2),
        "of_all": (2, 7),
        "sensitivity": (2, 2),
        "specificity": (2, 3),
        "malignant_of_all": (2, 3),
    }
    # Malignant 1.0 and 0.8 above benign 0, 0.5 and 0.4: all six pairs in order.
    assert (summary.auc.value, summary.auc.n) == (1.0, 5)
    assert summary.six.low is None  # two cases
    nothing = {name.value: 0 for name in LesionClass} | {NOT_CLASSIFIED: 0, NOT_FOUND: 0}
    assert summary.confusion == {
        "cyst": nothing | {"cyst": 1},
        "hemangioma": nothing | {"hemangioma": 1},
        "hcc": nothing | {"metastasis": 1, NOT_FOUND: 1},
        "other_malignant": nothing | {"metastasis": 1},
        "other_benign": nothing | {"hcc": 1, NOT_CLASSIFIED: 1},
    }
    del nothing[NOT_FOUND]
    assert summary.false_positives == nothing | {"hcc": 1, NOT_CLASSIFIED: 1}
    by_type = {kind: (n.true, n.found, n.right, n.unsure) for kind, n in summary.by_type.items()}
    assert by_type == {
        "cyst": (1, 1, 1, 0),
        "hemangioma": (1, 1, 1, 1),
        "hcc": (2, 1, 0, 0),
        "other_benign": (1, 1, 0, 0),
        "cholangiocarcinoma": (1, 1, 0, 0),
        "fnh": (1, 1, 0, 1),
    }


def test_nothing_told_and_nothing_found_are_no_numbers() -> None:
    assert summarise_classes([("a", None)], SETTINGS) is None
    summary = summarise_classes([("a", (Verdict(MISSED, LesionType.CYST, None),))], SETTINGS)
    assert summary is not None
    assert (summary.six, summary.sensitivity, summary.auc) == (None, None, None)
    assert summary.of_all is not None
    assert summary.of_all.value == 0


def test_one_kind_of_lesion_has_no_curve() -> None:
    summary = summarise_classes([("a", (hit(LesionType.CYST, called(cyst=1.0)),))], SETTINGS)
    assert summary is not None
    assert summary.auc is None


@pytest.fixture(scope="module")
def many() -> list[tuple[str, tuple[Verdict, ...]]]:
    """Lesions of 30 patients with probabilities that lean to the truth."""
    rng = np.random.default_rng(5)
    cases = []
    for number in range(30):
        verdicts = []
        for kind in rng.choice(list(LesionType), 4):
            lean = [3.0 if one is CLASS_OF[LesionType(kind)] else 1.0 for one in LesionClass]
            drawn = rng.dirichlet(lean)
            probabilities = {one.value: float(p) for one, p in zip(LesionClass, drawn, strict=True)}
            verdicts.append(hit(LesionType(kind), called(is_unsure=bool(drawn.max() < 0.4), **probabilities)))
        cases.append((f"p{number}", tuple(verdicts)))
    return cases


def test_the_numbers_are_those_of_scikit_learn(many) -> None:
    summary = summarise_classes(many, SETTINGS)
    assert summary is not None
    lesions = [one for _, verdicts in many for one in verdicts]
    true = [one.true_class for one in lesions]
    found = [one.classification.label for one in lesions]
    assert summary.six.value == pytest.approx(accuracy_score(true, found))
    sure = [not one.classification.is_unsure for one in lesions]
    assert summary.sure.value == pytest.approx(accuracy_score(np.array(true)[sure], np.array(found)[sure]))
    assert summary.sure.n + summary.unsure.n == summary.six.n == 120
    malignant = [one.is_malignant for one in true]
    scores = [one.classification.malignancy for one in lesions]
    above = [score >= 0.5 for score in scores]
    assert summary.sensitivity.value == pytest.approx(recall_score(malignant, above))
    assert summary.specificity.value == pytest.approx(recall_score(malignant, above, pos_label=False))
    assert summary.auc.value == pytest.approx(roc_auc_score(malignant, scores))
    names = [one.value for one in LesionClass]
    table = [[summary.confusion[row][column] for column in names] for row in names]
    assert np.array_equal(table, confusion_matrix(true, found, labels=names))
    sums = np.zeros((len(lesions), 5))
    for name in LesionClass:
        sums[:, "ABCDE".index(CATEGORY_OF_CLASS[name])] += [one.classification.probabilities[name] for one in lesions]
    categories = ["ABCDE".index(YASAKA_CATEGORY_OF[one.kind]) for one in lesions]
    assert summary.five.value == pytest.approx(accuracy_score(categories, sums.argmax(axis=1)))


def test_intervals_are_over_patients(many) -> None:
    summary = summarise_classes(many, SETTINGS)
    apart = summarise_classes(
        [(f"{case} {n}", (one,)) for case, verdicts in many for n, one in enumerate(verdicts)], SETTINGS
    )
    alike = summarise_classes([(case, verdicts[:1] * 4) for case, verdicts in many], SETTINGS)
    first = summarise_classes([(case, verdicts[:1]) for case, verdicts in many], SETTINGS)
    assert summary is not None and apart is not None and alike is not None and first is not None
    assert summary.six.low < summary.six.value < summary.six.high
    assert summary.auc.low < summary.auc.value < summary.auc.high
    assert summary.six.value == apart.six.value
    # A lesion told four times tells no more than once.
    assert (alike.six.low, alike.six.high) == (first.six.low, first.six.high)
    assert alike.six.n == 4 * first.six.n
