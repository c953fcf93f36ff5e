from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import pytest
from PIL import Image

from html_page import Page, assert_self_contained, cells_of
from livercad.core.findings import DISCLAIMER
from livercad.reports import case_page
from livercad.reports.case_page import render_case
from livercad.reports.index_page import render_index
from livercad.reports.tables import CaseRow
from livercad.reports.thumbnails import thumbnail
from report_scene import scene, several, volume_affine

HOSTILE = """<script>alert(1)</script>"><img src=x onerror=alert('2')> & co"""


def done(case: str, **values: object) -> CaseRow:
    analysis = several(2, case)
    return CaseRow(case, "done", findings=analysis.findings, thumbnail=thumbnail(analysis), seconds=12.0, **values)  # type: ignore[arg-type]


def test_the_case_page_is_one_self_contained_file_that_parses() -> None:
    assert_self_contained(render_case(several(5)))
    assert_self_contained(render_case(several(0)))


def test_the_numbers_in_the_table_are_those_of_the_findings() -> None:
    analysis = several(5)
    rows = cells_of(render_case(analysis), "lesions")
    assert len(rows) == 5
    for row, lesion in zip(rows, analysis.findings.lesions, strict=True):
        number, score, volume, diameters, hu, share, surface, center = row
        assert int(number) == lesion.number
        assert float(score) == pytest.approx(lesion.score, abs=0.0051)
        assert float(volume) == pytest.approx(lesion.volume_ml, abs=0.0051)
        longest, shortest = diameters.split(" × ")
        assert float(longest) == pytest.approx(lesion.diameter_mm, abs=0.051)
        assert float(shortest) == pytest.approx(lesion.short_diameter_mm, abs=0.051)
        mean, sd = hu.replace("\u2212", "-").split(" ± ")
        assert float(mean) == pytest.approx(lesion.mean_hu, abs=0.51)
        assert float(sd) == pytest.approx(lesion.sd_hu, abs=0.51)
        share = share.replace("&lt; 0.1", "0.0")
        assert float(share.removesuffix(" %")) / 100 == pytest.approx(lesion.liver_fraction, abs=0.00051)
        assert float(surface) == pytest.approx(lesion.surface_distance_mm, abs=0.051)
        signs = {"R": 1, "L": -1, "A": 1, "P": -1, "S": 1, "I": -1}
        coordinates = [signs[part[0]] * float(part[1:]) for part in center.split(", ")]
        assert coordinates == pytest.approx(lesion.center, abs=0.051)


def test_every_lesion_in_the_table_links_to_its_pictures() -> None:
    page = Page(render_case(several(3)))
    links = [link["href"] for link in page.all("a")]
    assert links == ["#lesion-1", "#lesion-2", "#lesion-3"]
    assert {f"#{section['id']}" for section in page.all("section") if "id" in section} == set(links)


def test_all_of_many_lesions_have_their_pictures() -> None:
    html = render_case(several(12))
    assert html.count('<section class="lesion"') == 12
    assert 'class="compact"' in html
    assert 'class="compact"' not in render_case(several(3))


def test_a_page_of_very_many_lesions_says_which_have_no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_page, "PICTURED_LESIONS", 2)
    html = render_case(several(4))
    assert html.count('<section class="lesion"') == 2
    assert "Pictures of the 2 largest of 4 lesions" in html
    assert len(cells_of(html, "lesions")) == 4
    assert [link["href"] for link in Page(html).all("a")] == ["#lesion-1", "#lesion-2"]


def test_every_picture_fills_a_view_box_of_its_own_pixels() -> None:
    html = render_case(several(2))
    figures = re.findall(r'<svg viewBox="-0.5 -0.5 (\d+) (\d+)".*?<image ([^>]*)>', html, re.DOTALL)
    assert len(figures) >= 2 * 3 + 12
    for width, height, image in figures:
        jpeg = re.search(r"base64,([^\"]+)", image)
        assert jpeg
        assert Image.open(io.BytesIO(base64.b64decode(jpeg[1]))).size == (int(width), int(height))
        assert f'x="-0.5" y="-0.5" width="{width}" height="{height}"' in image


def test_the_diameters_of_each_lesion_are_drawn_once() -> None:
    html = render_case(several(3))
    assert len(re.findall(r'<line class="diameter"', html)) == 2 * 3


def test_this_lesion_is_told_from_the_others_by_its_contour() -> None:
    html = render_case(scene(volume_affine(), lesions=(((20, -10, 5), 12.5), ((-15, -10, 5), 8.5))))
    first = html[html.index('id="lesion-1"') : html.index('id="lesion-2"')]
    axial = first[first.index("<svg") : first.index("</svg>")]
    assert re.findall(r'<path class="contour ?(\w*)"', axial) == ["liver", "", "other"]
    assert re.findall(r'<text class="name other"[^>]*>(\d+)<', axial) == ["2"]


