"""No call into the server makes Slicer's window wait: a server that takes its time, and a timer that keeps beating."""

import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from fake_server import FakeServer, send
from panel_tools import qt, settle, slicer, wait_until
from standin.helpers import Heartbeat
from standin.loader import openModule

from LiverCADLib.connection import Connection
from LiverCADLib.jobs import JobRunner
from LiverCADLib.polling import Poller

MODULE = Path(__file__).resolve().parents[2] / "SlicerLiverCAD" / "LiverCAD.py"
SLOW_S = 0.3
LONGEST_S = 0.05
ATTEMPTS = 6
"""A computer that is busy with other things holds any thread up; what blocks by itself does so every time."""
TRAINER = {"name": "lesions", "title": "Lesions", "settings": {}}
ROUTES = {
    ("GET", "/livercad/models"): [{"name": "a", "installed": True, "card": "# A\n" + "text\n\n" * 200}],
    ("GET", "/livercad/cases"): [
        {
            "case": f"case{n:05}",
            "state": None,
            "has_label": False,
            "annotator": "",
            "submitted": "",
            "version": 0,
            "images": 3,
        }
        for n in range(10_000)
    ],
    ("GET", "/livercad/training"): {"trainers": [TRAINER], "reason": "", "job": None},
    ("POST", "/train/lesions"): {},
    ("POST", "/activelearning/first"): {},
}


class SlowServer(FakeServer):
    """Thinks about every request first."""

    def answer(self, handler, request):
        time.sleep(SLOW_S)
        super().answer(handler, request)


@pytest.fixture
def server():
    fake = SlowServer()
    fake.routes.update(ROUTES)
    report = "/livercad/cases/case00001/report"
    fake.routes["GET", report] = lambda handler, _: send(handler, b"<!doctype html>" + bytes(10_000_000))
    yield fake
    fake.close()


@pytest.fixture
def module(server, monkeypatch):
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", lambda url: None)
    slicer.mrmlScene.Clear(0)
    opened = openModule(MODULE)
    module = opened.panel.module
    module.serverPanel.addressEdit.text = server.address
    yield module
    opened.close()


@pytest.fixture
def asking_threads(monkeypatch):
    """Threads that requests are sent from."""
    threads, request = [], Connection.request

    def noting(self, method, path, **options):
        threads.append((threading.get_ident(), method, path))
        return request(self, method, path, **options)

    monkeypatch.setattr(Connection, "request", noting)
    return threads


def idle(module):
    session = module.workspace.session
    return lambda: not (session.runner.isBusy or session.background.isBusy)


def steps(module):
    """Every button that asks the server, by what it does."""
    scene = module.workspace.caseScene

    def connect():
        module.workspace.session.disconnect()
        module.serverPanel.connectButton.click()

    def report():
        scene.parameters.case, scene.parameters.server = "case00001", module.workspace.session.client.address
        scene.opened.emit()
        module.reportPanel.openButton.click()

    return {
        "connect": connect,
        "list": module.casePanel.refreshButton.click,
        "next": module.casePanel.nextButton.click,
        "train": module.trainPanel.startButton.click,
        "report": report,
        "look": module.serverPanel.lookForJobs,
    }


class FairHeartbeat(Heartbeat):
    """Does not count the time for which other programs had the processor that this one could have used."""

    def start(self):
        self._waited = waited_for_processor_s()
        return super().start()

    def _tick(self):
        waited = waited_for_processor_s()
        self._last += waited - self._waited
        self._waited = waited
        super()._tick()


def waited_for_processor_s():
    """How long this process's threads were ready to run and were not let (s), by the Linux kernel's books; else 0.

    Those of workers count too: while one of them waits for the processor, the GUI thread may wait for what it holds.
    """
    total = 0
    for books in Path("/proc/self/task").glob("*/schedstat"):
        with suppress(OSError):  # of a thread that has just ended
            total += int(books.read_text().split()[1])
    return total / 1e9


def longest_pause(act, has_ended):
    """Longest time (s) that the GUI thread was away while something was done, in the best of several attempts."""
    best = float("inf")
    for _ in range(ATTEMPTS):
        beat = FairHeartbeat(1).start()
        act()
        wait_until(has_ended)
        best = min(best, beat.stop())
        if best < LONGEST_S:
            break
    return best


def test_requests_are_never_sent_from_the_gui_thread(module, asking_threads):
    for act in steps(module).values():
        act()
        settle(module.workspace.session.runner, module.workspace.session.background)
    asked = {path for _, _, path in asking_threads}
    assert {"/livercad/health", "/livercad/cases", "/activelearning/first", "/train/lesions"} <= asked
    assert threading.get_ident() not in {thread for thread, _, _ in asking_threads}


def test_the_window_never_waits_for_a_slow_server(module):
    pauses = {name: longest_pause(act, idle(module)) for name, act in steps(module).items()}
    assert max(pauses.values()) < LONGEST_S, pauses


def test_workers_run_although_the_gui_thread_keeps_pythons_lock_while_it_waits_for_events(monkeypatch):
    runner, slept = JobRunner(), []
    poller = Poller(runner)
    sleep = time.sleep
    monkeypatch.setattr("LiverCADLib.polling.time.sleep", lambda seconds: (slept.append(seconds), sleep(seconds)))
    job = runner.start("Work", lambda task: sum(range(1000)))
    wait_until(lambda: job.hasEnded)
    assert 0 < max(slept) < LONGEST_S / 4
    poller.close()
