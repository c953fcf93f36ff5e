"""Findings as JSON, both ways and by schema."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fakes import fake_analyzer, write_case
from livercad.core import findings as module
from livercad.core.findings import DISCLAIMER, Findings
from livercad.core.phases import REFERENCE_ORDER, Phase, window_of
from livercad.studies.discover import find_studies

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    folder = tmp_path_factory.mktemp("studies")
    write_case(folder, "case_portal")
    return fake_analyzer()(find_studies(folder).studies[0]).findings


@pytest.fixture
def data(found: Findings) -> Any:
    return copy.deepcopy(json.loads(json.dumps(found.to_dict())))


def test_findings_come_back_from_json_as_they_were(found: Findings, data: Any) -> None:
    assert found.lesions
    assert Findings.from_dict(data) == found


def test_what_is_written_is_valid_by_the_schema(data: Any) -> None:
    schema = json.loads(Path(module.__file__).with_name("findings.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(data, schema)
    del data["lesions"][0]["volume_ml"]
    with pytest.raises(jsonschema.ValidationError, match="volume_ml"):
        jsonschema.validate(data, schema)


def test_the_schema_file_is_that_of_the_dataclasses() -> None:
    command = [sys.executable, ROOT / "scripts" / "write_findings_schema.py", "--check"]
    environment = {"PYTHONPATH": str(ROOT / "monailabel_app")}
    assert subprocess.run(command, env=environment, check=False).returncode == 0


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("schema_version",), "2.0", "schema version 2.0"),
        (("case",), 7, "case: expected str"),
        (("lesions", 0, "score"), "high", r"lesions\[0\].score: expected float"),
        (("lesions", 0, "number"), True, r"number: expected int"),
        (("lesions", 0, "center"), [1, 2], r"center: expected 3 values"),
        (("phases", 0, "phase"), "venous", "venous"),
        (("liver", "surprise"), 1, "surprise"),
    ],
)
def test_a_wrong_field_is_named(data: Any, path: tuple[Any, ...], value: Any, message: str) -> None:
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValueError, match=message):
        Findings.from_dict(data)


def test_a_newer_schema_may_have_fields_that_are_not_known_here(found: Findings, data: Any) -> None:
    data["schema_version"] = "1.99"
    data["lesions"][0]["type"] = "cyst"
    read = Findings.from_dict(data)
    assert read.lesions == found.lesions


def test_a_field_that_has_a_default_may_be_missing(found: Findings, data: Any) -> None:
    del data["timings_s"]
    assert Findings.from_dict(data).timings_s == {}


def test_every_result_says_that_it_is_research() -> None:
    assert "not a medical device" in DISCLAIMER


def test_the_portal_phase_is_read_first() -> None:
    assert REFERENCE_ORDER[0] is Phase.PORTAL
    assert set(REFERENCE_ORDER) == set(Phase)


def test_windows_are_those_of_yasaka_2018() -> None:
    assert window_of(Phase.UNENHANCED).range_hu == (-85, 165)
    assert window_of(Phase.ARTERIAL).range_hu == (-100, 190)
