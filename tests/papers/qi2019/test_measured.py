"""The numbers that the documents give of the paper's own networks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.splits import Split

DOCS = Path(__file__).resolve().parents[3] / "docs"
NUMBER = re.compile(r"\d?\.\d{3}")


def test_areas_are_those_that_were_measured_on_aul() -> None:
    criteria = json.loads((DOCS / "measured" / "qi2019.json").read_text(encoding="utf-8"))["aul"]["splits"]
    text = (DOCS / "qi2019.md").read_text(encoding="utf-8").split("## Measured on AUL")[1]
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:7]
    for row, method in zip(rows, Method, strict=True):
        told = [float(number) for number in NUMBER.findall(row)]
        areas = [criteria[split]["criteria"][question][method]["auc"] for question in Question for split in Split]
        assert told == pytest.approx([area[end] for area in areas for end in ("value", "low", "high")], abs=6e-4)
