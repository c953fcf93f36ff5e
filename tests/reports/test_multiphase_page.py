from __future__ import annotations

import re
from dataclasses import replace

import pytest

from html_page import Page, assert_self_contained, cells_of
from livercad.core.phases import Phase
from livercad.reports.case_page import render_case
from livercad.reports.cases import CaseRow
from livercad.reports.index_page import render_index
from multiphase_scene import multiphase
from report_scene import several


@pytest.fixture(scope="module")
def html() -> str:
    return render_case(multiphase())


def section(html: str, number: int) -> str:
    start = html.index(f'id="lesion-{number}"')
    return html[start : html.index("</section>", start)]


def text_of(html: str) -> str:
    return re.sub(
        r"\s+", " ", re.sub("<[^>]*>", " ", html).replace("\u00a0", " ").replace("&lt;", "<").replace("&gt;", ">")
    )


def test_the_page_is_one_self_contained_file_of_modest_size(html: str) -> None:
    assert_self_contained(html)
    assert len(html) < 900_000


def test_every_series_is_listed_with_how_its_phase_is_known(html: str) -> None:
    rows = cells_of(html, "phases")
    assert [row[0] for row in rows] == ["Unenhanced", "Arterial", "Portal (reference)", "Delayed"]
    assert [row[1] for row in rows] == ["image", "image", "file name", "image"]
    assert [re.sub(r"\s+", " ", row[2]) for row in rows] == [
        "unenhanced 97 %", "arterial 97 %", "portal 97 %", "delayed 58 %, unenhanced 14 % ◆unsure"
    ]  # fmt: skip
    assert [row[3:6] for row in rows] == [
        ["42", "110", "140"], ["312", "110", "140"], ["158", "110", "140"], ["104", "–", "140"]
    ]  # fmt: skip
    assert rows[0][6:8] == ["96 × 96 × 22", "4 × 4 × 10"]
    assert rows[2][8] == "studies/phantom-007/volume-2.nii.gz"


def test_a_probability_bar_has_a_part_for_every_phase(html: str) -> None:
    bars = re.findall(r'<div class="probability".*?</div>\s*</div>', html, re.DOTALL)
    assert len(bars) == 4
    for bar in bars:
        parts = re.findall(r'<div class="(\w+)" style="flex-grow: ([\d.]+)"', bar)
        assert [name for name, _ in parts] == list(Phase)
        assert sum(float(share) for _, share in parts) == pytest.approx(1, abs=1e-3)


def test_registration_is_told_in_numbers_and_shown_before_and_after(html: str) -> None:
    rows = cells_of(html, "registration")
    assert rows[0] == ["Unenhanced", "rigid + B-spline", "0.811 → 0.957", "0.41 → 0.63", "14.6 (21.3)", "no warning"]
    assert [row[0] for row in rows] == ["Unenhanced", "Arterial", "Delayed"]
    assert rows[2][5] == "◆poor"
    titles = re.findall(r"<figcaption><b>((?:Axial|Coronal) (?:before|after))</b>", html)
    assert titles == ["Axial before", "Axial after", "Coronal before", "Coronal after"] * 3


def test_the_verdict_stands_in_words_beside_its_colour(html: str) -> None:
    assert "▲ Malignant HCC 87 % malignant classes together 95 %" in text_of(section(html, 1))
    assert "◆ Unsure Metastasis? 41 %" in text_of(section(html, 2))
    assert "The calibrated confidence of 41 % is below 50 %." in text_of(section(html, 2))
    assert "● Benign Cyst > 99 % malignant classes together 0 %" in text_of(section(html, 3))
    rows = cells_of(html, "lesions")
    assert [row[1:4] for row in rows] == [
        ["▲HCC 87 %", "95 %", "arterial, portal, delayed"],
        ["◆Metastasis? 41 %", "55 %", "arterial, portal, delayed"],
        ["●Cyst &gt; 99 %", "0 %", "portal"],
    ]


def test_boxes_in_overview_pictures_have_the_colour_and_name_the_class(html: str) -> None:
    for number, kind, text in (
        (1, "malignant", "1 HCC 87 %"),
        (2, "unsure", "2 Metastasis? 41 %"),
        (3, "benign", "3 Cyst &gt; 99 %"),
    ):
        axial = re.search(r"<svg.*?</svg>", section(html, number), re.DOTALL)
        assert axial
        assert f'<path class="contour {kind}"' in axial[0]
        assert f'<rect class="box {kind}"' in axial[0]
        assert f'<rect class="plate {kind}"' in axial[0]
        assert f">{text}</text>" in axial[0].replace("\u00a0", " ")
    montage = html[html.index('class="montage"') : html.index('id="phases"')]
    assert set(re.findall(r'<rect class="box (\w+)"', montage)) == {"malignant", "benign", "unsure"}
    for kind, color in (("malignant", "255, 65, 54"), ("benign", "46, 204, 64"), ("unsure", "255, 214, 10")):
        assert f".contour.{kind}, .box.{kind} {{ stroke: rgb({color}); }}" in html
        assert f'<path class="contour {kind}" d="M3 7h20"/></svg>' in html, "the legend"


