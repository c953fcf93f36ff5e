"""The page is right, too, where an analysis has no classifier, one phase, old findings or very many lesions."""

from __future__ import annotations

import json
from dataclasses import replace

from html_page import assert_self_contained, cells_of
from livercad.core.findings import Findings
from livercad.core.lesion import Lesion
from livercad.pipeline.analysis import Analysis
from livercad.reports.case_page import render_case
from multiphase_scene import multiphase
from report_scene import several

NEW_IN_1_1 = {
    "phases": ("probabilities", "is_unsure", "organ_hu", "registration"),
    "lesions": ("visible_in", "enhancement", "signs", "classification"),
}


def like_multiphase(analysis: Analysis) -> Analysis:
    """Other lesions in the findings of the phantom: as many as wanted, without its volumes."""
    given = multiphase().findings.lesions

    def explained(lesion: Lesion) -> Lesion:
        example = given[lesion.number % 3]
        return replace(
            lesion, enhancement=example.enhancement, signs=example.signs, classification=example.classification
        )

    lesions = tuple(explained(lesion) for lesion in analysis.findings.lesions)
    return replace(analysis, findings=replace(analysis.findings, lesions=lesions))


def test_without_a_classifier_nothing_speaks_of_classes() -> None:
    analysis = multiphase()
    lesions = tuple(replace(lesion, classification=None) for lesion in analysis.findings.lesions)
    html = render_case(replace(analysis, findings=replace(analysis.findings, lesions=lesions), views={}))
    assert '<span class="chip malignant"' not in html and '<rect class="box' not in html
    assert "What the classifier saw" not in html and ">Malignant<" not in html
    assert '<table class="dense signs">' in html and '<svg class="curve"' in html


def test_findings_of_an_older_schema_make_the_page_that_they_can() -> None:
    analysis = several(2)
    data = json.loads(json.dumps(analysis.findings.to_dict())) | {"schema_version": "1.0"}
    for part, names in NEW_IN_1_1.items():
        for item in data[part]:
            for name in names:
                del item[name]
    html = render_case(replace(analysis, findings=Findings.from_dict(data)))
    assert_self_contained(html)
    assert '<table class="phases">' in html
    for absent in (
        'class="explain"',
        'class="registration"',
        "LI-RADS",
        'class="probability"',
        "Found in",
        'class="chip',
    ):
        assert absent not in html, absent


def test_a_study_of_one_phase_with_a_class_has_no_comparison_of_phases() -> None:
    analysis = like_multiphase(several(2))
    only = replace(analysis.findings, phases=analysis.findings.phases[:1])
    html = render_case(replace(analysis, findings=only))
    assert "Phase by phase" not in html and 'class="registration"' not in html
    assert '<rect class="plate' in html and "Detail" in html


def test_unknown_phases_and_more_series_than_phases_can_be_read() -> None:
    analysis = multiphase()
    extra = tuple(replace(read, phase=None, is_reference=False, registration=None) for read in analysis.findings.phases)
    findings = replace(analysis.findings, phases=(*analysis.findings.phases, *extra))
    images = (*analysis.phases, replace(analysis.phases[1], phase=None))
    html = render_case(replace(analysis, findings=findings, phases=images))
    assert_self_contained(html)
    assert [row[0] for row in cells_of(html, "phases")][4:] == ["Unknown"] * 4
    assert html.count("<b>Unknown</b>") == 3, "one a lesion"


def test_on_a_page_of_many_lesions_the_details_fold_away_and_unfold_to_print() -> None:
    html = render_case(like_multiphase(several(8)))
    assert html.count("<details>") == 8
    assert "beforeprint" in html
    assert "<details>" not in render_case(like_multiphase(several(2)))
