"""What classes of lesions answer."""

from __future__ import annotations

import pytest

from livercad.ultrasound.questions import answers_of, questions_of

LIVER = ("cyst", "hemangioma", "hcc", "metastasis")


def test_types_also_tell_what_is_malignant_as_their_sum() -> None:
    assert questions_of(LIVER) == {"type": LIVER, "malignant": ("benign", "malignant")}
    told = answers_of(dict(zip(LIVER, (0.1, 0.2, 0.3, 0.4), strict=True)))
    assert list(told) == ["type", "malignant"]
    assert told["type"]["metastasis"] == 0.4
    assert told["malignant"] == pytest.approx({"benign": 0.3, "malignant": 0.7})


def test_benign_and_malignant_are_no_types() -> None:
    assert questions_of(("malignant", "benign")) == {"malignant": ("benign", "malignant")}
    assert answers_of({"malignant": 0.8, "benign": 0.2}) == {"malignant": {"benign": 0.2, "malignant": 0.8}}


@pytest.mark.parametrize("classes", [("cyst", "abscess"), ("hcc", "metastasis"), ("cyst", "fnh", "hemangioma")])
def test_nothing_is_said_of_malignancy_where_it_is_unknown_or_the_same_for_all(classes: tuple[str, ...]) -> None:
    assert questions_of(classes) == {"type": classes}
    assert list(answers_of(dict.fromkeys(classes, 1 / len(classes)))) == ["type"]
