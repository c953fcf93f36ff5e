"""Annotations as JSON, and what they refuse."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from livercad.core.annotation import AnnotatedLesion, Annotation, CaseState, Origin, Verdict
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass, LesionType

LESION = AnnotatedLesion(
    number=3,
    origin=Origin.ANNOTATOR,
    verdict=Verdict.ACCEPTED,
    center=(-60.0, 12.5, -310.0),
    diameter_mm=24.0,
    is_outlined=False,
    type=LesionType.FNH,
    label=LesionClass.OTHER_BENIGN,
    merged_from=(1, 2),
)
ANNOTATION = Annotation(
    case="p1",
    annotator="Dr Ada",
    state=CaseState.NEEDS_REVIEW,
    lesions=(LESION, replace(LESION, number=4, type=None, label=None, comment="too small")),
    seconds=312.5,
    phases={"one": Phase.ARTERIAL},
    client="Slicer 5.10",
)


def test_an_annotation_comes_back_from_json_as_it_was() -> None:
    assert Annotation.from_dict(json.loads(json.dumps(ANNOTATION.to_dict()))) == ANNOTATION


def test_two_lesions_of_one_number_are_refused() -> None:
    with pytest.raises(ValueError, match="number of its own"):
        replace(ANNOTATION, lesions=(LESION, LESION))


def test_a_type_of_another_class_is_refused() -> None:
    with pytest.raises(ValueError, match="fnh is of class other_benign, not hcc"):
        replace(LESION, label=LesionClass.HCC)


def test_a_lesion_without_size_is_refused() -> None:
    with pytest.raises(ValueError, match="diameter above 0 mm"):
        replace(LESION, diameter_mm=0.0)


def test_a_deleted_lesion_is_a_rejected_one() -> None:
    with pytest.raises(ValueError, match="Lesion 3 is deleted, so it is rejected, not accepted"):
        replace(LESION, is_deleted=True)


def test_what_an_older_schema_lacks_has_its_usual_value() -> None:
    older = {**ANNOTATION.to_dict(), "schema_version": "1.0"}
    older["lesions"] = [{name: v for name, v in each.items() if name != "is_deleted"} for each in older["lesions"]]
    assert Annotation.from_dict(older) == replace(ANNOTATION, schema_version="1.0")


def test_a_much_newer_schema_is_refused_with_both_versions() -> None:
    with pytest.raises(ValueError, match=r"version 2\.0 cannot be read; this is version 1\.1"):
        Annotation.from_dict({**ANNOTATION.to_dict(), "schema_version": "2.0"})


def test_what_a_little_newer_schema_adds_is_passed_over() -> None:
    newer = {**ANNOTATION.to_dict(), "schema_version": "1.7", "mood": "good"}
    assert Annotation.from_dict(newer) == replace(ANNOTATION, schema_version="1.7")
