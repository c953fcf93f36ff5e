"""Imports point one way: a room knows only the rooms below it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "monailabel_app" / "livercad"
LEVELS = (
    {"code", "core", "errors", "progress"},
    {"settings"},
    {"studies", "networks"},
    {"models", "measure", "detection", "phantom"},
    {"registration", "evaluation"},
    {"learning"},
    {"segmentation", "classification"},
    {"phases", "ultrasound"},
    {"detectors"},
    {"pipeline", "recipes"},
    {"reports"},
    {"papers", "simulation"},
    {"batch", "server"},
    {"cli"},
)
"""From the bottom; rooms of one level do not know each other."""
RANK = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "livercad":
            parts = node.module.split(".")
            rooms |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            rooms |= {a.name.split(".")[1] for a in node.names if a.name.startswith("livercad.")}
    return rooms & set(RANK)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if room_of(path) not in ("__init__", "__main__")]


def test_every_room_has_its_level() -> None:
    assert {room_of(path) for path in MODULES} == set(RANK)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_from_its_own_room_or_from_below(path: Path) -> None:
    room = room_of(path)
    wrong = {other for other in imported_rooms(path) if other != room and RANK[other] >= RANK[room]}
    assert not wrong, f"{room} must not know {sorted(wrong)}"


def test_the_core_needs_numpy_only() -> None:
    names = set()
    for path in (PACKAGE / "core").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
    assert names <= {"livercad", "numpy"} | sys.stdlib_module_names
