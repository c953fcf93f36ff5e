"""Submissions on their way: none is lost, whatever happens to the server, to this computer, or to Slicer."""

import calendar
import errno
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from case_lesions import bench_with_lesions
from test_lesions_list import everything

import LiverCADLib
from livercad.core.annotation import Verdict
from LiverCADLib.clientErrors import (
    ConflictError,
    NotThereError,
    OldServerError,
    RefusedError,
    UnavailableError,
    UnreachableError,
)
from LiverCADLib.imageFiles import readVolume
from LiverCADLib.presence import Presence
from LiverCADLib.scene.caseFolder import CaseFolderError
from LiverCADLib.scene.letters import Kind
from LiverCADLib.scene.outbox import Outbox
from LiverCADLib.tasks import Cancelled, Task

HOME = "http://127.0.0.1:8000"


class FakeServer:
    """Keeps versions as the server does, and refuses what is based on an older one."""

    address = HOME

    def __init__(self):
        self.versions, self.error, self.lose_answer = [], None, False

    def submit(self, case, annotation, maps, basedOn, task, force=False):
        if self.error:
            raise self.error
        task.report(0.5, "Sending")
        sent = (case, annotation, {name: readVolume(path).array for name, path in maps.items()})
        if self.versions and self.versions[-1][1] == annotation:
            return {"version": len(self.versions), "submitted": "now"}
        if basedOn < len(self.versions) and not force:
            raise ConflictError("Somebody else has submitted since.", 409)
        self.versions.append(sent)
        if self.lose_answer:
            raise UnreachableError("gone")
        return {"version": len(self.versions), "submitted": "now"}


@pytest.fixture
def outbox(tmp_path):
    return Outbox(tmp_path / "outbox")


@pytest.fixture
def server():
    return FakeServer()


def case(annotator="ann", comment=""):
    bench = bench_with_lesions()
    bench.scene.parameters.comment = comment
    return bench.collect(annotator)


def test_a_submission_is_on_the_disk_before_it_is_sent(outbox, tmp_path):
    waiting = outbox.put(case(), HOME, basedOn=3)
    folder = tmp_path / "outbox" / waiting.id
    assert sorted(file.name for file in folder.iterdir()) == [
        "annotation.json",
        "instances.nii.gz",
        "label.nii.gz",
        "submission.json",
    ]
    assert Outbox(tmp_path / "outbox").waiting() == [waiting], "also after a restart"
    assert (waiting.case, waiting.annotator, waiting.server, waiting.basedOn) == ("case-1", "ann", HOME, 3)


def test_what_is_sent_is_what_was_put_in_and_then_it_waits_no_more(outbox, server):
    bench = bench_with_lesions()
    bench.editor.setVerdict([3], Verdict.REJECTED)
    mine = bench.collect("ann")
    label, instances = mine.maps()
    waiting = outbox.put(mine, HOME, basedOn=0)
    assert outbox.send(Task(), server, waiting) == 1
    name, annotation, maps = server.versions[0]
    assert name == "case-1" and annotation == json.loads(json.dumps(mine.annotation.to_dict()))
    assert np.array_equal(maps["label"], label.array) and np.array_equal(maps["instances"], instances.array)
    assert np.array_equal(maps["rejected"], mine.rejectedMap().array) and set(np.unique(maps["rejected"])) == {0, 3}
    assert outbox.waiting() == []


def test_a_server_that_is_down_loses_nothing(outbox, server):
    waiting = outbox.put(case(), HOME, basedOn=0)
    server.error = UnreachableError("No server answers.")
    with pytest.raises(UnreachableError):
        outbox.send(Task(), server, waiting)
    assert outbox.waiting() == [waiting]
    server.error = None
    assert outbox.sendAll(Task(), server) == ({waiting.id: 1}, [])


def test_an_answer_that_was_lost_makes_no_second_version(outbox, server):
    waiting = outbox.put(case(), HOME, basedOn=0)
    server.lose_answer = True
    with pytest.raises(UnreachableError):
        outbox.send(Task(), server, waiting)
    server.lose_answer = False
    assert outbox.send(Task(), server, waiting) == 1 and len(server.versions) == 1


def test_a_cancelled_sending_goes_on_waiting(outbox, server):
    waiting, task = outbox.put(case(), HOME, basedOn=0), Task()
    task.cancel()
    with pytest.raises(Cancelled):
        outbox.send(task, server, waiting)
    assert outbox.waiting() == [waiting]


def test_a_newer_version_on_the_server_is_a_conflict_and_both_are_kept(outbox, server):
    outbox.send(Task(), server, outbox.put(case("bob"), HOME, basedOn=0))
    mine = outbox.put(case("ann"), HOME, basedOn=0)
    with pytest.raises(ConflictError):
        outbox.send(Task(), server, mine)
    assert outbox.waiting() == [mine]
    assert outbox.send(Task(), server, mine, force=True) == 2
    assert [annotation["annotator"] for _, annotation, _ in server.versions] == ["bob", "ann"]