def test_warnings_phases_models_and_times_are_shown() -> None:
    page = Page(render_case(several(5)))
    assert "Lesions smaller than 10 mm: 4, 5." in page.texts_of("li")
    assert "Portal (reference)" in page.text and "Arterial" in page.text
    assert "studies/several_portal.nii.gz" in page.text
    assert "liver-leuven" in page.text and "2020.10.11" in page.text and "torch fp32" in page.text
    assert "Time, 10.5 s" in page.text and "lesions 6.00 s" in page.text
    bars = [div["style"] for div in page.all("div") if div.get("class", "").startswith("step")]
    assert bars == ["flex: 500 1 0", "flex: 3250 1 0", "flex: 6000 1 0", "flex: 250 1 0"]


def test_the_licence_of_a_registered_model_and_what_it_was_trained_on_are_shown() -> None:
    from livercad.models.registry import find

    cells, model = Page(render_case(several(1))).texts_of("td"), find("liver-leuven")
    assert model.licence in cells and model.trained_on in cells


def test_a_version_that_was_trained_here_is_not_described_as_the_base() -> None:
    analysis = several(1)
    (model,) = analysis.findings.models
    trained = replace(analysis.findings, models=(replace(model, version=f"{model.version}+3"),))
    page = Page(render_case(replace(analysis, findings=trained)))
    assert "2020.10.11+3" in page.text and "Trained further where it is used. Before that: CT and MR" in page.text


@pytest.mark.parametrize("count", [0, 2])
def test_the_disclaimer_stands_at_the_top_and_at_the_bottom(count: int) -> None:
    for html in (render_case(several(count)), render_index([done("one")])):
        texts = [text for tag, text in Page(html).texts if tag not in ("script", "style", "title")]
        assert texts[0] == DISCLAIMER
        assert texts[-1] == DISCLAIMER


def test_a_case_without_lesions_says_so_and_shows_the_liver() -> None:
    html = render_case(several(0))
    page = Page(html)
    assert "No lesion found" in page.text
    assert "This does not exclude a lesion" in page.text
    assert '<table class="lesions">' not in html
    assert [name for name in page.texts_of("b") if name in ("Coronal", "Sagittal")] == ["Coronal", "Sagittal"]


def test_a_hostile_case_name_stays_text() -> None:
    for html in (
        render_case(several(1, HOSTILE)),
        render_index([done(HOSTILE), CaseRow(HOSTILE, "failed", reason=HOSTILE)]),
    ):
        page = Page(html)
        assert len(page.all("script")) == 1
        assert not any("onerror" in attributes for _, attributes in page.elements)
        assert HOSTILE in page.text


def test_the_index_links_to_every_report_and_is_self_contained() -> None:
    html = render_index([done("one"), done("two #2/ä")])
    links = ("./one/report.html", "./two%20%232/%C3%A4/report.html", "findings.csv", "cases.csv", "run.json")
    assert_self_contained(html, links)
    assert {link["href"] for link in Page(html).all("a")} == set(links)
    assert all(image["src"].startswith("data:image/png;base64,") for image in Page(html).all("img"))


def test_the_index_names_a_failed_case_with_its_reason_and_does_not_link_it() -> None:
    reason = "broken.nii.gz: found 0 bytes; expected a NIfTI file. Copy it again."
    html = render_index([done("good"), CaseRow("broken", "failed", reason=reason)])
    page = Page(html)
    good, broken = cells_of(html, "batch")
    assert good[1:3] == ["good", "done"]
    assert broken == ["", "broken", "failed", "", "", "", "", "", "", reason]
    assert "1 case failed" in page.texts_of("h2")
    assert not any("broken" in link["href"] for link in page.all("a"))


def test_the_index_shows_volumes_counts_and_totals() -> None:
    cases = [done("one"), done("two"), CaseRow("three", "failed", reason="no liver", seconds=6.0)]
    html = render_index(cases)
    findings = cases[0].findings
    assert findings
    row = cells_of(html, "batch")[0]
    assert row[3] == "Portal arterial, portal"
    assert float(row[4]) == pytest.approx(findings.liver.volume_ml, abs=0.51)
    assert row[5] == "2"
    assert float(row[6]) == pytest.approx(sum(lesion.volume_ml for lesion in findings.lesions), abs=0.0051)
    assert float(row[7]) == pytest.approx(max(lesion.diameter_mm for lesion in findings.lesions), abs=0.051)
    assert row[8] == "12.0"
    totals = dict(zip(Page(html).texts_of("dt"), Page(html).texts_of("dd"), strict=False))
    assert totals["Analysed"] == "2" and totals["Failed"] == "1" and totals["Lesions"] == "4"
    assert totals["Time of all analyses"] == "30.0 s"


def test_an_index_without_a_single_case_that_worked_can_be_read() -> None:
    page = Page(render_index([CaseRow("a", "failed", reason="no liver")]))
    assert "1 case failed" in page.text


def test_an_empty_index_can_be_read() -> None:
    assert "0 cases" in Page(render_index([])).text
