"""The numbers that the documents give of models trained on real images."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
NUMBER = re.compile(r"\d*\.\d{3}|\d+")
QUESTIONS = {"malignant or benign": "malignant", "mass or not": "mass"}


def test_the_table_tells_what_was_measured() -> None:
    measured = json.loads((DOCS / "measured" / "train-ultrasound.json").read_text(encoding="utf-8"))
    text = (DOCS / "ultrasound.md").read_text(encoding="utf-8").split("### Measured on real development data")[1]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith(("| malig", "| mass"))]
    assert len(rows) == 8
    for name, collection, features, *cells in rows:
        (told,) = (
            each
            for each in measured[features.lower()][collection.lower()]["questions"]
            if each["question"] == QUESTIONS[name]
        )
        ends = [told[key][end] for key in ("auc", "accuracy") for end in ("value", "low", "high")]
        expected = [sum(told["classes"].values()), told["groups"], *ends]
        expected += [told["most_frequent"], told["calibration_error"]]
        assert [float(number) for number in NUMBER.findall(" ".join(cells))] == pytest.approx(expected, abs=6e-4)
