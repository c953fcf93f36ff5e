"""What clients get of an analysis."""

from __future__ import annotations

from dataclasses import replace

from livercad.core.lesion import Lesion
from livercad.core.taxonomy import LesionClass
from livercad.server.results import Result, instance_names
from multiphase_scene import multiphase


def named(lesion: Lesion, label: LesionClass | None, unsure: bool = False) -> Lesion:
    if label is None or lesion.classification is None:
        return replace(lesion, classification=None)
    return replace(lesion, classification=replace(lesion.classification, label=label, is_unsure=unsure))


def test_segments_are_named_by_number_and_class_and_no_two_alike() -> None:
    analysis = multiphase()
    first, second, third = analysis.findings.lesions
    alike = (
        named(first, LesionClass.OTHER_MALIGNANT),
        named(second, LesionClass.OTHER_MALIGNANT, unsure=True),
        named(third, None),
    )
    names = instance_names(Result(replace(analysis, findings=replace(analysis.findings, lesions=alike))))
    assert names == {"lesion 1 other malignant": 1, "lesion 2 other malignant?": 2, "lesion 3": 3}
    assert "lesion 1 hcc" in instance_names(Result(analysis))
