"""Versions of models in MLflow: what is kept of a training, and how it comes back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from learning.releases import BEFORE, NAME, Place
from livercad.errors import InputError, ModelError
from livercad.learning.release import promote
from livercad.learning.tracking import Tracking
from livercad.learning.trained import RECORD, WEIGHTS
from livercad.learning.version import State
from livercad.learning.versions import ModelVersions
from livercad.models.champions import champion
from livercad.models.version import base


def test_before_the_first_training_there_is_the_base_and_no_database_is_made(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path / "elsewhere"))
    (only,) = ModelVersions().of("lesions")
    assert (only.name, only.number, only.version, only.state) == (NAME, 0, "1", State.BASE)
    assert not (tmp_path / "elsewhere").exists()


def test_a_training_becomes_a_version_with_all_that_is_known_of_it(place: Place) -> None:
    version = place.versions.add("lesions", place.train(1), "ann")
    assert (version.number, version.version, version.state, version.by, version.parent) == (
        1,
        "1+1",
        State.CANDIDATE,
        "ann",
        0,
    )
    assert version.cases == {"training": 14, "validation": 6}
    dice = version.measures["lesion_dice"]
    assert dice.value == pytest.approx(sum(BEFORE) / 6 + 0.05) and dice.n == 6
    assert dice.low is not None and dice.high is not None and dice.low < dice.value < dice.high
    assert version.livercad_version and len(version.code) == 12 and version.created is not None
    assert place.versions.of(NAME)[1] == version == ModelVersions().get(NAME, 1)
    json.dumps(version.to_dict())
    weights = place.versions.weights("lesions", 1)
    assert (weights.number, weights.sha256) == (1, version.sha256)
    assert weights.path.read_bytes() == (place.folder / "training-1" / WEIGHTS).read_bytes()


def test_a_version_names_the_code_that_has_trained_it_and_not_the_one_that_registers_it(place: Place) -> None:
    file = place.train(1) / RECORD
    file.write_text(json.dumps({**json.loads(file.read_text()), "livercad": "0.0.1", "code": "0123456789ab"}))
    version = place.versions.add(NAME, file.parent, "ann")
    assert (version.livercad_version, version.code) == ("0.0.1", "0123456789ab")


def test_mlflow_itself_shows_measures_curves_files_and_card(place: Place) -> None:
    version = place.versions.add(NAME, place.train(1), "ann")
    client = Tracking().client
    run = client.get_run(version.run)
    assert run.data.metrics["lesion_dice"] == pytest.approx(version.measures["lesion_dice"].value)
    assert [point.value for point in client.get_metric_history(version.run, "curve.loss")] == [1, 1 / 2, 1 / 3]
    files = {file.path for file in client.list_artifacts(version.run)}
    assert files == {WEIGHTS, RECORD, "index.html", "log.jsonl"}  # and no checkpoint
    card = client.get_model_version(NAME, "1").description
    assert "trained from version 0 by ann" in card and "not for diagnosis" in card and version.sha256 in card
    assert "| lesion Dice 0.642 (" in card and "14 training, 6 validation" in card


def test_the_same_training_is_one_version_however_often_it_is_added(place: Place) -> None:
    folder = place.train(1)
    assert [place.versions.add(NAME, folder, "ann").number for _ in range(2)] == [1, 1]
    assert place.versions.add(NAME, place.train(2), "ann").number == 2
    assert [version.number for version in place.versions.of(NAME)] == [0, 1, 2]


def test_models_have_versions_of_their_own(place: Place) -> None:
    place.versions.add(NAME, place.train(1), "ann")
    assert len(place.versions.of("liver")) == 1


@pytest.mark.parametrize("harm", ["no record", "no weights", "another network", "a record of nothing"])
def test_what_is_no_finished_training_is_refused(place: Place, harm: str) -> None:
    folder = place.train(1)
    if harm == "no record":
        (folder / RECORD).unlink()
    elif harm == "a record of nothing":
        (folder / RECORD).write_text(json.dumps({"pool": {"challenger": {"case": {"dice": 1}}}}))
    else:
        (folder / WEIGHTS).write_bytes(b"" if harm == "no weights" else b"x")
    with pytest.raises(ModelError, match=r"livercad train|Train it again"):
        place.versions.add(NAME, folder, "ann")
    assert len(place.versions.of(NAME)) == 1


def test_a_version_that_is_not_there_is_told_with_those_that_are(place: Place) -> None:
    place.versions.add(NAME, place.train(1), "ann")
    with pytest.raises(InputError, match="version 7 of lesions-leuven: found no such version; expected one of 0, 1"):
        place.versions.weights(NAME, 7)


def test_weights_that_were_damaged_in_the_store_are_not_given_out(place: Place) -> None:
    place.versions.add(NAME, place.train(1), "ann")
    place.versions.weights(NAME, 1).path.write_bytes(b"rubbish")
    with pytest.raises(ModelError, match="damaged weights"):
        promote(place.versions, NAME, 1, "ann", place.audit)
    assert champion(NAME) == base(NAME) and place.events() == []
