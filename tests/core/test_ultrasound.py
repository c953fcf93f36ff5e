"""Findings of ultrasound images: there and back, and what a case's opinions come to."""

from __future__ import annotations

import json

import pytest

from livercad.core.circle import Circle
from livercad.core.findings import ModelUsed
from livercad.core.ultrasound import (
    Doubt,
    ImageRead,
    Opinion,
    Question,
    UltrasoundFindings,
    UltrasoundWarning,
    mean_probabilities,
)


def opinion(name: str, malignant: float, circle: Circle | None = None) -> Opinion:
    return Opinion(name, circle, {Question.MALIGNANT: {"benign": 1 - malignant, "malignant": malignant}})


def findings() -> UltrasoundFindings:
    opinions = (opinion("a.png", 0.75, Circle((10.5, 20), 30)), opinion("clip.dcm#2", 0.25))
    return UltrasoundFindings(
        case="17",
        images=(
            ImageRead("a.png", "17/a.png", 1, (48, 64), None, "0" * 64),
            ImageRead("clip.dcm#2", "17/clip.dcm", 2, (480, 640), (0.2, 0.3), "1" * 64),
        ),
        opinions=opinions,
        probabilities=mean_probabilities(opinions),
        warnings=(UltrasoundWarning(Doubt.NO_CIRCLE, "clip.dcm#2: no lesion is marked"),),
        models=(ModelUsed("model", "1", "2" * 64, "torch"),),
        livercad_version="1",
        timings_s={"total": 1.5},
    )


def test_findings_come_back_from_json_as_they_were() -> None:
    written = json.loads(json.dumps(findings().to_dict()))
    assert UltrasoundFindings.from_dict(written) == findings()
    assert written["modality"] == "US" and "not a medical device" in written["disclaimer"]
    assert written["opinions"][0]["circle"] == {"center": [10.5, 20], "diameter": 30}
    assert written["places"].startswith("column, row in pixels"), "A circle says its frame."


def test_findings_of_another_schema_are_refused_and_of_a_newer_one_read() -> None:
    written = findings().to_dict()
    with pytest.raises(ValueError, match=r"schema version 2\.0"):
        UltrasoundFindings.from_dict({**written, "schema_version": "2.0"})
    newer = UltrasoundFindings.from_dict({**written, "schema_version": "1.7", "elastography": 3})
    assert newer.opinions == findings().opinions
    with pytest.raises(ValueError, match=r"circle\.diameter: expected float"):
        written["opinions"][0]["circle"]["diameter"] = "wide"
        UltrasoundFindings.from_dict(written)


def test_a_case_s_probability_is_the_mean_of_those_who_answer() -> None:
    typed = Opinion("c", None, {Question.TYPE: {"cyst": 1.0, "hcc": 0.0}})
    assert mean_probabilities([opinion("a", 0.75), opinion("b", 0.25), typed]) == {
        "malignant": {"benign": 0.5, "malignant": 0.5},
        "type": {"cyst": 1.0, "hcc": 0.0},
    }
    assert mean_probabilities([]) == {}
    with pytest.raises(ValueError, match="“type” in different classes"):
        mean_probabilities([typed, Opinion("d", None, {Question.TYPE: {"cyst": 1.0}})])


@pytest.mark.parametrize(("question", "no", "yes"), [("mass", "no mass", "mass"), ("solid", "no", "solid nodule")])
def test_a_case_has_a_mass_if_one_view_of_many_shows_it(question: str, no: str, yes: str) -> None:
    shares = [0.02] * 5 + [0.97] + [0.02] * 4
    opinions = [Opinion(f"{n}", None, {question: {no: 1 - share, yes: share}}) for n, share in enumerate(shares)]
    assert mean_probabilities([*opinions, opinion("a", 0.3), opinion("b", 0.1)]) == {
        question: {no: pytest.approx(0.03), yes: 0.97},
        "malignant": {"benign": pytest.approx(0.8), "malignant": pytest.approx(0.2)},
    }
    assert mean_probabilities(opinions[:3])[question][yes] == 0.02
