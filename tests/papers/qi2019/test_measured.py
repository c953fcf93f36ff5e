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


@pytest.mark.parametrize("question", Question)
@pytest.mark.parametrize(("name", "title"), [("aul", "AUL"), ("busi", "BUSI"), ("phantoms", "phantoms")])
def test_tables_tell_what_was_measured(name: str, title: str, question: Question) -> None:
    splits = json.loads((DOCS / "measured" / "qi2019.json").read_text(encoding="utf-8"))[name]["splits"]
    text = (DOCS / "qi2019.md").read_text(encoding="utf-8").split(f"### On {title}\n")[1]
    tables = [part.splitlines()[2:8] for part in text.split("| | AUC, by image |")[1:3]]
    for row, method in zip(tables[list(Question).index(question)], Method, strict=True):
        expected = []
        for split in Split:
            told = splits[split]["criteria"][question][method]
            expected += [end for end in (told["auc"][name] for name in ("value", "low", "high")) if end is not None]
            expected += [told[name]["value"] for name in ("f_beta", "sensitivity", "specificity")]
        assert [float(number) for number in NUMBER.findall(row)] == pytest.approx(expected, abs=6e-4), row
