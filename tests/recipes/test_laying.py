"""A case's phases are laid over each other by one version of the liver network, which the cache of crops knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from learning.labelled import labelled_case
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.errors import ModelError
from livercad.learning.cases import LabelledCase
from livercad.models.version import ModelVersion
from livercad.recipes import laying
from livercad.recipes.laying import Laying
from livercad.settings import Settings


@pytest.fixture
def champions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Weights of the liver network that have been in use, the present ones last."""
    present: list[str] = []

    def champion(name: str) -> ModelVersion:
        if not present:
            raise ModelError(name, found="nothing", expected="weights", todo="Install them.")
        return ModelVersion(name, len(present), "1", Path("weights"), present[-1])

    def predictor(settings: Settings, version: ModelVersion) -> object:
        return lambda moving: moving.like(moving.array * 0 + len(version.sha256))

    def align(moving: Volume, moving_liver: Volume, fixed: Volume, fixed_liver: Volume) -> SimpleNamespace:
        return SimpleNamespace(image=moving_liver)

    monkeypatch.setattr(laying, "champion", champion)
    monkeypatch.setattr(laying, "LiverPredictor", predictor)
    monkeypatch.setattr(laying, "align", align)
    return present


@pytest.fixture
def of_one_phase(tmp_path: Path) -> LabelledCase:
    return with_phases(labelled_case(tmp_path), Phase.PORTAL)


def with_phases(case: LabelledCase, *phases: Phase | None) -> LabelledCase:
    """Its image as if it had been taken several times; the label lies on the first one."""
    series = tuple(replace(case.reference, phase=phase) for phase in phases)
    return replace(case, study=replace(case.study, series=series), reference=series[0])


def test_a_reference_alone_needs_no_liver_network(of_one_phase: LabelledCase, champions: list[str]) -> None:
    unknown = with_phases(of_one_phase, None, None)
    lay = Laying([of_one_phase, unknown], Settings())
    champions.append("first")
    assert lay.key == Laying([of_one_phase, unknown], Settings()).key, "nor does it change with one"
    assert list(lay(of_one_phase)) == [Phase.PORTAL]
    assert lay(unknown) == {}


def test_the_key_names_the_liver_network_that_lays_the_phases(of_one_phase: LabelledCase, champions: list[str]) -> None:
    arterial = with_phases(of_one_phase, Phase.PORTAL, Phase.ARTERIAL, Phase.ARTERIAL, Phase.PORTAL, None)
    with pytest.raises(ModelError):
        Laying([of_one_phase, arterial], Settings())
    champions.append("first")
    lay = Laying([of_one_phase, arterial], Settings())
    assert lay.key == Laying([arterial], Settings()).key
    champions.append("another one")
    assert lay.key != Laying([arterial], Settings()).key
    images = lay(arterial)
    assert set(images) == {Phase.PORTAL, Phase.ARTERIAL}
    assert images[Phase.ARTERIAL].array.max() == len("first"), "it stays the one that the key names"
