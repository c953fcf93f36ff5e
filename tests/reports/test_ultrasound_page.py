"""The page, the picture, the tables and the index of ultrasound cases."""

from __future__ import annotations

import base64
import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from html_page import Page, assert_self_contained, cells_of
from livercad.core.circle import Circle
from livercad.core.findings import DISCLAIMER, ModelUsed
from livercad.core.planar_roi import planar_square
from livercad.core.saliency import overlay_of
from livercad.core.taxonomy import BENIGN_COLOR, MALIGNANT_COLOR
from livercad.core.ultrasound import PHANTOM_CAUTION, Doubt
from livercad.models.registry import load_registry
from livercad.pipeline.ultrasound_analyzer import UltrasoundAnalyzer, UltrasoundReport
from livercad.reports import ultrasound_page
from livercad.reports.index_page import render_index
from livercad.reports.ultrasound_cases import UltrasoundRow
from livercad.reports.ultrasound_page import CROP_PIXELS, render_ultrasound_case
from livercad.reports.ultrasound_tables import CASE_COLUMNS, OPINION_COLUMNS, ultrasound_cases_csv, ultrasound_csv
from livercad.reports.ultrasound_thumbnail import ultrasound_thumbnail
from livercad.settings import UltrasoundSettings
from livercad.studies.ultrasound.cases import ImageCase
from livercad.studies.ultrasound.image import ListedImage, MarkedLesion
from ultrasound_fakes import FakeImageModel, FakeLesionModel, FakeModelOfBoth, FakeModelOfViews, lesion_image

CIRCLE = Circle((60.0, 50.0), 42.0)
HOSTILE = """<script>alert(1)</script>"><img src=x onerror=alert('2')> & co"""


def report(
    folder: Path,
    *greys: int,
    case: str = "case",
    model: object = None,
    bare: int = 0,
    more: MarkedLesion | None = None,
) -> UltrasoundReport:
    """A case of an image for each grey, with a marked lesion or one more, and some images without."""
    images = []
    for number, grey in enumerate((*greys, *[200] * bare)):
        path = folder / f"{number}.png"
        Image.fromarray(lesion_image(grey)).save(path)
        lesions = (MarkedLesion(CIRCLE), *([more] if more else [])) if number < len(greys) else ()
        images.append(ListedImage(case, path.name, path, lesions=lesions))
    analyzer = UltrasoundAnalyzer(model or FakeLesionModel(), UltrasoundSettings())  # type: ignore[arg-type]
    return analyzer(ImageCase(case, tuple(images)))


def row(told: UltrasoundReport) -> UltrasoundRow:
    return UltrasoundRow(told.findings.case, "done", "", told.findings, ultrasound_thumbnail(told), 1.5)


def picture(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1])))


def test_the_page_is_one_self_contained_file_with_disclaimer_model_and_warnings(tmp_path: Path) -> None:
    html = render_ultrasound_case(report(tmp_path, 0, 60, bare=1))
    assert_self_contained(html)
    page = Page(html)
    assert page.text.count(DISCLAIMER) == 2
    assert "Trained on: nothing at all" in page.text and "Fake model of lesions" in page.text
    assert "No circle lies on the image" in page.text and "The model was not asked" in page.text
    assert_self_contained(render_ultrasound_case(report(tmp_path, 90, model=FakeImageModel())))
    assert_self_contained(render_ultrasound_case(report(tmp_path, bare=1)))


def test_the_licence_of_weights_that_come_with_the_package_is_shown_also_under_a_papers_name(tmp_path: Path) -> None:
    told, shipped = report(tmp_path, 60), load_registry()["qi2019-phantom"]
    for digest, licence in ((shipped.weights.sha256, shipped.licence), ("9" * 64, "not known")):
        used = (ModelUsed("qi2019", digest[:12], digest, "torch"),)
        findings = replace(told.findings, models=used)
        html = render_ultrasound_case(replace(told, analysis=replace(told.analysis, findings=findings)))
        assert f"<th>qi2019</th><td>{digest[:12]}</td><td>{licence}</td>" in html


class FakeOfPhantoms(FakeLesionModel):
    learnt_from_phantoms = True


def test_what_has_learnt_from_phantoms_alone_is_said_above_all_answers(tmp_path: Path) -> None:
    patients, phantoms = report(tmp_path, 60), report(tmp_path, 60, model=FakeOfPhantoms())
    for told in (render_ultrasound_case(phantoms), render_index((), [row(patients), row(phantoms)])):
        assert told.count(PHANTOM_CAUTION) == 1 and "knows nothing of patients" in PHANTOM_CAUTION
        assert 0 < told.index(PHANTOM_CAUTION) < told.index('<dl class="facts">')
    for told in (render_ultrasound_case(patients), render_index((), [row(patients)])):
        assert PHANTOM_CAUTION not in told


