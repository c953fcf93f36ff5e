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
from livercad.learning.checkpoint import CHECKPOINT
from livercad.models.version import ModelVersion
from livercad.recipes import laying, models
from livercad.recipes.laying import Laying
from livercad.recipes.trainable import Sides
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

    def once_in_use(name: str, number: int, sha256: str) -> ModelVersion:
        return ModelVersion(name, number, "1", Path("weights"), sha256)

    monkeypatch.setattr(laying, "champion", champion)
    monkeypatch.setattr(laying, "once_in_use", once_in_use)
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


def test_a_reference_alone_needs_no_liver_network(
    of_one_phase: LabelledCase, champions: list[str], tmp_path: Path
) -> None:
    unknown = with_phases(of_one_phase, None, None)
    lay = Laying([of_one_phase, unknown], Settings(), tmp_path)
    champions.append("first")
    assert lay.key == Laying([of_one_phase, unknown], Settings(), tmp_path).key, "nor does it change with one"
    assert list(lay(of_one_phase)) == [Phase.PORTAL]
    assert lay(unknown) == {}


def test_the_key_names_the_liver_network_that_lays_the_phases(
    of_one_phase: LabelledCase, champions: list[str], tmp_path: Path
) -> None:
    arterial = with_phases(of_one_phase, Phase.PORTAL, Phase.ARTERIAL, Phase.ARTERIAL, Phase.PORTAL, None)
    with pytest.raises(ModelError):
        Laying([of_one_phase, arterial], Settings(), tmp_path)
    champions.append("first")
    lay = Laying([of_one_phase, arterial], Settings(), tmp_path)
    assert lay.key == Laying([arterial], Settings(), tmp_path).key
    champions.append("another one")
    assert lay.key != Laying([arterial], Settings(), tmp_path).key
    images = lay(arterial)
    assert set(images) == {Phase.PORTAL, Phase.ARTERIAL}
    assert images[Phase.ARTERIAL].array.max() == len("first"), "it stays the one that the key names"


def test_a_training_of_classes_goes_on_with_the_liver_network_that_it_began_with(
    of_one_phase: LabelledCase, champions: list[str], tmp_path: Path
) -> None:
    cases = (with_phases(of_one_phase, Phase.PORTAL, Phase.ARTERIAL),)
    folder = tmp_path / "training"

    def identity() -> str:
        return models._classification(Sides(cases, ()), None, folder, tmp_path / "cache", Settings(), 0).identity()

    champions.append("first")
    begun = identity()
    champions.append("another one")
    assert identity() != begun, "nothing is laid yet that it could go on with"
    begun = identity()
    (folder / CHECKPOINT).touch()
    champions.append("a third one")
    assert identity() == begun
    (folder / CHECKPOINT).unlink()
    assert identity() != begun, "it begins anew"
