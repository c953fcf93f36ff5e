"""The numbers that documents give of the shipped models: of these very weights, and no worse than they must be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from livercad.models import registry
from livercad.settings import Settings

MEASURED = Path(__file__).resolve().parents[2] / "docs" / "measured"
CARDS = Path(registry.__file__).parent / "cards"
CLASSES = "lesion-classes-phantom"
PHASES = "phases-phantom"
DETECTORS = "detectors-phantom"


def measured(file: str) -> dict[str, Any]:
    return json.loads((MEASURED / f"{file}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def classes() -> dict[str, Any]:
    return measured(CLASSES)["sets"]


def five(result: dict[str, Any]) -> float:
    return result["five_class_accuracy"]["value"]


@pytest.mark.parametrize(("file", "model"), [(CLASSES, CLASSES), (PHASES, PHASES), (f"{PHASES}-no-liver", PHASES)])
def test_numbers_are_of_the_weights_that_are_shipped(file: str, model: str) -> None:
    assert measured(file)["model"]["sha256"] == registry.find(model).weights.sha256


def test_three_phases_tell_most_one_without_contrast_least_and_two_lie_between(classes: dict[str, Any]) -> None:
    triphasic = five(classes["triphasic (unenhanced, arterial, delayed)"])
    unenhanced, both = five(classes["unenhanced alone"]), five(classes["arterial and delayed"])
    assert triphasic >= 0.84
    assert unenhanced <= triphasic - 0.2
    assert unenhanced < both < triphasic


@pytest.mark.parametrize("phase", ["unenhanced", "arterial", "portal", "delayed"])
def test_any_one_phase_may_be_missing(classes: dict[str, Any], phase: str) -> None:
    whole, less = classes["all four phases"], classes[f"without {phase}"]
    assert five(less) >= five(whole) - 0.10
    assert less["six_class_accuracy"]["value"] >= whole["six_class_accuracy"]["value"] - 0.10


def test_probabilities_are_calibrated(classes: dict[str, Any]) -> None:
    errors = {name: result["ece_after"] for name, result in classes.items()}
    assert max(errors.values()) <= 0.05, errors


@pytest.mark.parametrize("file", [PHASES, f"{PHASES}-no-liver"])
def test_phases_of_held_out_phantoms_are_recognised(file: str) -> None:
    assert measured(file)["all"]["share"]["value"] >= 0.97


def test_the_card_gives_these_numbers(classes: dict[str, Any]) -> None:
    card = (CARDS / f"{CLASSES}.md").read_text(encoding="utf-8")
    rows = {row.split("|")[1].strip(): row for row in card.splitlines() if row.startswith("| ")}
    for name, result in classes.items():
        assert f"{five(result):.3f}" in rows[name], name
        assert f"{result['ece_before']:.3f} to {result['ece_after']:.3f}" in rows[name], name


def test_the_default_detector_finds_nine_lesions_of_ten_at_one_false_one_a_scan() -> None:
    default, network = (measured(DETECTORS)[name] for name in (Settings().detector, "components"))
    assert default["model"]["sha256"] == registry.find("lesion-detector-phantom").weights.sha256
    larger = default["scores"]["sensitivity_from_10_mm"]["1.0"]["value"]
    assert larger >= 0.9 > network["scores"]["sensitivity_from_10_mm"]["1.0"]["value"]
    kept = default["scores"]["at_minimum_score"]
    assert kept["false_positives"] <= kept["studies"] and kept["minimum_score"] == Settings().minimum_score
    card = (CARDS / "lesion-detector-phantom.md").read_text(encoding="utf-8")
    assert f"{larger:.2f}" in card and f"{default['scores']['average_precision']['value']:.2f}" in card
