"""Trainings of the command on what was submitted to a server."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from livercad.cli.main import app
from livercad.errors import InputError
from livercad.models.champions import pointer
from livercad.recipes import models
from livercad.server import served
from livercad.server.bookkeeping import Bookkeeping
from livercad.server.catalogue import INDEX
from livercad.server.datastore import StudyDatastore
from livercad.server.served import ServedStudies, submitted_material
from livercad.server.training_cases import material_of
from livercad.studies.hashing import hash_file
from server.fake_recipes import NAME, RECIPES, TASK
from server.labelled_studies import models_folder, write_labelled

RECIPE = RECIPES[TASK]


@pytest.fixture
def store(tmp_path: Path) -> StudyDatastore:
    return write_labelled(tmp_path / "studies", 6, 0.4)


def submit_again(store: StudyDatastore, case: str) -> None:
    """A version of another content, as another annotator of a stock client sends it."""
    former = store.get_label_uri(case, "final")
    other = store.get_label_uri("case-00" if case != "case-00" else "case-01", "final")
    assert hash_file(Path(former)) != hash_file(Path(other))
    store.save_label(case, other, "final", {"client_id": "Bob"})


def test_the_command_takes_what_a_server_would_take(store: StudyDatastore, tmp_path: Path) -> None:
    submit_again(store, "case-02")
    index = (tmp_path / "studies" / INDEX).read_bytes()
    ours, theirs = submitted_material(tmp_path / "studies", RECIPE, tmp_path / "out", 0.9), material_of(store, RECIPE)
    assert ours.sides == theirs.sides and len(ours.sides) == 6
    for mine, servers in zip(ours.cases, theirs.cases, strict=True):
        assert mine.version == servers.version and mine.fingerprint() == servers.fingerprint()
    assert {case.version.number for case in ours.cases if case.case == "case-02"} == {2}
    assert (tmp_path / "studies" / INDEX).read_bytes() == index, "the server's list is left alone"


def test_a_training_keeps_its_labels_and_another_folder_gets_the_newest(
    store: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studies, out = tmp_path / "studies", tmp_path / "out"
    first = submitted_material(studies, RECIPE, out, 0.2)
    seen = {case.case: case.fingerprint() for case in first.cases}
    submit_again(store, "case-01")
    again = submitted_material(studies, RECIPE, out, 0.2)
    assert again == first and {case.case: case.fingerprint() for case in again.cases} == seen
    other = submitted_material(studies, RECIPE, tmp_path / "other", 0.2)
    assert {case.case for case in other.cases if case.fingerprint() != seen[case.case]} == {"case-01"}
    (out / "record.json").write_text("{}")
    with pytest.raises(InputError, match="a training that has ended, on other labels"):
        submitted_material(studies, RECIPE, out, 0.2)
    (tmp_path / "other" / "record.json").write_text("{}")
    assert submitted_material(studies, RECIPE, tmp_path / "other", 0.2) == other
    monkeypatch.setenv("RANK", "1")  # another one of several processes takes what the first has taken
    assert submitted_material(studies, RECIPE, out, 0.2) == first


def test_a_label_that_is_replaced_while_it_is_copied_is_taken_from_the_history(
    store: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studies = tmp_path / "studies"
    label = Path(store.get_label_uri("case-01", "final"))
    before = hash_file(label)
    reader = ServedStudies(studies, tmp_path / "copies", Bookkeeping(studies))
    real = shutil.copyfile

    def replace_and_copy(source: Path, to: Path) -> None:
        monkeypatch.setattr(shutil, "copyfile", real)
        submit_again(store, "case-01")
        real(source, to)

    monkeypatch.setattr(served.shutil, "copyfile", replace_and_copy)
    assert hash_file(reader.lasting_file("case-01", "final", 1)) == before
    assert hash_file(label) != before
    (first, second) = store.label_versions("case-01", "final")
    assert hash_file(first.file) == before and second.is_current


def test_the_command_trains_on_them(store: StudyDatastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr("livercad.recipes.run.run", lambda *given, **_: asked.append(given))
    monkeypatch.setattr(models, "RECIPES", {TASK: RECIPE})
    words = ["train", TASK, "--labels", "submitted", "--studies", str(tmp_path / "studies")]
    done = CliRunner().invoke(app, [*words, "--output", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    ((_, cases, sides, *_),) = asked
    assert sides == material_of(store, RECIPE).sides
    assert {asdict(case.version)["annotator"] for case in cases} == {"Ann"}
    refused = CliRunner().invoke(app, [*words, "--truth", str(tmp_path)])
    assert refused.exit_code == 2 and "--labels truth" in refused.output


def test_what_the_command_trains_becomes_a_version_that_is_put_into_use(
    tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_labelled(tmp_path / "studies")
    monkeypatch.setenv("LIVERCAD_MODELS", str(models_folder(tmp_path, empty_database)))
    monkeypatch.setattr(models, "RECIPES", {TASK: RECIPE})
    out, studies = str(tmp_path / "out"), str(tmp_path / "studies")
    words = ["train", TASK, "--labels", "submitted", "--studies", studies, "--output", out, "--steps", "25"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0 and f"livercad models add {TASK} {out}" in done.output.replace("\n", ""), done.output
    added = CliRunner().invoke(app, ["models", "add", TASK, out, "--promote", "--who", "Ann"])
    assert added.exit_code == 0 and "Better on the pool" in added.output and "In use" in added.output, added.output
    assert pointer(NAME).champion.number == 1
    assert isinstance(CliRunner().invoke(app, ["models", "add", TASK, out]).exception, InputError)


def test_a_folder_that_no_server_has_served_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a folder that `livercad serve` has served"):
        submitted_material(tmp_path, RECIPE, tmp_path / "out", 0.2)
    assert not (tmp_path / "out").exists() and not (tmp_path / "labels").exists()
