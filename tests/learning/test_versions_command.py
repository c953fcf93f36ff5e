"""`livercad models` with versions that were trained here."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from learning.releases import NAME, Place
from livercad.cli.models import app
from livercad.errors import InputError, ModelError
from livercad.learning.audit import AuditLog, Event
from livercad.models.champions import champion


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


@pytest.fixture
def two(place: Place) -> Place:
    """Version 1 is better than the base, version 2 worse, and neither is judged."""
    place.versions.add(NAME, place.train(1, 0.05), "ann")
    place.versions.add(NAME, place.train(2, -0.05), "ann")
    return place


def test_versions_are_listed_with_what_they_scored_and_the_one_in_use(two: Place) -> None:
    lines = [line for line in run("list", "lesions").output.splitlines() if line.strip()]
    assert lines[1].startswith("→  0") and "base" in lines[1]
    assert "ann" in lines[2] and "lesion Dice 0.642 (" in lines[2] and "candidate" in lines[2]
    assert run("promote", "lesions", 1, "--who", "bob").output == "In use: lesions-leuven 1+1\n"
    lines = [line for line in run("list", NAME).output.splitlines() if line.strip()]
    assert lines[2].startswith("→  1") and "promoted by bob" in lines[2]
    (model,) = (line for line in run("list").output.splitlines() if line.startswith(NAME))
    assert model.split()[1] == "1+1"


def test_two_versions_are_compared_with_interval_and_verdict(two: Place) -> None:
    output = run("compare", NAME, 1).output
    assert "lesion Dice" in output and "0.642" in output and "+0.050" in output
    assert "Better on the pool" in output and "Cases that both were measured on: 6." in output
    assert "Not better on the pool" in run("compare", NAME, 2, 1).output


def test_a_version_s_card_tells_what_became_of_it(two: Place) -> None:
    output = run("show", "lesions", "--version", 1).output
    assert "trained from version 0 by ann" in output and "Candidate." in output
    run("promote", NAME, 1)
    assert "Promoted." in run("show", NAME, "--version", 1).output
    assert "1+1" in run("show", NAME).output


def test_a_rollback_goes_back_and_is_written_down_with_who_did_it(two: Place) -> None:
    run("promote", NAME, 1, "--who", "ann")
    assert isinstance(run("rollback", NAME, "--from", 2).exception, InputError)
    assert run("rollback", NAME, "--from", 1).output == "In use: lesions-leuven 1\n"
    assert champion(NAME).number == 0
    log = AuditLog(two.models).read()
    assert [(each["event"], each["who"]) for each in log] == [("rollback", getpass.getuser()), ("promotion", "ann")]


def test_a_training_is_added_and_told_of_and_waits_for_the_user_to_promote_it(place: Place) -> None:
    folder = place.train(1, 0.05)
    output = run("add", "lesions", folder, "--who", "ann").output
    assert "Registered: lesions-leuven 1+1, version 1" in output and "Better on the pool: lesion Dice 0.642" in output
    assert "livercad models promote lesions-leuven 1" in output and champion(NAME).number == 0
    (told,) = AuditLog(place.models).read()
    assert (told["event"], told["who"], told["model"], told["version"]) == ("training_ended", "ann", NAME, 1)
    assert (told["training"], told["cases"], told["result"]) == (str(folder), {"training": 14, "validation": 6}, "done")
    assert [version.state for version in place.versions.of(NAME)] == ["base", "candidate"]
    run("promote", NAME, 1)
    assert champion(NAME).number == 1


@pytest.mark.parametrize(("gain", "number", "state"), [(0.05, 1, "promoted"), (-0.05, 0, "kept_aside")])
def test_a_training_that_is_added_to_be_promoted_is_so_if_it_is_better(
    place: Place, gain: float, number: int, state: str
) -> None:
    output = run("add", NAME, place.train(1, gain), "--promote").output
    assert champion(NAME).number == number and place.versions.get(NAME, 1).state == state
    assert ("In use from now on." if number else "Kept aside; the version in use stays.") in output
    assert AuditLog(place.models).read(1)[0]["event"] == "training_ended"


@pytest.mark.parametrize("promote", [(), ("--promote",)])
def test_a_training_that_a_kill_kept_from_the_log_is_written_down_when_it_is_added_again(
    place: Place, monkeypatch: pytest.MonkeyPatch, promote: tuple[str, ...]
) -> None:
    folder, record = place.train(1, 0.05), AuditLog.record

    def die_at_the_end(log: AuditLog, event: str, *given: Any, **told: Any) -> dict[str, Any]:
        if event == Event.TRAINING_ENDED:
            raise KeyboardInterrupt
        return record(log, event, *given, **told)

    with monkeypatch.context() as patched:
        patched.setattr(AuditLog, "record", die_at_the_end)
        assert run("add", NAME, folder, *promote).exit_code
    for _ in range(2):
        last = run("add", NAME, folder, *promote)
    assert isinstance(last.exception, InputError) and "version 1, which is registered" in str(last.exception)
    events = [told["event"] for told in AuditLog(place.models).read()]
    assert sorted(events) == sorted(["training_ended", *(["promotion"] if promote else [])])
    assert champion(NAME).number == bool(promote) and len(place.versions.of(NAME)) == 2


def change(folder: Path, **changes: object) -> Path:
    record = json.loads((folder / "record.json").read_text())
    (folder / "record.json").write_text(json.dumps({**record, **changes}))
    return folder


def test_what_is_no_finished_training_of_the_model_is_not_added(place: Place) -> None:
    def refused(folder: Path, name: str = NAME) -> str:
        error = run("add", name, folder).exception
        assert isinstance(error, InputError | ModelError) and "\n" not in str(error)
        return str(error)

    assert "no record of a training" in refused(place.folder / "nowhere")
    unfinished = place.train(1)
    (unfinished / "challenger.safetensors").unlink()
    assert "no safetensors file" in refused(unfinished)
    others = change(place.train(2), model="liver-leuven")
    assert "a training of liver-leuven; expected one of lesions-leuven" in refused(others)
    others = change(place.train(2), start={"name": "liver-leuven", "number": 0})
    assert "a training of liver-leuven" in refused(others)
    assert "the weights of version 0, which is registered" in refused(place.train(3, moved=0.0))
    assert run("add", NAME, place.train(4)).exit_code == 0
    again = change(place.train(4), seconds=3)
    assert "the weights of version 1, which is registered" in refused(again)
    assert len(place.versions.of(NAME)) == 2


def test_a_training_with_versions_of_another_registry_is_not_added(place: Place) -> None:
    start = {"name": NAME, "number": 3, "sha256": "0" * 64}
    error = run("add", NAME, change(place.train(1, champion=3), start=start)).exception
    assert "version 3 (000000000000) as the one that it began with" in str(error)
    pool = json.loads((place.train(2) / "record.json").read_text())["pool"] | {"champion_sha256": "1" * 64}
    error = run("add", NAME, change(place.train(2), pool=pool)).exception
    assert "version 0 (111111111111) as the one in use that it was measured beside" in str(error)
    assert len(place.versions.of(NAME)) == 1


def test_a_user_without_a_name_may_promote_and_roll_back(two: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the number that a container runs with."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    assert run("promote", NAME, 1).output == "In use: lesions-leuven 1+1\n"
    assert run("rollback", NAME).output == "In use: lesions-leuven 1\n"
    assert [each["who"] for each in AuditLog(two.models).read()] == ["", ""]


def test_what_cannot_be_promoted_is_told(two: Place) -> None:
    assert isinstance(run("promote", NAME, 7).exception, InputError)
    assert isinstance(run("promote", NAME, 0).exception, InputError)
    assert isinstance(run("promote", "spleen", 1).exception, ModelError)
    assert isinstance(run("rollback", NAME).exception, ModelError)


def test_a_damaged_champion_fails_verification_with_the_way_back(two: Place) -> None:
    run("promote", NAME, 1)
    assert run("verify", NAME).exit_code == 0
    champion(NAME).path.write_bytes(b"rubbish")
    result = run("verify", NAME)
    assert result.exit_code == 1 and "livercad models rollback lesions-leuven" in result.output
    assert json.loads((two.models / NAME / "champion.json").read_text())["champion"]["number"] == 1
    assert run("rollback", NAME).exit_code == 0 and run("verify", NAME).exit_code == 0
