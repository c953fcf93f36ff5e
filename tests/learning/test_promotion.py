"""When a challenger takes the champion's place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import binomtest, bootstrap, norm, t
from sklearn.metrics import balanced_accuracy_score, log_loss

from livercad.core.taxonomy import LesionClass
from livercad.evaluation.classes import expected_calibration_error
from livercad.learning.metrics import CLASSES, LEAST_PROBABILITY, MEASURES, CaseMetrics
from livercad.learning.paired import difference, estimate
from livercad.learning.promotion import RULES, Rule, decide

RULE = RULES["lesions-leuven"]
SEEDS = 400


def pool(dices: Sequence[float], *, patients: Sequence[str] | None = None, **others: object) -> dict[str, CaseMetrics]:
    names = [f"case-{n}" for n in range(len(dices))]
    whose = patients or names
    return {
        name: CaseMetrics(patient=patient, truth=f"truth of {name}", lesion_dice=dice, **others)
        for name, patient, dice in zip(names, whose, dices, strict=True)
    }


def classified(seed: int, sharpness: float, patients: int = 12) -> dict[str, CaseMetrics]:
    """Lesions of random classes, whose probabilities lean towards the true one."""
    rng = np.random.default_rng(seed)
    cases = {}
    for n in range(patients):
        count = int(rng.integers(1, 4))
        classes = rng.choice(len(CLASSES), count)
        logits = rng.normal(size=(count, len(CLASSES)))
        logits[np.arange(count), classes] += sharpness
        rows = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        cases[f"case-{n}"] = CaseMetrics(
            patient=f"patient-{n // 2}",
            truth="t",
            classes=tuple(CLASSES[k] for k in classes),
            probabilities=tuple(dict(zip(CLASSES, map(float, row), strict=True)) for row in rows),
        )
    return cases


def table(cases: dict[str, CaseMetrics]) -> tuple[np.ndarray, np.ndarray]:
    rows = [[row[kind] for kind in CLASSES] for case in cases.values() for row in case.probabilities]
    return np.array(rows), np.array([CLASSES.index(kind) for case in cases.values() for kind in case.classes])


def value(name: str, cases: dict[str, CaseMetrics]) -> float:
    found = estimate(MEASURES[name], cases.values(), 0.95, 1000, 0)
    assert found is not None
    return found.value


# -- the measures


def test_measures_of_classes_are_those_of_other_libraries() -> None:
    cases = classified(0, 1.5, patients=40)
    probabilities, classes = table(cases)
    labels = list(range(len(CLASSES)))
    assert value("log_loss", cases) == pytest.approx(log_loss(classes, probabilities, labels=labels))
    assert value("balanced_accuracy", cases) == pytest.approx(
        balanced_accuracy_score(classes, probabilities.argmax(axis=1))
    )
    assert value("calibration_error", cases) == pytest.approx(expected_calibration_error(probabilities, classes))


def test_one_lesion_that_is_given_nothing_does_not_outweigh_all_others() -> None:
    sure = CaseMetrics(patient="a", truth="t", classes=(LesionClass.HCC,), probabilities=({LesionClass.CYST: 1.0},))
    assert value("log_loss", {"a": sure}) == pytest.approx(-np.log(LEAST_PROBABILITY))


def test_means_run_over_cases_and_sensitivity_over_lesions() -> None:
    cases = {
        "one": CaseMetrics(patient="a", truth="t", lesion_dice=0.5, small_lesions=1, small_found=1),
        "two": CaseMetrics(patient="a", truth="t", lesion_dice=0.7, small_lesions=3, small_found=0, false_positives=3),
        "three": CaseMetrics(patient="b", truth="t", liver_dice=0.9, false_positives=0),
    }
    assert value("lesion_dice", cases) == pytest.approx(0.6)
    assert value("small_lesion_sensitivity", cases) == pytest.approx(1 / 4)
    assert value("false_positives_per_case", cases) == pytest.approx(1.5)
    assert value("liver_dice", cases) == pytest.approx(0.9)
    assert estimate(MEASURES["log_loss"], cases.values(), 0.95, 1000, 0) is None


@pytest.mark.parametrize(
    "wrong",
    [{"classes": ("hcc",)}, {"small_found": 1}, {"lesion_dice": 1.1}, {"dice": 0.5}],
    ids=["a class without probabilities", "more found than there are", "above 1", "an unknown word"],
)
def test_metrics_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CaseMetrics(patient="a", truth="t", **wrong)  # type: ignore[arg-type]


# -- the bootstrap


def test_the_interval_of_a_gain_is_scipys_at_the_expanded_percentiles() -> None:
    rng = np.random.default_rng(3)
    before = rng.uniform(0.3, 0.7, 9)
    after = before + rng.normal(0.03, 0.05, 9)
    found = difference(MEASURES["lesion_dice"], pool(after), pool(before), 0.05, 100_000, 0)
    assert found is not None and found.low is not None and found.high is not None and found.p is not None
    moved = norm.sf(np.sqrt(9 / 8) * t.isf(0.05, 8))
    expected = bootstrap(
        (after - before,), np.mean, confidence_level=1 - 2 * moved, method="percentile", n_resamples=100_000, rng=1
    ).confidence_interval
    assert found.gain == pytest.approx((after - before).mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.001)
    again = difference(MEASURES["lesion_dice"], pool(after), pool(before), found.p, 100_000, 0)
    assert again is not None and again.low == pytest.approx(0, abs=2e-4)  # P is the level at which the end is 0


def test_cases_of_one_patient_are_drawn_together() -> None:
    """Five patients whose cases are each there ten times tell no more than five."""
    gains = np.array([0.05, 0.04, -0.02, 0.03, 0.01])
    whose = [f"patient-{n % 5}" for n in range(50)]
    once = difference(MEASURES["lesion_dice"], pool(0.5 + gains), pool([0.5] * 5), 0.05, 5000, 0)
    often = difference(
        MEASURES["lesion_dice"],
        pool(np.tile(0.5 + gains, 10), patients=whose),
        pool([0.5] * 50, patients=whose),
        0.05,
        5000,
        0,
    )
    assert once is not None and often is not None and often.patients == 5
    assert (often.gain, often.low, often.p) == pytest.approx((once.gain, once.low, once.p))


@pytest.mark.parametrize("patients", [5, 12])
def test_versions_that_are_equally_good_are_seldom_told_apart(patients: int) -> None:
    """Under the hypothesis of no gain, the test errs at its level of 5%; that of plain percentiles in 11% for five."""
    rng, measure = np.random.default_rng(0), MEASURES["lesion_dice"]
    found = [
        difference(measure, pool(0.5 + rng.normal(0, 0.05, patients)), pool([0.5] * patients), 0.05, 1000, 0)
        for _ in range(SEEDS)
    ]
    errors = sum(one is not None and one.p is not None and one.p < 0.05 for one in found)
    assert binomtest(errors, SEEDS, 0.05, alternative="greater").pvalue > 0.01


def test_a_smaller_loss_is_a_gain() -> None:
    found = difference(MEASURES["log_loss"], classified(0, 3.0), classified(0, 0.5), 0.05, 2000, 0)
    assert found is not None and found.challenger < found.champion and found.gain > 0
    assert found.patients == 6


# -- the decision


def test_a_challenger_that_is_better_on_the_pool_is_promoted() -> None:
    before = np.linspace(0.4, 0.8, 8)
    decision = decide(pool(before + 0.05), pool(before), RULE)
    assert decision.promoted and (decision.cases, decision.patients) == (8, 8)
    assert "Better on the pool: lesion Dice 0.650 after 0.600, gain +0.050" in decision.reason


@pytest.mark.parametrize("change", [0.0, -0.05])
def test_a_challenger_that_is_not_better_is_kept_aside(change: float) -> None:
    before = np.linspace(0.4, 0.8, 8)
    decision = decide(pool(before + change), pool(before), RULE)
    assert not decision.promoted and "Not better on the pool" in decision.reason
    assert decision.primary is not None and decision.primary.p is not None and decision.primary.p > 0.95


def test_a_better_mean_that_one_patient_has_made_is_no_proof() -> None:
    after = [0.5, 0.48, 0.5, 0.49, 0.5, 1.0]
    decision = decide(pool(after), pool([0.5] * 6), RULE)
    assert not decision.promoted and decision.primary is not None and decision.primary.gain > 0.07


def test_four_patients_are_too_few_to_tell_however_great_the_gain() -> None:
    decision = decide(pool([0.9] * 8, patients=list("aabbccdd")), pool([0.1] * 8, patients=list("aabbccdd")), RULE)
    assert not decision.promoted
    assert "too small to tell: 4 of at least 5 patients" in decision.reason and "gain +0.800" in decision.reason


def test_without_cases_nothing_is_decided() -> None:
    decision = decide({}, pool([0.5] * 6), RULE)
    assert not decision.promoted and "No case of the pool tells the lesion Dice" in decision.reason
    assert decision.primary is None and decision.cases == 0


def test_only_cases_measured_against_the_same_labels_count() -> None:
    before, after = pool([0.5] * 8), pool([0.6] * 8)
    after["case-0"] = after["case-0"].model_copy(update={"truth": "a later version"})
    assert decide(after, before, RULE).cases == 7


def test_equal_versions_stay_equal_where_a_patient_was_told_between_their_measurements() -> None:
    """Two studies a patient, one good and one bad; the champion knew one of them as a patient of its own."""
    dices, whose = [0.3, 0.9] * 6, [f"patient-{n // 2}" for n in range(12)]
    known = [patient if n % 2 else f"case-{n}" for n, patient in enumerate(whose)]
    for before, after in ((known, whose), (whose, known)):
        decision = decide(pool(dices, patients=after), pool(dices, patients=before), RULE)
        assert not decision.promoted and decision.primary is not None
        assert decision.primary.gain == 0 and decision.patients == decision.primary.patients == len(set(after))


@pytest.mark.parametrize(("found", "promoted"), [(9, False), (10, True)])
def test_a_better_mean_does_not_make_up_for_small_lesions_lost(found: int, promoted: bool) -> None:
    """Ten small lesions were found in each of two patients; one more missed of twenty is the margin."""

    def small(cases: dict[str, CaseMetrics], count: int) -> dict[str, CaseMetrics]:
        for case, hit in (("case-0", count), ("case-1", 9)):
            cases[case] = cases[case].model_copy(update={"small_lesions": 10, "small_found": hit})
        return cases

    rule = RULE.model_copy(update={"margins": {"small_lesion_sensitivity": 0.04}})
    decision = decide(small(pool([0.6] * 8), found), small(pool([0.5] * 8), 10), rule)
    assert decision.promoted is promoted
    if not promoted:
        assert "worse beyond its margin in sensitivity for lesions below 20 mm 0.900 after 0.950" in decision.reason
        assert "margin 0.04" in decision.reason


def test_a_guarded_measure_that_no_case_tells_does_not_stand_in_the_way() -> None:
    decision = decide(pool([0.6] * 8), pool([0.5] * 8), RULE)
    assert decision.promoted and decision.guarded == ()


def test_a_classifier_with_better_probabilities_is_promoted_and_one_that_lost_its_calibration_is_not() -> None:
    rule = RULES["lesion-classes-phantom"]
    before = classified(0, 0.5, patients=60)
    assert decide(classified(0, 3.0, patients=60), before, rule).promoted
    strict = rule.model_copy(update={"margins": {"calibration_error": -1.0}})
    assert "expected calibration error" in decide(classified(0, 3.0, patients=60), before, strict).reason


def test_the_same_pools_always_lead_to_the_same_decision() -> None:
    rng = np.random.default_rng(1)
    before, after = pool(rng.uniform(0.3, 0.7, 9)), pool(rng.uniform(0.3, 0.7, 9))
    assert decide(after, before, RULE) == decide(dict(reversed(after.items())), before, RULE)


def test_no_rule_lets_fewer_than_five_patients_decide() -> None:
    with pytest.raises(ValidationError):
        Rule(primary="lesion_dice", margins={}, fewest_patients=4)
