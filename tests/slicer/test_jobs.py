"""Work off the GUI thread: signals, jobs, cancelling, and what is remembered of servers."""

import threading
import time

import pytest
from fake_server import FakeServer

from LiverCADLib import clientErrors, jobs
from LiverCADLib.addresses import originOf
from LiverCADLib.jobs import Cancelled, JobRunner, Task
from LiverCADLib.session import Session
from LiverCADLib.settings import MemoryStore, Settings
from LiverCADLib.signals import Signal


@pytest.fixture
def runner():
    return JobRunner()


@pytest.fixture
def server():
    fake = FakeServer()
    yield fake
    fake.close()


@pytest.fixture
def session(runner):
    return Session(Settings(MemoryStore()), runner)


def outcomes(job):
    """Collect what a job says, with the thread that it is said in."""
    said = []
    here = threading.get_ident()
    for name in ("progress", "done", "failed", "cancelled", "ended"):
        getattr(job, name).connect(lambda *a, name=name: said.append((name, *a, threading.get_ident() == here)))
    return said


def test_a_listener_that_fails_does_not_keep_others_from_being_called():
    signal, called = Signal(), []

    def fail(value):
        raise ValueError(value)

    signal.connect(fail)
    signal.connect(called.append)
    signal.connect(called.append)
    with pytest.raises(ValueError, match="3"):
        signal.emit(3)
    assert called == [3]


def test_a_listener_may_leave_while_it_is_called():
    signal, called = Signal(), []

    def once(value):
        called.append(value)
        signal.disconnect(once)

    signal.connect(once)
    signal.emit(1)
    signal.emit(2)
    assert called == [1]


def test_a_blocked_signal_says_nothing():
    signal, called = Signal(), []
    signal.connect(called.append)
    with signal.blocked():
        signal.emit(1)
    signal.emit(2)
    assert called == [2]


def test_a_job_reports_and_ends_in_the_thread_that_polls(runner):
    def work(task, value):
        task.report(0.5, "half")
        return value

    job = runner.start("Work", work, 7)
    said = outcomes(job)
    runner.wait()
    assert said == [("progress", 0.5, "half", True), ("done", 7, True), ("ended", True)]


def test_a_failure_comes_as_the_exception(runner):
    def work(task):
        raise clientErrors.NotConnectedError

    said = outcomes(runner.start("Work", work))
    runner.wait()
    assert [entry[0] for entry in said] == ["failed", "ended"]
    assert isinstance(said[0][1], clientErrors.NotConnectedError)


def test_a_cancelled_job_stops_at_its_next_report(runner):
    steps = []

    def work(task):
        for number in range(1000):
            steps.append(number)
            task.report(number / 1000)
            task.wait(0.005)

    job = runner.start("Work", work)
    said = outcomes(job)
    job.cancel()
    assert job.isCancelling
    runner.wait()
    assert [entry[0] for entry in said if entry[0] != "progress"] == ["cancelled", "ended"]
    assert len(steps) < 100


def test_what_breaks_because_of_a_cancel_is_no_failure(runner):
    def work(task):
        while not task.isCancelled:
            time.sleep(0.005)
        raise OSError("The connection was closed.")

    job = runner.start("Work", work)
    said = outcomes(job)
    job.cancel()
    runner.wait()
    assert [entry[0] for entry in said] == ["cancelled", "ended"]


def test_a_worker_that_does_not_stop_is_left_alone_and_its_result_dropped(runner, monkeypatch):
    monkeypatch.setattr(jobs, "GRACE_S", 0.1)
    release = threading.Event()
    job = runner.start("Work", lambda task: release.wait(5))
    said = outcomes(job)
    job.cancel()
    runner.wait(2)
    release.set()
    time.sleep(0.05)
    runner.poll()
    assert [entry[0] for entry in said] == ["cancelled", "ended"]


def test_what_hangs_on_a_cancel_runs_in_a_thread_of_its_own():
    task, called = Task(), threading.Event()

    def slow():
        time.sleep(0.2)
        called.set()

    with pytest.raises(Cancelled), task.onCancel(slow):
        start = time.monotonic()
        task.cancel()
        assert time.monotonic() - start < 0.1
        assert called.wait(2)
        task.check()


def test_parts_of_a_task_report_their_share_of_the_whole():
    task = Task()
    task.part(0.5, 1.0).part(0.0, 0.5).report(0.5, "quarter")
    assert task.news == (0.625, "quarter")
    task.cancel()
    with pytest.raises(Cancelled):
        task.part(0, 1).report(0)


