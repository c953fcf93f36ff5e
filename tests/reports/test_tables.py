from __future__ import annotations

import csv
import io
import re

import pytest

from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass
from livercad.reports import formatting, tables
from livercad.reports.tables import (
    CASE_COLUMNS,
    LESION_COLUMNS,
    CaseRow,
    case_row,
    cases_csv,
    findings_csv,
    lesion_rows,
)
from multiphase_scene import multiphase
from report_scene import several


def done(count: int, case: str = "case-1") -> CaseRow:
    return CaseRow(case, "done", findings=several(count, case).findings, seconds=3.14159)


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_findings_csv_has_a_row_a_lesion_with_the_findings_numbers() -> None:
    row = done(3)
    assert row.findings
    rows = read(findings_csv([row]))
    assert [int(cells["lesion"]) for cells in rows] == [1, 2, 3]
    for cells, lesion in zip(rows, row.findings.lesions, strict=True):
        assert cells["case"] == "case-1" and cells["reference_phase"] == "portal"
        for name in (*LESION_COLUMNS[3:9], "surface_distance_mm"):
            assert float(cells[name]) == pytest.approx(getattr(lesion, name), abs=0.0051), name
        assert float(cells["liver_fraction"]) == pytest.approx(lesion.liver_fraction, abs=1e-6)
        for name, point in {
            "center": lesion.center,
            "diameter_start": lesion.diameter.start,
            "short_diameter_end": lesion.short_diameter.end,
            "box_min": lesion.box.minimum,
            "box_max": lesion.box.maximum,
        }.items():
            assert [float(cells[f"{name}_{axis}_mm"]) for axis in "ras"] == pytest.approx(point, abs=0.0051)


def test_cases_csv_has_a_row_a_case_failed_ones_included() -> None:
    row = done(3)
    assert row.findings
    good, none, failed = read(cases_csv([row, done(0, "healthy"), CaseRow("bad", "failed", reason='cut, "torn"')]))
    assert good["status"] == "done" and good["reason"] == ""
    assert good["reference_source"] == "studies/case-1_portal.nii.gz"
    assert [float(good[f"spacing_{axis}_mm"]) for axis in "ijk"] == [3.0, 3.0, 3.0]
    assert float(good["liver_volume_ml"]) == pytest.approx(row.findings.liver.volume_ml, abs=0.0051)
    assert good["lesion_count"] == "3"
    assert float(good["lesion_volume_ml"]) == pytest.approx(sum(x.volume_ml for x in row.findings.lesions), abs=1e-4)
    assert float(good["largest_diameter_mm"]) == pytest.approx(
        max(x.diameter_mm for x in row.findings.lesions), abs=0.01
    )
    assert good["warnings"] == "tiny_lesion"
    assert good["liver_is_cut"] == "false"
    assert good["models"] == "liver-leuven 2020.10.11"
    assert good["analysis_s"] == "3.14"
    assert none["lesion_count"] == "0" and none["lesion_volume_ml"] == "0.0" and none["largest_diameter_mm"] == ""
    assert failed["status"] == "failed" and failed["reason"] == 'cut, "torn"'
    assert {name for name, value in failed.items() if value} == {"case", "status", "reason"}


def test_columns_keep_their_order_and_rows_fill_exactly_them() -> None:
    row = done(1)
    assert row.findings
    assert findings_csv([row]).splitlines()[0] == ",".join(LESION_COLUMNS)
    assert cases_csv([row]).splitlines()[0] == ",".join(CASE_COLUMNS)
    assert list(lesion_rows(row.findings)[0]) == list(LESION_COLUMNS)
    assert list(case_row(row)) == list(CASE_COLUMNS)
    assert LESION_COLUMNS[:7] == (
        "case", "reference_phase", "lesion", "score", "volume_ml", "diameter_mm", "short_diameter_mm"
    )  # fmt: skip


def test_quantities_name_their_unit_and_are_documented() -> None:
    assert tables.__doc__
    words = ("case", "reference_phase", "lesion", "class", "unsure", "unsure_reason", "phases_read", "visible_in")
    shares = ("score", "liver_fraction", "confidence", "malignancy")
    plain = {
        *words,
        *shares,
        *(name for name in LESION_COLUMNS if name.startswith(("sign_", "signs_", "probability_"))),
    }
    plain |= {f"{phase}_weight" for phase in Phase}
    assert all(name.endswith(("_ml", "_mm", "_hu")) for name in LESION_COLUMNS if name not in plain)
    documented = set(re.findall(r"``([\w*]+)``", tables.__doc__))
    for name in (*LESION_COLUMNS, *CASE_COLUMNS):
        phase, _, quantity = name.partition("_")
        axis = re.sub(r"_[ras]_mm$", "_*_mm", name)
        sign = re.sub(r"^sign_\w+_(value|threshold)$", r"SIGN_\1", name)
        assert documented & {name, axis, sign, f"PHASE_{quantity}" if phase in list(Phase) else name}, name


def test_columns_of_the_first_release_stay_in_front() -> None:
    assert LESION_COLUMNS.index("box_max_s_mm") == 31 and LESION_COLUMNS[32] == "class"
    assert CASE_COLUMNS.index("analysis_s") == 18 and CASE_COLUMNS[19] == "phases_read"
    assert len(set(LESION_COLUMNS)) == len(LESION_COLUMNS) and len(set(CASE_COLUMNS)) == len(CASE_COLUMNS)


