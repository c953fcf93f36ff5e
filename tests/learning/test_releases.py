"""Versions in MLflow, and how they come into use and go out of it."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from learning.releases import BEFORE, NAME, Place
from livercad.code import code_hash
from livercad.errors import InputError, ModelError
from livercad.learning.audit import AuditLog
from livercad.learning.release import catch_up, compare, consider, promote, roll_back
from livercad.learning.tracking import DATABASE, FOLDER, Tracking
from livercad.learning.trained import RECORD, WEIGHTS
from livercad.learning.version import State
from livercad.learning.versions import ALIAS, ModelVersions
from livercad.models.champions import POINTER, champion, crown
from livercad.models.version import ModelVersion, base, challenger

EVERY, FEWEST_KILLS = 13, 5
"""Of some 90 changes of files and database, a kill before each thirteenth: a turn takes seconds."""


# -- versions


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


# -- releases


def test_a_better_version_is_promoted_and_a_worse_one_kept_aside_with_its_reason(place: Place) -> None:
    for seed, gain in ((1, 0.05), (2, -0.05)):
        version = place.versions.add(NAME, place.train(seed, gain, champion=seed - 1), "ann")
        decision = consider(place.versions, NAME, version.number, "ann", place.audit)
        assert decision.promoted is (gain > 0)
        assert champion(NAME).number == 1
    _, first, second = place.versions.of(NAME)
    assert (first.state, second.state) == (State.PROMOTED, State.KEPT_ASIDE)
    assert "gain +0.050" in first.reason and "Not better on the pool" in second.reason
    assert place.events() == [("promotion", 1), ("kept_aside", 2)]
    assert Tracking().client.get_model_version_by_alias(NAME, ALIAS).version == 1


def test_a_challenger_is_compared_with_the_champion_of_now_not_of_its_start(place: Place) -> None:
    """While it was trained, another version became champion, which it was not measured beside."""
    for seed in (1, 2):
        place.versions.add(NAME, place.train(seed, 0.05), "ann")
    assert consider(place.versions, NAME, 1, "ann", place.audit).promoted
    decision = consider(place.versions, NAME, 2, "ann", place.audit)
    assert not decision.promoted and decision.cases == 6 and decision.primary and decision.primary.gain == 0
    assert champion(NAME).number == 1


def test_a_lost_record_of_another_version_does_not_keep_new_ones_from_being_compared(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    for seed in (1, 2):
        place.versions.add(NAME, place.train(seed, champion=seed - 1), "ann")
        promote(place.versions, NAME, seed, "ann", place.audit)
    place.versions.add(NAME, place.train(3, champion=2), "ann")
    (lost,) = (place.models / FOLDER).rglob(f"{place.versions.get(NAME, 1).run}/artifacts/{RECORD}")
    lost.unlink()
    anew = ModelVersions()
    assert consider(anew, NAME, 3, "ann", place.audit).promoted and "version 1 has measured" in caplog.text
    with pytest.raises(ModelError, match="no record"):
        compare(anew, NAME, 1, 3)


def test_any_two_versions_can_be_compared_on_what_was_measured(place: Place) -> None:
    place.versions.add(NAME, place.train(1, 0.05), "ann")
    place.versions.add(NAME, place.train(2, 0.02), "ann")
    assert compare(place.versions, "lesions", 1, 2).promoted
    back = compare(place.versions, "lesions", 0, 1)
    assert back.primary is not None and back.primary.gain == pytest.approx(-0.05) and not back.promoted


def test_people_may_promote_what_was_not_judged_and_insist_on_what_was_kept_aside(place: Place) -> None:
    for seed in (1, 2):
        place.versions.add(NAME, place.train(seed, -0.05), "ann")
    assert promote(place.versions, NAME, 1, "bob", place.audit).number == 1
    with pytest.raises(InputError, match="found the champion"):
        promote(place.versions, NAME, 1, "bob", place.audit)
    consider(place.versions, NAME, 2, "ann", place.audit)
    with pytest.raises(InputError, match=r"kept aside.*force"):
        promote(place.versions, NAME, 2, "bob", place.audit)
    assert promote(place.versions, NAME, 2, "bob", place.audit, force=True).number == 2
    assert promote(place.versions, NAME, 0, "bob", place.audit) == base(NAME)
    assert place.events() == [("promotion", 1), ("kept_aside", 2), ("promotion", 2), ("promotion", 0)]
    assert {record["who"] for record in place.audit.read(event="promotion")} == {"bob"}


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_promotion_meanwhile_is_not_overwritten(place: Place, monkeypatch: pytest.MonkeyPatch, by_hand: bool) -> None:
    for seed, gain in ((1, 0.05), (2, 0.1)):
        place.versions.add(NAME, place.train(seed, gain), "ann")
    weights = ModelVersions.weights

    def late(versions: ModelVersions, name: str, number: int) -> ModelVersion:
        """Somebody else is faster: after the comparison, before the crown."""
        if champion(NAME).number == 0:
            crown(weights(versions, name, 2), "bob", "better")
        return weights(versions, name, number)

    monkeypatch.setattr(ModelVersions, "weights", late)
    if by_hand:
        with pytest.raises(InputError, match=r"1\+1: found version 2 in use by now; expected version 0, over which"):
            promote(place.versions, NAME, 1, "ann", place.audit)
    else:
        decision = consider(place.versions, NAME, 1, "ann", place.audit)
        assert not decision.promoted and decision.primary and decision.primary.gain == pytest.approx(-0.05)
        assert place.versions.get(NAME, 1).state is State.KEPT_ASIDE
    assert champion(NAME).number == 2


def test_a_rollback_is_told_and_the_alias_follows(place: Place) -> None:
    for seed in (1, 2):
        place.versions.add(NAME, place.train(seed), "ann")
        promote(place.versions, NAME, seed, "ann", place.audit)
    assert roll_back(place.versions, "lesions", "bob", place.audit).number == 1
    assert Tracking().client.get_model_version_by_alias(NAME, ALIAS).version == 1
    assert roll_back(place.versions, NAME, "bob", place.audit) == base(NAME)
    assert ALIAS not in Tracking().client.get_registered_model(NAME).aliases
    assert place.events()[2:] == [("rollback", 1), ("rollback", 0)]
    with pytest.raises(ModelError, match="no former champion"):
        roll_back(place.versions, NAME, "bob", place.audit)


def test_what_was_kept_aside_keeps_its_verdict_when_it_is_promoted_by_force_and_taken_back(place: Place) -> None:
    place.versions.add(NAME, place.train(1, -0.05), "ann")
    verdict = consider(place.versions, NAME, 1, "ann", place.audit).reason
    for number in (1, 2):  # once more: it needs force again, and all is still told
        promote(place.versions, NAME, 1, "ann", place.audit, force=True)
        roll_back(place.versions, NAME, "bob", place.audit)
        version = ModelVersions().get(NAME, 1)
        assert version.state is State.ROLLED_BACK and version.reason.count("taken back by bob") == number
        assert "was promoted by ann, though kept aside" in version.reason and verdict in version.reason
        with pytest.raises(InputError, match=r"rolled back \(taken back by bob; .*force"):
            promote(place.versions, NAME, 1, "ann", place.audit)


def test_a_version_that_gave_way_to_another_stays_promoted_when_that_is_taken_back(place: Place) -> None:
    for seed in (1, 2):
        place.versions.add(NAME, place.train(seed), "ann")
        promote(place.versions, NAME, seed, "ann", place.audit)
    assert [version.state for version in place.versions.of(NAME)[1:]] == [State.PROMOTED] * 2
    roll_back(place.versions, NAME, "bob", place.audit)
    assert [version.state for version in place.versions.of(NAME)[1:]] == [State.PROMOTED, State.ROLLED_BACK]


def test_what_is_better_and_was_taken_back_is_not_promoted_by_deciding_once_more(place: Place) -> None:
    place.versions.add(NAME, place.train(1), "ann")
    assert consider(place.versions, NAME, 1, "ann", place.audit).promoted
    roll_back(place.versions, NAME, "bob", place.audit)
    decision = consider(place.versions, NAME, 1, "ann", place.audit)
    assert not decision.promoted and "It was taken back. Better on the pool" in decision.reason
    assert champion(NAME) == base(NAME) and place.events() == [("promotion", 1), ("rollback", 0)]


def test_a_promotion_that_a_kill_kept_from_the_log_is_written_down_before_it_is_rolled_back(place: Place) -> None:
    place.versions.add(NAME, place.train(1), "ann")
    crown(place.versions.weights(NAME, 1), "eve", "because")  # and killed before anything else
    assert roll_back(place.versions, NAME, "bob", place.audit) == base(NAME)
    assert place.events() == [("promotion", 1), ("rollback", 0)]


def test_a_damaged_pointer_can_be_rolled_back(place: Place) -> None:
    (place.models / NAME / POINTER).write_text("{")
    assert roll_back(place.versions, NAME, "bob", place.audit) == base(NAME)
    assert place.events() == [("rollback", 0)]


def test_a_rollback_does_not_need_mlflow(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.versions.add(NAME, place.train(1), "ann")
    promote(place.versions, NAME, 1, "ann", place.audit)
    (place.models / FOLDER / DATABASE).write_bytes(b"no database" * 1000)
    assert roll_back(ModelVersions(), NAME, "bob", place.audit) == base(NAME)
    assert "brought in step later" in caplog.text and place.events()[-1] == ("rollback", 0)


def test_what_another_process_has_promoted_is_found_at_the_next_start(place: Place) -> None:
    place.versions.add(NAME, place.train(1), "ann")
    crown(place.versions.weights(NAME, 1), "eve", "because")  # and killed before anything else
    for _ in range(2):
        catch_up(place.audit, place.versions)
    assert place.events() == [("promotion", 1)]
    (record,) = place.audit.read()
    assert (record["who"], record["reason"], record["model"]) == ("eve", "because", NAME)
    assert place.versions.get(NAME, 1).state is State.PROMOTED
    assert Tracking().client.get_model_version_by_alias(NAME, ALIAS).version == 1


def test_who_catches_up_at_the_same_moment_writes_a_release_down_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.versions.add(NAME, place.train(1), "ann")
    crown(place.versions.weights(NAME, 1), "eve", "because")
    read, both = AuditLog.read, threading.Barrier(2)

    def read_and_wait(audit: AuditLog, *given: Any, **named: Any) -> list[dict[str, Any]]:
        found = read(audit, *given, **named)
        if named.get("model") == NAME:
            with suppress(threading.BrokenBarrierError):
                both.wait(1)
        return found

    monkeypatch.setattr(AuditLog, "read", read_and_wait)
    threads = [threading.Thread(target=catch_up, args=(AuditLog(place.folder / "audit"),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    monkeypatch.undo()
    assert place.events() == [("promotion", 1)]


def test_promotions_that_followed_each_other_elsewhere_are_all_written_down(place: Place) -> None:
    for seed in (1, 2):
        place.versions.add(NAME, place.train(seed), "ann")
        promote(place.versions, NAME, seed, "eve", AuditLog(place.folder / "elsewhere"))
    catch_up(place.audit)
    assert place.events() == [("promotion", 1), ("promotion", 2)]


def test_a_champion_whose_registration_is_lost_stays_in_use(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.versions.add(NAME, place.train(1), "ann")
    promote(place.versions, NAME, 1, "ann", place.audit)
    Tracking().client.delete_model_version(NAME, "1")
    catch_up(place.audit, ModelVersions())
    assert champion(NAME).number == 1 and "is in use and not registered" in caplog.text


def test_a_damaged_pointer_does_not_keep_the_others_from_being_brought_in_step(place: Place) -> None:
    (place.models / "liver-leuven").mkdir(exist_ok=True)
    (place.models / "liver-leuven" / POINTER).write_text("{")
    place.versions.add(NAME, place.train(1), "ann")
    crown(place.versions.weights(NAME, 1), "eve", "because")
    catch_up(place.audit, place.versions)
    assert place.events() == [("promotion", 1)]


def test_deciding_once_more_changes_nothing(place: Place) -> None:
    """As when a kill came before the trainer could tell that it was done."""
    for seed, gain in ((1, 0.05), (2, -0.05)):
        place.versions.add(NAME, place.train(seed, gain, champion=seed - 1), "ann")
        decisions = [consider(place.versions, NAME, seed, "ann", place.audit).promoted for _ in range(2)]
        assert decisions == [gain > 0] * 2
    assert place.events() == [("promotion", 1), ("kept_aside", 2)]
    assert champion(NAME).number == 1


# -- kills, the network


def _release(place: Place, number: int) -> None:
    """Train, decide, roll back: one version that is better, and one that is worse."""
    versions, audit = ModelVersions(), AuditLog(place.folder / "audit")
    catch_up(audit, versions)
    for training in (2 * number, 2 * number + 1):
        version = versions.add(NAME, place.folder / f"training-{training}", "ann")
        consider(versions, NAME, version.number, "ann", audit)
    if champion(NAME).number:
        roll_back(versions, NAME, "ann", audit)


def _release_and_die(place: Place, number: int, moment: int) -> None:
    """In a process of its own, which is killed before so many changes of database and files."""
    from sqlalchemy import Engine, event

    count = 0

    def die(*_: object, **__: object) -> None:
        nonlocal count
        if count == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    def counted(step: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: (die(), step(*args, **kwargs))[1]

    event.listen(Engine, "commit", die)
    for module, name in ((os, "replace"), (os, "write"), (shutil, "copy2"), (shutil, "copyfile"), (shutil, "rmtree")):
        setattr(module, name, counted(getattr(module, name)))
    _release(place, number)


def _go_on(place: Place, number: int, versions_before: int) -> None:
    """In a process of its own, as the next start: all is in step, and what was begun can be done."""
    versions, audit = ModelVersions(), AuditLog(place.folder / "audit")
    catch_up(audit, versions)
    present = champion(NAME)  # its weights are there and whole
    found = versions.of(NAME)
    assert [version.number for version in found] == list(range(len(found)))
    assert versions_before <= len(found) <= versions_before + 2
    alias = Tracking().client.get_registered_model(NAME).aliases.get(ALIAS) if len(found) > 1 else None
    assert (int(alias) if alias else 0) == present.number
    told = [record for record in audit.read() if record["event"] != "kept_aside"]
    assert not told or told[0]["version"] == present.number
    _release(place, number)
    found = versions.of(NAME)
    assert len(found) == versions_before + 2, "a training is registered twice, or not at all"
    assert [version.state for version in found[-2:]] == [State.ROLLED_BACK, State.KEPT_ASIDE]
    for version in found:
        assert versions.weights(NAME, version.number).sha256 == version.sha256
    for version in found[1:]:
        versions.record(version)
    runs = Tracking().client.search_runs([Tracking().experiment])
    assert len(runs) == len(found) - 1 and all(run.info.status == "FINISHED" for run in runs)


def test_a_kill_at_any_moment_leaves_versions_champion_and_log_in_step(place: Place) -> None:
    """The database is opened in forked processes only: connections must not be shared with this one."""
    code_hash("livercad")  # once for all processes
    context, moments = multiprocessing.get_context("fork"), itertools.count(0, EVERY)
    for number, moment in enumerate(moments):
        for training, gain in ((2 * number, 0.05), (2 * number + 1, -0.05)):
            place.train(training, gain)
        killed = context.Process(target=_release_and_die, args=(place, number, moment))
        after = context.Process(target=_go_on, args=(place, number, 1 + 2 * number))
        for process in (killed, after):
            process.start()
            process.join(120)
        assert after.exitcode == 0, f"after a kill before change {moment}"
        if killed.exitcode == 0:
            break
        assert killed.exitcode == -signal.SIGKILL
    assert number > FEWEST_KILLS


WITHOUT_NETWORK = """
import socket, sys
from pathlib import Path