def test_a_runner_is_busy_while_any_job_is(runner):
    states, ended = [], []
    runner.busyChanged.connect(states.append)
    runner.ended.connect(lambda job: ended.append(job.title))
    release = threading.Event()
    runner.start("A", lambda task: None)
    runner.start("B", lambda task: release.wait(5))
    while "A" not in ended:
        runner.poll()
    assert runner.isBusy and states == [True]
    release.set()
    runner.wait()
    assert (states, ended) == ([True, False], ["A", "B"])


def test_an_error_in_what_follows_a_job_is_told_and_does_not_stop_the_runner(runner, caplog):
    told = []
    runner.followUpFailed.connect(lambda job, error: told.append((job.title, str(error))))

    def fail(result):
        raise KeyError("x")

    runner.start("Opening Jane Doe", lambda task: None).done.connect(fail)
    runner.wait()
    assert told == [("Opening Jane Doe", "'x'")]
    assert "KeyError: 'x'" in caplog.text and "Jane" not in caplog.text, "Slicer's log is kept and passed on"


def test_connecting_remembers_the_server_and_tells_its_models(session, server):
    server.routes["GET", "/livercad/models"] = [{"name": "liver-leuven"}]
    told = []
    session.connected.connect(lambda info: told.append((info.version, session.models)))
    session.connect(f"127.0.0.1:{server.port}", "secret")
    assert not session.isConnected
    session.runner.wait()
    assert told == [("0.1.0", [{"name": "liver-leuven"}])]
    assert session.settings.address == server.address
    assert session.settings.tokenOf(originOf(server.address)) == "secret"


def test_what_does_not_connect_is_not_remembered(session, server):
    server.routes["GET", "/livercad/jobs"] = (401, {})
    said = outcomes(session.connect(server.address, "wrong"))
    session.runner.wait()
    assert isinstance(said[0][1], clientErrors.TokenError)
    assert not session.isConnected and session.settings.tokenOf(originOf(server.address)) == ""
    with pytest.raises(clientErrors.NotConnectedError, match="press Connect"):
        session.requireClient()


def test_the_last_server_that_was_asked_for_wins(session, server):
    other = FakeServer()
    release = threading.Event()
    health = server.routes["GET", "/livercad/health"]
    server.routes["GET", "/livercad/health"] = lambda handler, request: (
        release.wait(5),
        server.routes.update({("GET", "/livercad/health"): health}),
        server.answer(handler, request),
    )
    session.connect(server.address)
    session.connect(other.address)
    release.set()
    session.runner.wait()
    assert session.info.address == other.address
    other.close()


def test_disconnecting_is_told_once(session, server):
    told = []
    session.disconnected.connect(lambda: told.append(session.client))
    session.connect(server.address)
    session.runner.wait()
    session.disconnect()
    session.disconnect()
    assert told == [None]


def test_only_other_computers_need_consent_which_is_remembered_by_scheme_host_and_port(session, server):
    session.connect(server.address)
    session.runner.wait()
    assert not session.needsConsent()
    session.client.address, session.client.isLocal = "http://liver.example.org:8000", False
    assert session.needsConsent()
    assert "Send image data to http://liver.example.org:8000?" in session.consentQuestion()
    assert "not encrypted" in session.consentQuestion()
    session.giveConsent()
    assert not session.needsConsent()
    for other in ("http://liver.example.org", "https://liver.example.org:8000", "https://other.example.org"):
        session.client.address = other
        assert session.needsConsent()
    assert "not encrypted" not in session.consentQuestion()
    session.settings.withdrawConsent("http://liver.example.org:8000")
    assert session.settings.consents == ()


def test_settings_survive_a_store_that_knows_only_texts():
    store = MemoryStore()
    store.setValue("LiverCAD/consents", "broken")
    settings = Settings(store)
    assert settings.consents == ()
    store.setValue("LiverCAD/tokens", "[broken")
    assert settings.tokenOf("a") == ""
    settings.rememberToken("a", "t")
    assert (Settings(store).tokenOf("a"), Settings(store).tokenOf("b")) == ("t", "")
    settings.rememberConsent("a")
    settings.annotator = "  Dr. A "
    assert (Settings(store).consents, Settings(store).annotator) == (("a",), "Dr. A")
    assert all(isinstance(value, str) for value in store._values.values())


def test_the_annotator_is_who_is_logged_in_until_another_name_is_given(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "anna")
    assert Settings(MemoryStore()).annotator == "anna"
