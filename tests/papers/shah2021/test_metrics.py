"""Equations 4 to 9 against hand-worked numbers and another library, and what is made of answers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, jaccard_score, recall_score

from livercad.core.volume import Volume
from livercad.evaluation.overlap import Overlap
from livercad.papers.shah2021.answers import LesionAnswer
from livercad.papers.shah2021.classes import CLASSES, ShahClass
from livercad.papers.shah2021.leaks import leaks_of
from livercad.papers.shah2021.metrics import Confusion
from livercad.papers.shah2021.sections import Section
from livercad.papers.shah2021.settings import Split
from livercad.papers.shah2021.summary import hits_of, lesion_part
from livercad.papers.shah2021.tables import largest_voe


def test_equations_4_to_9_by_hand() -> None:
    counts = Confusion(tp=6, fp=2, fn=4, tn=88)
    assert counts.dice == pytest.approx(12 / 18)
    assert counts.voe == pytest.approx(1 - 6 / 12)
    assert counts.rvd == pytest.approx((10 - 8) / 10)  # 8 predicted of 10: above 0, as the paper's Discussion has it
    assert counts.accuracy == pytest.approx(94 / 100)
    assert counts.sensitivity == pytest.approx(6 / 10)
    assert counts.specificity == pytest.approx(88 / 90)


def test_equations_agree_with_another_library_and_with_our_own_overlap() -> None:
    rng = np.random.default_rng(0)
    predicted, truth = rng.random((20, 20)) > 0.6, rng.random((20, 20)) > 0.5
    counts = Confusion.of(predicted, truth)
    flat = truth.ravel(), predicted.ravel()
    assert counts.dice == pytest.approx(f1_score(*flat))
    assert counts.voe == pytest.approx(1 - jaccard_score(*flat))
    assert counts.accuracy == pytest.approx(accuracy_score(*flat))
    assert counts.sensitivity == pytest.approx(recall_score(*flat))
    assert counts.specificity == pytest.approx(recall_score(*flat, pos_label=False))
    ours = Overlap.of(Volume(predicted[..., None], np.eye(4)), Volume(truth[..., None], np.eye(4)))
    assert counts.rvd == pytest.approx(-(ours.rvd or 0))


def test_nothing_predicted_and_nothing_there_are_defined_or_told() -> None:
    assert (Confusion(0, 0, 5, 5).dice, Confusion(0, 0, 5, 5).voe, Confusion(0, 0, 5, 5).rvd) == (0, 1, 1)
    assert (Confusion(0, 0, 0, 9).dice, Confusion(0, 0, 0, 9).voe, Confusion(0, 0, 0, 9).rvd) == (1, 0, 0)
    assert np.isnan(Confusion(0, 3, 0, 9).rvd)
    assert np.isnan(Confusion(0, 3, 0, 9).sensitivity)


def answer(n: int, kind: ShahClass, called: ShahClass | None, person: str = "") -> LesionAnswer:
    probabilities = tuple(0.7 if each is called else 0.1 for each in CLASSES) if called else None
    return LesionAnswer(
        image=f"p/{n:03}", person=person or f"p{n}", training=False, kind=kind, pixels=(3, 1, 1, 95),
        true_boxes=[], sections=[], probabilities=probabilities,
    )  # fmt: skip


def test_classes_are_counted_as_the_protocol_says() -> None:
    cys, ang, hcc, met = CLASSES
    called = [(cys, cys), (cys, ang), (ang, ang), (hcc, met), (met, met), (met, None)]
    part = lesion_part([answer(n, *pair) for n, pair in enumerate(called)])
    assert part.found == 5
    assert part.classes.accuracy and part.classes.accuracy.value == pytest.approx(3 / 6)
    assert part.classes.sensitivity and part.classes.sensitivity.value == pytest.approx((1 / 2 + 1 + 0 + 1 / 2) / 4)
    specificities = (1, 4 / 5, 1, 3 / 4)
    assert part.classes.specificity and part.classes.specificity.value == pytest.approx(np.mean(specificities))
    assert part.by_class[met].accuracy and part.by_class[met].accuracy.value == pytest.approx(4 / 6)
    assert part.malignant.sensitivity and part.malignant.sensitivity.value == pytest.approx(2 / 3)
    assert part.malignant.specificity and part.malignant.specificity.value == pytest.approx(1)
    assert part.confusion[met] == {"CYS": 0, "ANG": 0, "HCC": 0, "MET": 1, "nothing": 1}
    assert part.lesions.dice.value == pytest.approx(6 / 8)
    assert part.lesions.pooled_dice == pytest.approx(6 / 8)


def test_intervals_are_over_patients() -> None:
    """Ten images of each of six patients, all alike: the interval is that of six, not of sixty."""
    cys, met = ShahClass.CYS, ShahClass.MET
    answers = [answer(n, cys, cys if n % 6 < 3 else met, f"person {n % 6}") for n in range(60)]
    accuracy = lesion_part(answers).classes.accuracy
    assert accuracy and accuracy.low is not None and accuracy.high is not None
    assert (accuracy.value, accuracy.n) == (0.5, 60)
    assert accuracy.high - accuracy.low > 0.6


def test_the_leak_is_the_difference_and_on_the_same_images_that_of_both_networks() -> None:
    cys, met = ShahClass.CYS, ShahClass.MET
    image = [answer(n, cys, cys) for n in range(20)]
    patient = [answer(n, cys, cys if n % 2 else met) for n in range(10, 30)]
    tests = {Split.IMAGE: image, Split.PATIENT: patient}
    accuracy = leaks_of(tests, tests)[0]
    assert accuracy.by_image.value == 1.0
    assert accuracy.by_patient.value == 0.5
    assert accuracy.difference.value == 0.5
    assert accuracy.difference.low is not None and accuracy.difference.low > 0.2
    assert accuracy.same_images is not None
    assert (accuracy.same_images.n, accuracy.same_images.value) == (10, 0.5)


def test_the_leak_s_interval_is_over_patients() -> None:
    """Ten images of each of six patients, all alike: as sure as six are, not as sixty."""
    cys, met = ShahClass.CYS, ShahClass.MET
    image = [answer(n, cys, cys, f"person {n % 6}") for n in range(60)]
    patient = [answer(n, cys, cys if n % 6 < 3 else met, f"person {n % 6}") for n in range(60)]
    accuracy = leaks_of(*[{Split.IMAGE: image, Split.PATIENT: patient}] * 2)[0]
    for interval in (accuracy.difference, accuracy.same_images):
        assert interval is not None and interval.low is not None and interval.high is not None
        assert interval.value == 0.5 and interval.high - interval.low > 0.6


def test_boxes_hit_areas_from_half_their_union_on() -> None:
    section = Section(rows=(0, 4), columns=(0, 4), score=0.9, probabilities=(1.0, 0.0, 0.0, 0.0))
    beside = section.model_copy(update={"rows": (20, 24)})
    one = answer(0, ShahClass.CYS, ShahClass.CYS).model_copy(
        update={"true_boxes": [(0, 0, 4, 8), (10, 10, 12, 12)], "sections": [section, beside]}
    )
    assert hits_of([one]) == (1, 1)  # the first is just half of the area that both boxes cover
    assert hits_of([one.model_copy(update={"sections": []})]) == (0, 0)
    assert hits_of([one.model_copy(update={"true_boxes": []})]) == (0, 2)


def test_no_images_of_a_mean_dice_have_a_larger_mean_voe_than_is_told() -> None:
    dice = np.random.default_rng(0).uniform(0.3, 1.0, 1000)
    voe = 1 - dice / (2 - dice)
    assert voe.mean() < largest_voe(float(dice.mean()))
    assert largest_voe(0.8) == pytest.approx(Confusion(tp=4, fp=1, fn=1, tn=0).voe)
