"""The numbers that the documents give of the paper's own networks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from statistics import fmean

import pytest

from livercad.papers.qi2019.asked import Asked
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.splits import Split

DOCS = Path(__file__).resolve().parents[3] / "docs"
NUMBER = re.compile(r"\d?\.\d{3}")

MEASURED = json.loads((DOCS / "measured" / "qi2019.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("question", Question)
@pytest.mark.parametrize(("name", "title"), [("aul", "AUL"), ("busi", "BUSI"), ("phantoms", "phantoms")])
def test_tables_tell_what_was_measured(name: str, title: str, question: Question) -> None:
    splits = MEASURED[name]["splits"]
    text = (DOCS / "qi2019.md").read_text(encoding="utf-8").split(f"### On {title}\n")[1]
    tables = [part.splitlines()[2:8] for part in text.split("| | AUC, by image |")[1:3]]
    for row, method in zip(tables[list(Question).index(question)], Method, strict=True):
        expected = []
        for split in Split:
            told = splits[split]["criteria"][question][method]
            expected += [end for end in (told["auc"][name] for name in ("value", "low", "high")) if end is not None]
            expected += [told[name]["value"] for name in ("f_beta", "sensitivity", "specificity")]
        assert [float(number) for number in NUMBER.findall(row)] == pytest.approx(expected, abs=6e-4), row


def test_what_is_said_of_single_trainings_is_what_was_measured() -> None:
    text = " ".join((DOCS / "qi2019.md").read_text(encoding="utf-8").split())
    assert "By image, REM's rule chose the first of 30 epochs" in text.split("### On BUSI")[1]
    by_image = MEASURED["busi"]["splits"][Split.IMAGE]
    assert [each["best_epoch"] for each in by_image["trainings"] if each["method"] == Method.REM] == [1]
    assert MEASURED["busi"]["settings"]["training"]["epochs"] == 30


def test_what_intervals_are_said_to_part_is_what_they_part() -> None:
    text = " ".join((DOCS / "qi2019.md").read_text(encoding="utf-8").split())
    assert (
        "some intervals do not meet: of mass or not, by image Cheng et al. are above Han et al. (but [told where the "
        "lesion is](#the-protocol)), by patient BASIC is above Han et al., and BASIC and MIP are above REM switched "
        "off. Of malignancy none do."
    ) in text
    parted = {
        (question, split, higher, lower)
        for split in Split
        for question, told in MEASURED["aul"]["splits"][split]["criteria"].items()
        for higher, ours in told.items()
        for lower, theirs in told.items()
        if ours["auc"]["low"] > theirs["auc"]["high"]
    }
    assert parted == {
        (Question.SOLID, Split.IMAGE, Method.CHENG, Method.HAN),
        (Question.SOLID, Split.PATIENT, Method.BASIC, Method.HAN),
        (Question.SOLID, Split.PATIENT, Method.BASIC, Method.REM_OFF),
        (Question.SOLID, Split.PATIENT, Method.MIP, Method.REM_OFF),
    }


def test_the_table_of_folds_tells_what_was_measured() -> None:
    text = (DOCS / "qi2019.md").read_text(encoding="utf-8").split("### Every image tested once\n")[1]
    rows = text[text.index("| question | way | AUC |") :].split("\n\n")[0].splitlines()[2:]
    expected = []
    for asked in Asked:
        for own in (each["folds"]["asked"][asked] for each in MEASURED.values() if "folds" in each):
            for way, told in own["ways"].items():
                less = own["differences"].get(way)
                ends = [[one[name] for name in ("value", "low", "high")] for one in (told["auc"], told["accuracy"])]
                difference = [less["auc"][name] for name in ("value", "low", "high")] if less else []
                alone = [told[name]["value"] for name in ("sensitivity", "specificity", "f_beta")]
                expected.append([*ends[0], fmean(own["fold_auc"][way]), *difference, *ends[1], *alone])
    told = [[float(one.replace("−", "-")) for one in re.findall(r"[+−]?\d?\.\d{3}", row)] for row in rows]
    assert len(told) == len(expected)
    for row, own in zip(told, expected, strict=True):
        assert row == pytest.approx(own, abs=6e-4)