def test_a_lesions_row_has_its_class_enhancement_and_signs() -> None:
    findings = multiphase().findings
    first, second, third = read(findings_csv([CaseRow("a", "done", findings=findings)]))
    assert (first["class"], first["confidence"], first["malignancy"], first["unsure"]) == (
        "hcc",
        "0.874",
        "0.947",
        "false",
    )
    assert (second["class"], second["unsure"]) == ("metastasis", "true")
    assert second["unsure_reason"] == "The calibrated confidence of 41 % is below 50 %."
    for row in (first, second, third):
        assert sum(float(row[f"probability_{name}"]) for name in LesionClass) == pytest.approx(1)
        assert row["phases_read"] == "unenhanced; arterial; portal; delayed"
    assert (first["visible_in"], third["visible_in"]) == ("arterial; portal; delayed", "portal")
    for row, lesion in zip((first, second, third), findings.lesions, strict=True):
        for point in lesion.enhancement:
            for name in ("lesion_hu", "lesion_sd_hu", "liver_hu", "contrast_hu", "rim_hu", "core_hu"):
                assert float(row[f"{point.phase}_{name}"]) == pytest.approx(getattr(point, name), abs=0.0051)
    assert first["signs_present"] == "arterial_hyperenhancement"
    assert first["signs_absent"] == "portal_washout; rim_enhancement; water_density"
    assert first["signs_not_measurable"] == "delayed_washout"
    for row, lesion in zip((first, second, third), findings.lesions, strict=True):
        for found in lesion.signs:
            for name, number in (("value", found.value), ("threshold", found.threshold)):
                cell = row[f"sign_{found.sign}_{name}"]
                assert cell == "" if number is None else float(cell) == pytest.approx(number, abs=0.0006)
        if lesion.classification and lesion.classification.attention:
            weights = [row[f"{phase}_weight"] for phase in lesion.classification.attention]
            assert sum(map(float, weights)) == pytest.approx(1, abs=0.001)


def test_a_cases_row_counts_verdicts_and_tells_the_registration() -> None:
    (row,) = read(cases_csv([CaseRow("a", "done", findings=multiphase().findings)]))
    assert row["classes"] == "hcc 1; cyst 1", "what is unsure is no class"
    assert [row[f"{verdict}_count"] for verdict in ("malignant", "benign", "unsure")] == ["1", "1", "1"]
    assert row["phases_read"] == "unenhanced; arterial; portal; delayed" and row["phases_unsure"] == "delayed"
    assert row["arterial_registration_method"] == "rigid + B-spline"
    assert (row["delayed_liver_overlap_before"], row["delayed_liver_overlap_after"]) == ("0.811", "0.702")
    assert (row["unenhanced_similarity_before"], row["unenhanced_similarity_after"]) == ("0.41", "0.63")
    assert (row["arterial_median_shift_mm"], row["arterial_largest_shift_mm"]) == ("14.6", "21.3")
    assert row["portal_registration_method"] == row["portal_median_shift_mm"] == "", "the reference phase is not moved"
    assert row["registration_poor"] == "delayed"


def test_what_an_analysis_does_not_have_stays_empty() -> None:
    case = done(1)
    lesion, row = read(findings_csv([case]))[0], read(cases_csv([case]))[0]
    assert {name for name in LESION_COLUMNS[32:] if lesion[name]} == {"phases_read"}
    assert {name for name in CASE_COLUMNS[19:] if row[name]} == {"phases_read"}
    assert row["phases_read"] == "arterial; portal"


def test_no_case_leaves_a_table_with_its_header() -> None:
    assert findings_csv([]) == ",".join(LESION_COLUMNS) + "\n"
    assert findings_csv([CaseRow("bad", "failed", reason="x")]) == findings_csv([])


def test_a_case_row_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="no findings"):
        CaseRow("a", "done")
    with pytest.raises(ValueError, match="no reason"):
        CaseRow("a", "failed")


@pytest.mark.parametrize(
    ("function", "value", "text"),
    [
        (formatting.ml, 0.056, "0.06"),
        (formatting.ml, 9.996, "10.0"),
        (formatting.ml, 38.62, "38.6"),
        (formatting.ml, 99.96, "100"),
        (formatting.ml, 1403.7, "1404"),
        (formatting.hu, -0.3, "0"),
        (formatting.hu, -12.4, "\u221212"),
        (formatting.percent, 0.0, "0.0 %"),
        (formatting.percent, 0.0004, "< 0.1 %"),
        (formatting.percent, 0.532, "53.2 %"),
        (formatting.seconds, 0.416, "0.42 s"),
        (formatting.seconds, 12.34, "12.3 s"),
        (formatting.seconds, 59.97, "1 min 00 s"),
        (formatting.seconds, 185.2, "3 min 05 s"),
        (formatting.spacing, (0.7421875, 0.7421875, 2.5), "0.7422 × 0.7422 × 2.5"),
        (formatting.phase, None, "Unknown"),
        (formatting.whole_percent, 0.874, "87 %"),
        (formatting.whole_percent, 0.9996, "> 99 %"),
        (formatting.whole_percent, 0.0004, "< 1 %"),
        (formatting.whole_percent, 0.0, "0 %"),
        (formatting.whole_percent, 1.0, "100 %"),
        (formatting.signed_hu, 28.4, "+28"),
        (formatting.signed_hu, -0.2, "0"),
        (formatting.signed_hu, -12.4, "\u221212"),
        (formatting.fixed, -0.004, "0.00"),
        (formatting.fixed, -0.5, "\u22120.50"),
    ],
)
def test_numbers_read_as_people_write_them(function, value, text) -> None:  # type: ignore[no-untyped-def]
    assert function(value).replace("\u00a0", " ") == text