def test_circle_and_square_lie_on_the_image_where_they_were_marked(tmp_path: Path) -> None:
    page = Page(render_ultrasound_case(report(tmp_path, 60)))
    (svg, *_) = [each for each in page.all("svg") if each.get("role") == "img"]
    assert svg["viewbox"] == "-0.5 -0.5 128 96"
    (circle,) = [each for each in page.all("circle") if each.get("r") != "5"]
    assert page.texts_of("text") == ["1"], "the number that its opinion has"
    assert [float(circle[name]) for name in ("cx", "cy", "r")] == [60, 50, 21]
    (square,) = [each for each in page.all("rect") if each["x"] != "8"]
    # D / L = .6: the side is 70 pixels.
    assert [float(square[name]) for name in ("x", "y", "width", "height")] == [25, 15, 70, 70]


def test_the_crop_is_what_the_model_sees_and_the_overlay_is_where_it_looked(tmp_path: Path) -> None:
    told = report(tmp_path, 60)
    _, seen, overlay = [picture(each["href"]) for each in Page(render_ultrasound_case(told)).all("image")]
    expected = planar_square(told.analysis.images[0].array, CIRCLE, CROP_PIXELS, ratio=0.6, smallest=64)
    assert np.abs(np.asarray(seen, dtype=float) - expected).mean() < 2
    strength = planar_square(told.analysis.saliency[0], CIRCLE, CROP_PIXELS, ratio=0.6, smallest=64)
    colors, alpha = overlay_of(strength)
    shown = np.asarray(overlay.convert("RGBA"), dtype=float)
    assert np.abs(shown[..., 3] - 255 * alpha).max() <= 255 * 0.62 / 15
    assert np.abs(shown[..., :3] - colors)[strength > 0.1].mean() < 6


def test_a_model_that_sees_more_than_a_square_shows_also_the_whole_image_it_looked_at(tmp_path: Path) -> None:
    html = render_ultrasound_case(report(tmp_path, 60, model=FakeModelOfViews()))
    shown = [picture(each["href"]).size for each in Page(html).all("image")]
    crop, whole = (CROP_PIXELS, CROP_PIXELS), (128, 96)
    assert shown == [whole, crop, crop, whole]
    assert [each["href"] for each in Page(html).all("use")] == ["#seen-1", "#tissue-1"]
    assert "the model sees other parts, too" in html and "Seen" not in Page(html).text


def test_a_model_of_whole_images_shows_them_whole(tmp_path: Path) -> None:
    page = Page(render_ultrasound_case(report(tmp_path, 60, model=FakeImageModel())))
    whole, overlay = [picture(each["href"]) for each in page.all("image")]
    assert whole.size == overlay.size == (128, 96) and page.all("use") == [{"href": "#tissue-1"}]
    assert not [each for each in page.all("circle") if "mark" in each.get("class", "")]


def test_a_model_may_answer_for_images_and_for_lesions(tmp_path: Path) -> None:
    told = report(tmp_path, 60, 0, model=FakeModelOfBoth())
    html = render_ultrasound_case(told)
    assert_self_contained(html)
    rows = cells_of(html, "opinions")
    assert [cells[2] for cells in rows] == ["–", "42 px", "–", "42 px"]
    assert rows[0][4:] == ["–", "–", "–"] and rows[1][3] == "–"
    assert "of 2 marked lesions" in html and html.count("mean over 2 opinions") == 2 * 2
    assert html.count("mean over 2 opinions, the malignant types together") == 2
    assert html.count("on the image where it is surest, of 2") == 2 and "mean over its" not in html
    surest = max(each.probabilities["mass"]["mass"] for each in told.findings.opinions if not each.circle)
    (case,) = csv.DictReader(io.StringIO(ultrasound_cases_csv([row(told)])))
    assert float(case["p_mass_mass"]) == pytest.approx(surest, abs=1e-4)
    assert len(list(csv.DictReader(io.StringIO(ultrasound_csv([row(told)]))))) == 4


def test_an_image_has_one_section_with_a_block_for_each_opinion(tmp_path: Path) -> None:
    other = MarkedLesion(Circle((100.0, 60.0), 20.0))
    html = render_ultrasound_case(report(tmp_path, 60, 110, model=FakeModelOfBoth(), more=other))
    assert_self_contained(html)
    first, second = html.split('<section class="image">')[1:]
    assert re.findall(r'class="opinion" id="opinion-(\d)"', first) == ["1", "2", "3"]
    assert re.findall(r'class="opinion" id="opinion-(\d)"', second) == ["4", "5", "6"]
    whole, *lesions = [Page("<div" + part) for part in _blocks(first)]
    assert "The image as a whole" in whole.text and "Mass" in whole.text and "Type" not in whole.text
    for block, diameter, place in zip(lesions, (42, 20), ("column 60, row 50", "column 100, row 60"), strict=True):
        assert f"Lesion of {diameter} px" in block.text and place in block.text
        assert len(block.all("image")) == 2 and "Type" in block.text and "Malignancy" in block.text
    main = first.split("</figure>")[0]
    assert re.findall(r'<text class="no"[^>]*>(\d)</text>', main) == ["2", "3"]
    assert len(re.findall('<circle class="mark circle"', main)) == len(re.findall('<rect class="mark', main)) == 2


def _blocks(section: str) -> list[str]:
    """The opinions of a section, each a whole element."""
    parts = section.split('<div class="opinion"')[1:]
    return [*parts[:-1], parts[-1].split("</div>\n</div>\n</section>")[0]]


