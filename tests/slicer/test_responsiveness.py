"""No call into the server makes Slicer's window wait: a server that takes its time, and a timer that keeps beating."""

import threading
import time
from pathlib import Path

import pytest
from fake_server import FakeServer, send
from panel_tools import qt, settle, slicer, wait_until
from pauses import LONGEST_S, longest_pause
from standin.loader import openModule

from LiverCADLib.jobs import JobRunner
from LiverCADLib.polling import Poller

MODULE = Path(__file__).resolve().parents[2] / "SlicerLiverCAD" / "LiverCAD.py"
SLOW_S = 0.3
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