def test_every_phase_shows_the_lesion_with_its_numbers(html: str) -> None:
    part = section(html, 1)
    pictures = part[part.index("in-phases") : part.index('class="explain"')]
    assert re.findall(r"<figcaption><b>(\w+)</b>", pictures) == ["Unenhanced", "Arterial", "Portal", "Delayed"]
    assert pictures.count('<path class="contour malignant"') == 4
    first = multiphase().findings.lesions[0].enhancement[1]
    assert f"lesion {first.lesion_hu:.0f}, liver {first.liver_hu:.0f} HU" in pictures
    assert "not found here" in pictures
    table = [[cell for cell in row] for row in cells_of(part, "dense")]
    assert [row[0] for row in table] == ["Unenhanced", "Arterial", "Portal", "Delayed"]
    assert [row[-1] for row in table] == ["42", "312", "158", "104"]
    assert part.count('<svg class="curve"') == 1


def test_signs_tell_state_number_threshold_and_source(html: str) -> None:
    rows = cells_of(section(html, 1), "dense signs")
    assert rows == [
        ["Arterial hyperenhancement1", "present", "31 HU", "≥ 10 HU"],
        ["Washout, portal2", "absent", "93 %", "≥ 107 %"],
        ["Rim enhancement3", "absent", "0.12", "≥ 0.50"],
        ["Washout, delayed4", "not measurable", "too small to tell"],
        ["Water density5", "absent", "41 HU", "≤ 20 HU"],
    ]
    notes = re.findall(r'<li id="sign-(\d+)">(.*?)</li>', html)
    assert [number for number, _ in notes] == ["1", "2", "3", "4", "5"], "once for all lesions"
    assert "LI-RADS v2018, major features" in notes[0][1]
    assert "no LI-RADS category is claimed" in html


def test_a_sign_names_the_phase_that_it_misses() -> None:
    analysis = multiphase()
    lesion = analysis.findings.lesions[0]
    lesion = replace(lesion, enhancement=[point for point in lesion.enhancement if point.phase is not Phase.DELAYED])
    alone = replace(analysis, findings=replace(analysis.findings, lesions=(lesion,)))
    assert cells_of(render_case(alone), "dense signs")[3][-1] == "needs delayed phase"


def test_probabilities_and_weights_are_bars_of_their_length(html: str) -> None:
    bars = re.findall(
        r'<tr><th>([^<]*)</th><td><div class="track"><div class="(\w+)" style="width: ([\d.]+)%', section(html, 1)
    )
    assert bars[:2] == [("HCC", "malignant", "87.4"), ("Metastasis", "malignant", "5.1")]
    assert bars[2][:2] == ("Hemangioma", "benign")
    assert [(name, width) for name, kind, width in bars if kind == "weight"] == [
        ("Unenhanced", "9.0"), ("Arterial", "46.0"), ("Portal", "21.0"), ("Delayed", "24.0")
    ]  # fmt: skip


def test_what_the_classifier_saw_is_shown_for_every_phase(html: str) -> None:
    part = section(html, 2)
    crops = part[part.index('class="crops"') :]
    assert re.findall(r"<figcaption>(\w+)</figcaption>", crops) == ["Unenhanced", "Arterial", "Portal", "Delayed"]
    assert crops.count("data:image/jpeg") == crops.count("data:image/png") == 4


def test_hostile_words_of_models_stay_text() -> None:
    analysis = multiphase()
    hostile = '"><script>alert(1)</script>'
    lesion = analysis.findings.lesions[1]
    assert lesion.classification
    lesion = replace(
        lesion,
        classification=replace(lesion.classification, reason=hostile),
        signs=tuple(replace(sign, source=hostile) for sign in lesion.signs),
    )
    reads = tuple(replace(read, told_by=hostile, source=hostile) for read in analysis.findings.phases)
    html = render_case(replace(analysis, findings=replace(analysis.findings, lesions=(lesion,), phases=reads)))
    assert len(Page(html).all("script")) == 1


def test_the_index_shows_classes_and_counts_malignant_lesions() -> None:
    rows = [
        CaseRow("one", "done", findings=multiphase().findings),
        CaseRow("two", "done", findings=several(1).findings),
        CaseRow("bad", "failed", reason="no liver"),
    ]
    html = render_index(rows)
    one, two, bad = cells_of(html, "batch")
    assert one[3] == "Portal unenhanced, arterial, portal, delayed"
    assert one[8:10] == ["▲1 HCC●1 Cyst◆1 unsure", "1"]
    assert two[8:10] == ["–", "–"]
    assert len(one) == len(two) == len(bad) and bad[-1] == "no liver"
    assert "▲ 1 malignant ● 1 benign ◆ 1 unsure" in text_of(html)


def test_an_index_without_a_classifier_has_no_column_of_classes() -> None:
    html = render_index([CaseRow("two", "done", findings=several(1).findings)])
    assert ">Classes<" not in html and "Lesions by class" not in html
