"""How versions come into use and go out of it."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import pytest

from learning.releases import NAME, Place
from livercad.errors import InputError, ModelError
from livercad.learning.audit import AuditLog
from livercad.learning.release import catch_up, compare, consider, promote, roll_back
from livercad.learning.tracking import DATABASE, FOLDER, Tracking
from livercad.learning.trained import RECORD
from livercad.learning.version import State
from livercad.learning.versions import ALIAS, ModelVersions
from livercad.models.champions import POINTER, champion, crown
from livercad.models.version import ModelVersion, base


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