def test_a_correction_of_what_waits_goes_after_it_and_is_no_conflict(outbox, server):
    first = outbox.put(case(comment="first"), HOME, basedOn=0)
    second = outbox.put(case(comment="second"), HOME, basedOn=0, follows=first.id)
    third = outbox.put(case(comment="third"), HOME, basedOn=0, follows=second.id)
    sent, refused = outbox.sendAll(Task(), server)
    assert sent == {first.id: 1, second.id: 2, third.id: 3} and refused == []
    assert [annotation["comment"] for _, annotation, _ in server.versions] == ["first", "second", "third"]


def test_what_follows_a_refused_submission_waits_with_it(outbox, server):
    server.versions.append(("case-1", {"annotator": "bob"}, {}))
    first = outbox.put(case(comment="first"), HOME, basedOn=0)
    second = outbox.put(case(comment="second"), HOME, basedOn=0, follows=first.id)
    sent, refused = outbox.sendAll(Task(), server)
    assert sent == {} and [(waiting.id, error.status) for waiting, error in refused] == [(first.id, 409)]
    assert [waiting.id for waiting in outbox.waiting()] == [first.id, second.id]
    outbox.send(Task(), server, first, force=True)
    assert outbox.sendAll(Task(), server)[0] == {second.id: 3}


@pytest.mark.parametrize(
    "error",
    [RefusedError("x", 400), NotThereError("x", 404), RefusedError("x", 413), RefusedError("x", 422)],
    ids=lambda error: str(error.status),
)
def test_what_is_refused_for_good_is_set_aside_and_what_follows_it_takes_its_place(outbox, server, error):
    first = outbox.put(case(comment="first"), HOME, basedOn=0)
    second = outbox.put(case(comment="second"), HOME, basedOn=0, follows=first.id)
    third = outbox.put(case(comment="third"), HOME, basedOn=0, follows=second.id)
    submit = server.submit

    def picky(case, annotation, *arguments, **named):
        if annotation["comment"] == "second":
            raise error
        return submit(case, annotation, *arguments, **named)

    server.submit = picky
    sent, refused = outbox.sendAll(Task(), server)
    assert sent == {first.id: 1, third.id: 2} and [(letter.id, why) for letter, why in refused] == [(second.id, error)]
    assert outbox.waiting() == [] and [letter.id for letter in outbox.kept(Kind.ASIDE)] == [second.id]


@pytest.mark.parametrize(
    "error", [OldServerError("older", 404), UnavailableError("busy", 503), UnreachableError("gone")], ids=str
)
def test_what_may_yet_be_taken_goes_on_waiting(outbox, server, error):
    waiting, server.error = outbox.put(case(), HOME, basedOn=0), error
    assert outbox.sendAll(Task(), server) == ({}, [(waiting, error)])
    assert outbox.waiting() == [waiting]


def test_ids_come_in_order_whatever_is_done_to_the_clock(outbox, server, monkeypatch):
    now = time.time_ns()
    for hours in (0, -1, 9, -12):  # put back, another time zone, put right
        monkeypatch.setattr(time, "time_ns", lambda hours=hours: now + hours * 3600 * 10**9)
        latest = outbox.latest(HOME, "case-1")
        made = outbox.put(case(comment=str(hours)), HOME, basedOn=0, follows=latest.id if latest else "")
        assert outbox.latest(HOME, "case-1").id == made.id
    sent, refused = outbox.sendAll(Task(), server)
    assert list(sent.values()) == [1, 2, 3, 4] and refused == [] and outbox.waiting() == []
    assert [annotation["comment"] for _, annotation, _ in server.versions] == ["0", "-1", "9", "-12"]


