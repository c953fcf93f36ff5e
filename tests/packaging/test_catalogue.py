"""The entry in Slicer's catalogue of extensions: what the Extensions Index asks of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = (
    "https://raw.githubusercontent.com/Slicer/Slicer/main/Schemas/slicer-extension-catalog-entry-schema-v1.0.2.json#"
)
REQUIRED = {"$schema", "category", "scm_url"}
KINDS: dict[str, type] = {
    "$schema": str,
    "category": str,
    "scm_url": str,
    "scm_revision": str,
    "scm_type": str,
    "build_dependencies": list,
    "dicom_support_rule": str,
    "build_subdirectory": str,
    "enabled": bool,
    "tier": int,
}
"""All fields of that schema; it allows no others."""


@pytest.fixture(scope="module")
def entry() -> dict[str, Any]:
    data = json.loads((ROOT / "LiverCAD.json").read_text(encoding="utf-8"))
    assert isinstance(data, dict)
    return data


def cmake(pattern: str) -> str:
    found = re.search(pattern, (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))
    assert found is not None
    return found.group(1)


def test_the_entry_has_the_schemas_fields_and_no_others(entry: dict[str, Any]) -> None:
    assert entry["$schema"] == SCHEMA
    assert set(KINDS) >= set(entry) >= REQUIRED
    assert all(isinstance(value, KINDS[name]) for name, value in entry.items())
    assert 1 <= entry["tier"] <= 5


def test_the_entrys_file_is_called_by_the_extension_whose_name_does_not_start_with_slicer() -> None:
    name = cmake(r"project\((\w+)\)")
    assert (ROOT / f"{name}.json").is_file()
    assert not name.startswith("Slicer")


def test_the_entry_points_to_the_repository_that_the_extension_names(entry: dict[str, Any]) -> None:
    repository = cmake(r'set\(LIVERCAD_REPOSITORY "([^"]+)"\)')
    assert entry["scm_url"] == f"https://github.com/{repository}"
    assert repository.partition("/")[2].startswith("Slicer")
    assert f"/{entry['scm_revision']}/" in cmake(r'EXTENSION_ICONURL "([^"]+)"')


def test_the_entrys_category_is_the_modules(entry: dict[str, Any]) -> None:
    module = (ROOT / "SlicerLiverCAD" / "LiverCAD.py").read_text(encoding="utf-8")
    assert f'"{entry["category"]}"' in module


def test_every_screenshot_of_the_extension_is_a_picture_of_this_repository() -> None:
    names = re.findall(r"\$\{PICTURES\}/([\w.-]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))
    assert len(names) >= 3
    assert cmake(r'set\(PICTURES "([^"]+)"\)').endswith("/main/docs/pictures")
    for name in names:
        assert (ROOT / "docs" / "pictures" / name).read_bytes().startswith(b"\x89PNG"), name
