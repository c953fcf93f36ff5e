"""Which image trains, chooses and tests, and what the answers to both questions are."""

from __future__ import annotations

from collections import Counter

import pytest

from livercad.core.taxonomy import LesionType
from livercad.papers.qi2019.answers import SecondQuestion, second_question, true_answers
from livercad.papers.qi2019.methods import Question
from livercad.papers.qi2019.splits import Side, Split, divide, rows_of, shared_share

GROUPS = [number // 2 for number in range(144)]
KINDS = [("benign", "malignant", "normal")[group % 3] for group in GROUPS]


@pytest.mark.parametrize("split", list(Split))
def test_four_sixths_train_one_chooses_and_one_tests_of_every_class(split: Split) -> None:
    sides = divide(KINDS, GROUPS, split, 0)
    assert Counter(sides) == {Side.TRAINING: 96, Side.VALIDATION: 24, Side.TEST: 24}
    for side, count in ((Side.TRAINING, 32), (Side.TEST, 8)):
        assert Counter(KINDS[row] for row in rows_of(sides, side)) == dict.fromkeys(set(KINDS), count)


def test_by_patient_nobody_is_on_two_sides_and_by_image_most_are() -> None:
    by_patient, by_image = (divide(KINDS, GROUPS, split, 0) for split in (Split.PATIENT, Split.IMAGE))
    sides_of: dict[int, set[Side]] = {}
    for group, side in zip(GROUPS, by_patient, strict=True):
        sides_of.setdefault(group, set()).add(side)
    assert all(len(sides) == 1 for sides in sides_of.values())
    assert shared_share(by_patient, GROUPS) == 0
    assert shared_share(by_image, GROUPS) > 0.5


def test_what_is_shared_is_the_share_of_test_images_with_kin_elsewhere() -> None:
    sides = (Side.TRAINING, Side.TEST, Side.VALIDATION, Side.TEST, Side.TEST, Side.TEST)
    assert shared_share(sides, [0, 0, 1, 1, 2, 2]) == 0.5


def test_the_seed_draws_another_division() -> None:
    assert divide(KINDS, GROUPS, Split.PATIENT, 0) != divide(KINDS, GROUPS, Split.PATIENT, 1)
    assert divide(KINDS, GROUPS, Split.PATIENT, 1) == divide(KINDS, GROUPS, Split.PATIENT, 1)


def test_where_cysts_are_named_they_and_normal_images_are_not_solid() -> None:
    kinds = [*(kind.value for kind in LesionType), "normal"]
    assert second_question(kinds) is SecondQuestion.SOLID
    answers = true_answers(kinds, SecondQuestion.SOLID)
    assert dict(zip(kinds, answers[Question.SOLID].tolist(), strict=True)) == {
        **dict.fromkeys(kinds, 1),
        "cyst": 0,
        "normal": 0,
    }
    malignant = {kind for kind, yes in zip(kinds, answers[Question.MALIGNANT], strict=True) if yes}
    assert malignant == {"hcc", "metastasis", "cholangiocarcinoma"}


def test_where_benign_masses_are_not_told_apart_any_mass_is_asked_for() -> None:
    kinds = ["benign", "malignant", "normal"]
    assert second_question(kinds) is SecondQuestion.MASS
    answers = true_answers(kinds, SecondQuestion.MASS)
    assert answers[Question.SOLID].tolist() == [1, 1, 0]
    assert answers[Question.MALIGNANT].tolist() == [0, 1, 0]


def test_masses_alone_ask_nothing() -> None:
    assert second_question(["benign", "malignant"]) is None
