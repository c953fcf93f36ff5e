"""Networks of the paper that come with LiverCAD: made of a reproduction's, and in use where a user has none."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from livercad.core.circle import Circle
from livercad.errors import ModelError
from livercad.models import registry
from livercad.models.convert import content_sha256
from livercad.models.registry import ShippedModel, find
from livercad.models.shipping import ship, write_trained
from livercad.papers import ultrasound_models
from livercad.papers.shipped import MODEL, trained_of
from livercad.papers.yamakawa2020.predictor import FILES, ExportedNetworks, YamakawaModel
from livercad.papers.yamakawa2020.results import Results
from livercad.settings import UltrasoundSettings

IMAGE = np.random.default_rng(0).integers(256, size=(120, 160)).astype(np.uint8)
CIRCLE = Circle((80.0, 60.0), 40.0)


@pytest.fixture
def shipped(
    study: tuple[Path, Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[YamakawaModel, dict[str, np.ndarray]]:
    """The model that answers where the study's is the one that was shipped, and its tensors."""
    entry = find(FILES.shipped)
    assert isinstance(entry, ShippedModel)
    copied = tmp_path / "registry.json"
    shutil.copy(registry.REGISTRY, copied)
    monkeypatch.setattr(registry, "REGISTRY", copied)
    monkeypatch.setattr(registry, "SHIPPED_WEIGHTS", tmp_path)
    registry.load_registry.cache_clear()
    trained = trained_of(FILES, ExportedNetworks, study[0] / "model", {"seed": 0})
    assert ship(trained) == tmp_path / entry.file
    yield YamakawaModel(), trained.tensors
    registry.load_registry.cache_clear()


def test_what_is_shipped_answers_as_the_reproduction_s_networks_do(shipped, study: tuple[Path, Results]) -> None:
    model, tensors = shipped
    own = YamakawaModel(study[0] / "model")
    assert model.learnt_from_phantoms and own.learnt_from_phantoms == study[1].is_phantom
    ours, theirs = model(IMAGE, CIRCLE), own(IMAGE, CIRCLE)
    for question, told in theirs.probabilities.items():
        assert ours.probabilities[question] == pytest.approx(told, abs=0.01)
    assert model.questions == own.questions and model.trained_on == own.trained_on
    # Half of the precision where the weights are many, and the hash is that of these weights.
    assert {values.dtype for values in tensors.values() if values.ndim > 1} == {np.dtype(np.float16)}
    assert all(values.dtype != np.float16 for values in tensors.values() if values.ndim < 2)
    assert model.used.sha256 == content_sha256(tensors) != own.used.sha256
    assert model.used.sha256.startswith(model.used.version)


def test_damaged_weights_are_told(shipped) -> None:
    find(FILES.shipped).path.write_bytes(b"rubbish")
    with pytest.raises(ModelError, match="yamakawa2020-phantom"):
        YamakawaModel()


def test_a_record_tells_the_model_and_how_it_was_made(study: tuple[Path, Results], tmp_path: Path) -> None:
    trained = trained_of(FILES, ExportedNetworks, study[0] / "model", {"seed": 5})
    assert trained.record["seed"] == 5
    assert trained.record[MODEL]["case_accuracy"]["n"] == sum(each.cases for each in study[1].classes.values())
    assert write_trained(trained, tmp_path).name == "yamakawa2020-phantom.safetensors"


@pytest.mark.parametrize("name", ["yamakawa2020", "qi2019"])
def test_one_s_own_networks_come_before_those_that_are_shipped(
    name: str, study: tuple[Path, Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path))
    model = ultrasound_models.load_model(UltrasoundSettings(model=name))
    assert "digital phantoms" in model.trained_on
    assert "malignant" in model(IMAGE, CIRCLE if model.needs_circle else None).probabilities
    if name == "qi2019":
        alone = ultrasound_models.load_model(UltrasoundSettings(model=name, region_enhancement=False))
        assert alone.title != model.title and alone(IMAGE).probabilities != model(IMAGE).probabilities
    (tmp_path / name).mkdir()
    # A folder that has nothing in it is one's own, and broken.
    with pytest.raises(ModelError, match=f"livercad reproduce {name}"):
        ultrasound_models.load_model(UltrasoundSettings(model=name))
    if name == "yamakawa2020":
        shutil.copytree(study[0] / "model", tmp_path / name, dirs_exist_ok=True)
        own = ultrasound_models.load_model(UltrasoundSettings(model=name))
        assert own.used.sha256 != model.used.sha256