def refuse(*_, **__):
    raise AssertionError("a connection")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
import mlflow  # as another package may have done, with what tells its makers switched on
from livercad.learning.versions import ModelVersions
from mlflow.telemetry import get_telemetry_client

from fake_models import entry_of, keras_file
from livercad.models import registry
registry.load_registry = lambda: {"lesions-leuven": entry_of("lesions-leuven", keras_file())}
versions = ModelVersions()
versions.add("lesions", Path(sys.argv[1]), "ann")
assert versions.weights("lesions", 1).number == 1
assert get_telemetry_client() is None
"""


def test_nothing_is_told_to_anybody_on_the_network_or_the_terminal(place: Place, tmp_path: Path) -> None:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "LIVERCAD_MODELS": str(place.models), "HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_NETWORK, str(place.train(1))],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert not (tmp_path / "mlruns").exists()


def test_a_registry_that_does_not_answer_is_told_soon_and_does_not_touch_what_is_in_use(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        versions = ModelVersions(f"http://127.0.0.1:{closed.getsockname()[1]}")
        begin = time.monotonic()
        with pytest.raises(ModelError, match="models in use do not depend on it"):
            versions.add(NAME, place.train(1), "ann")
        weights = place.folder / "training-1" / WEIGHTS
        crown(replace(challenger(NAME, weights), number=1), "ann", "better")
        assert roll_back(versions, NAME, "ann", place.audit) == base(NAME)
        assert time.monotonic() - begin < 30 and "brought in step later" in caplog.text