def test_ids_tell_the_time_of_greenwich(outbox, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    made = outbox.put(case(), HOME, basedOn=0)
    monkeypatch.undo()
    time.tzset()
    told = calendar.timegm(time.strptime(made.id[:15], "%Y%m%d-%H%M%S"))
    assert abs(told - time.time()) < 60 and made.made.endswith("+0900")


def test_what_follows_is_sent_at_once_also_where_it_is_listed_first(outbox, server, tmp_path):
    first = outbox.put(case(comment="first"), HOME, basedOn=0)
    second = outbox.put(case(comment="second"), HOME, basedOn=0, follows=first.id)
    early = replace(second, id="20200101-000000-000000000-abcdef")  # of a version that used local time
    (tmp_path / "outbox" / second.id).rename(tmp_path / "outbox" / early.id)
    outbox._write(early)
    assert outbox.sendAll(Task(), server) == ({first.id: 1, early.id: 2}, [])


def test_what_another_slicer_sends_meanwhile_is_no_error(outbox, server, tmp_path):
    first = outbox.put(case(comment="first"), HOME, basedOn=0)
    second = outbox.put(case(comment="second"), HOME, basedOn=0)
    submit = server.submit

    def both_send(*arguments, **named):
        answer = submit(*arguments, **named)
        for letter in (first, second):
            shutil.rmtree(tmp_path / "outbox" / letter.id)
        return answer

    server.submit = both_send
    assert outbox.sendAll(Task(), server) == ({first.id: 1}, []) and outbox.waiting() == []


def test_drafts_of_a_slicer_that_runs_are_not_offered_to_another(tmp_path):
    mine, other = Outbox(tmp_path / "outbox"), Outbox(tmp_path / "outbox")
    draft = mine.put(case(), HOME, basedOn=0, kind=Kind.DRAFT)
    assert mine.kept(Kind.DRAFT) == [draft] and other.kept(Kind.DRAFT) == []
    mine.close()
    assert other.kept(Kind.DRAFT) == [draft]


def test_a_slicer_that_was_killed_does_not_run_any_more(tmp_path):
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "from LiverCADLib.presence import Presence\n"
        "print(Presence(Path(sys.argv[2])).name, flush=True); presence = Presence(Path(sys.argv[2]))\n"
        "print(presence.name, flush=True); time.sleep(60)"
    )
    root = Path(LiverCADLib.__file__).parents[1]
    other = subprocess.Popen([sys.executable, "-c", code, root, tmp_path], stdout=subprocess.PIPE, text=True)
    names = [other.stdout.readline().strip() for _ in range(2)]
    mine = Presence(tmp_path)
    assert mine.name and mine.isThere(names[1]) and not mine.isThere(names[0]), "the first was let go at once"
    other.kill()
    other.wait()
    assert not mine.isThere(names[1]) and not mine.isThere(mine.name) and not mine.isThere("")
    assert [path.name for path in tmp_path.iterdir()] == [f".slicer-{mine.name}"]
    mine.close()
    assert list(tmp_path.iterdir()) == []


def test_nobody_else_may_read_what_waits(outbox, tmp_path):
    outbox.put(case(), HOME, basedOn=0)
    assert (tmp_path / "outbox").stat().st_mode & 0o077 == 0


def test_throwing_a_submission_away_leaves_what_follows_it_in_its_place(outbox, server):
    first = outbox.put(case(comment="first"), HOME, basedOn=0)
    outbox.put(case(comment="second"), HOME, basedOn=0, follows=first.id)
    outbox.remove(first)
    assert outbox.sendAll(Task(), server)[1] == []
    assert [annotation["comment"] for _, annotation, _ in server.versions] == ["second"]


def test_only_what_is_for_this_server_is_sent_to_it(outbox, server):
    other = outbox.put(case(), "http://elsewhere:8000", basedOn=0)
    assert outbox.sendAll(Task(), server) == ({}, [])
    assert outbox.waiting() == [other] and outbox.latest(HOME, "case-1") is None


def test_the_latest_that_waits_for_a_case_brings_everything_back(outbox):
    bench = bench_with_lesions()
    outbox.put(bench.collect("ann"), HOME, basedOn=0)
    bench.editor.delete([2])
    second = outbox.put(bench.collect("ann"), HOME, basedOn=0)
    assert outbox.latest(HOME, "case-1") == second
    bench.restore(outbox.read(second, bench.segmentation.grid))
    assert sorted(everything(bench)[1]) == [1, 3]


def test_a_kill_while_writing_leaves_no_half_submission(outbox, tmp_path, monkeypatch):
    def killed(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.rename", killed)
    with pytest.raises(KeyboardInterrupt):
        outbox.put(case(), HOME, basedOn=0)
    monkeypatch.undo()
    assert outbox.waiting() == []


@pytest.mark.parametrize("name", ["label.nii.gz", "annotation.json"])
def test_a_full_disk_is_told_and_leaves_no_half_submission(outbox, tmp_path, monkeypatch, name):
    def is_mine(path):
        return str(path).endswith(name)

    write, fsync = sitk.WriteImage, os.fsync

    def write_half(image, path, **named):
        write(image, path, **named)
        if is_mine(path):
            os.truncate(path, Path(path).stat().st_size // 2)

    def refuse(handle):
        if is_mine(os.readlink(f"/proc/self/fd/{handle}")):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    monkeypatch.setattr(sitk, "WriteImage", write_half)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(CaseFolderError, match=r"NOT saved: .*(disk may be full|No space left on device)"):
        outbox.put(case(), HOME, basedOn=0)
    monkeypatch.undo()
    assert outbox.waiting() == [] and list((tmp_path / "outbox").iterdir()) == []


def test_what_cannot_be_read_does_not_keep_the_others_from_being_sent(outbox, server, tmp_path):
    (tmp_path / "outbox" / "broken").mkdir(parents=True)
    (tmp_path / "outbox" / "broken" / "submission.json").write_text("{")
    waiting = outbox.put(case(), HOME, basedOn=0)
    assert outbox.sendAll(Task(), server)[0] == {waiting.id: 1}
    assert (tmp_path / "outbox" / "broken").is_dir()


def test_a_folder_that_cannot_be_written_is_an_error_at_once(tmp_path):
    (tmp_path / "outbox").write_text("a file where the folder should be")
    with pytest.raises(CaseFolderError, match="NOT saved"):
        Outbox(tmp_path / "outbox").put(case(), HOME, basedOn=0)