def test_the_bars_and_the_table_have_the_numbers_of_the_findings(tmp_path: Path) -> None:
    told = report(tmp_path, 0, 110)
    html = render_ultrasound_case(told)
    mean, first, second = (each.probabilities for each in (told.findings, *told.findings.opinions))
    widths = [float(width) for width in re.findall(r'style="width: ([\d.]+)%"', html)]
    wanted = [share for each in (mean, first, second) for classes in each.values() for share in classes.values()]
    assert widths == pytest.approx([100 * share for share in wanted], abs=0.051)
    rows = cells_of(html, "opinions")
    assert [cells[:2] for cells in rows] == [["1", "0.png"], ["2", "1.png"]]
    assert rows[0][3].startswith("●Cyst") and rows[1][3].startswith("▲HCC")
    assert rows[1][-1] == f"{100 * second['malignant']['malignant']:.0f} %"


def test_whatever_comes_from_files_is_escaped(tmp_path: Path) -> None:
    told = report(tmp_path, 60)
    findings = replace(told.findings, case=HOSTILE)
    hostile = replace(told, analysis=replace(told.analysis, findings=findings), title=HOSTILE, trained_on=HOSTILE)
    for html in (render_ultrasound_case(hostile), render_index([], [replace(row(told), findings=findings)])):
        assert "<script>alert" not in html and "<img src=x" not in html
        Page(html)


def test_a_long_clip_has_all_opinions_in_its_table_and_the_first_in_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ultrasound_page, "PICTURED", 2)
    html = render_ultrasound_case(report(tmp_path, 0, 60, 110))
    assert len(cells_of(html, "opinions")) == 3 and html.count('<section class="image"') == 2
    assert "Pictures of the first 2 of 3 opinions" in html


def test_a_thumbnail_has_the_circle_in_the_colour_of_the_answer(tmp_path: Path) -> None:
    for grey, color in ((0, BENIGN_COLOR), (60, MALIGNANT_COLOR)):
        image = Image.open(io.BytesIO(ultrasound_thumbnail(report(tmp_path, grey))))
        assert image.format == "PNG" and image.size == (220, 165)
        # The circle's rightmost point: column 60 + 21 of 128, row 50 of 96.
        x, y = round((60.5 + 21) * 220 / 128) - 1, round(50.5 * 165 / 96)
        assert np.abs(np.asarray(image.convert("RGB"))[y, x].astype(int) - color).max() < 40


def test_tables_have_fixed_columns_then_those_of_the_classes(tmp_path: Path) -> None:
    cases = [row(report(tmp_path, 60, bare=1)), UltrasoundRow("zoe", "failed", reason="no picture; it says")]
    classes = ["p_malignant_benign", "p_malignant_malignant", "p_type_cyst", "p_type_hemangioma", "p_type_hcc"]
    opinions = list(csv.DictReader(io.StringIO(ultrasound_csv(cases))))
    assert list(opinions[0]) == [*OPINION_COLUMNS, *classes, "p_type_metastasis"]
    assert [told["opinion"] for told in opinions] == ["1", ""]
    told, failed = csv.DictReader(io.StringIO(ultrasound_cases_csv(cases)))
    assert list(told) == [*CASE_COLUMNS, *classes, "p_type_metastasis"]
    assert (told["images"], told["opinions"], told["warnings"]) == ("2", "1", "no_circle")
    assert failed["reason"] == "no picture; it says" and not failed["type"]


def test_a_case_has_each_code_of_a_warning_once_in_its_table(tmp_path: Path) -> None:
    told = row(report(tmp_path, 60, 200))
    assert told.findings and [each.code for each in told.findings.warnings].count(Doubt.DISAGREEMENT) == 2
    (cells,) = csv.DictReader(io.StringIO(ultrasound_cases_csv([told])))
    assert cells["warnings"] == "disagreement"


def test_the_index_lists_answers_and_warnings(tmp_path: Path) -> None:
    cases = [row(report(tmp_path, 60, case="ada")), row(report(tmp_path, case="bea", bare=1))]
    html = render_index([], [*cases, UltrasoundRow("zoe", "failed", reason="no picture")])
    assert_self_contained(
        html,
        *[("./ada/report.html", "./bea/report.html", "ultrasound.csv", "ultrasound_cases.csv", "run.json")],
    )
    ada, bea, zoe = cells_of(html, "batch images")
    share = cases[0].findings.probabilities["malignant"]["malignant"] if cases[0].findings else 0
    keys = re.findall(r'<td class="classes" data-sort="(.*?)">', html)
    assert keys[1:] == [str(share), "", ""], "malignancy sorts by how probable it is"
    assert ada[1:5] == ["ada", "done", "1", "1"] and "▲Metastasis" in ada[5]
    assert ada[6].endswith(f"Malignant {100 * share:.0f} %")
    assert bea[5:7] == ["–", "–"] and "No circle" in bea[-1]
    assert zoe[1:3] == ["zoe", "failed"] and zoe[-1] == "no picture" and len(zoe) == len(ada)
