"""The section Report."""

from types import SimpleNamespace

import pytest
from fake_server import FakeServer, send
from panel_tools import picture, qt, settle
from standin.dialogs import dialogs

from LiverCADLib.jobs import JobRunner
from LiverCADLib.panels.reportPanel import ReportPanel
from LiverCADLib.session import Session
from LiverCADLib.settings import MemoryStore, Settings
from LiverCADLib.signals import Signal

HTML = "<!doctype html><title>Leber – é</title>"


@pytest.fixture
def server():
    fake = FakeServer()
    report = "/livercad/cases/case 1/report"
    fake.routes["GET", report] = lambda handler, _: send(handler, HTML.encode(), kind="text/html")
    yield fake
    fake.close()


@pytest.fixture
def session(server):
    session = Session(Settings(MemoryStore()), JobRunner())
    session.connect(server.address)
    settle(session.runner)
    return session


@pytest.fixture
def scene(server):
    return SimpleNamespace(case="case 1", server=server.address, opened=Signal(), closed=Signal(), restored=Signal())


@pytest.fixture
def panel(scene, session):
    panel = ReportPanel(scene, session)
    yield panel
    panel.close()


def test_the_report_opens_in_the_browser_and_goes_with_the_module(panel, session, monkeypatch):
    opened = []
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    panel.openButton.click()
    assert not panel.openButton.enabled
    settle(session.runner)
    path = panel._folder / "case 1.html"
    assert opened == [str(path)]
    assert path.read_text(encoding="utf-8") == HTML
    assert panel.openButton.enabled
    panel.close()
    assert not path.exists()


def test_the_report_is_saved_where_the_user_says(panel, session, tmp_path):
    dialogs.answer(str(tmp_path / "mine.html"), "Save the report")
    panel.saveButton.click()
    settle(session.runner)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.html"]
    assert panel.messageLabel.text == f"Saved as {tmp_path / 'mine.html'}."
    dialogs.answer("", "Save the report")
    panel.saveButton.click()
    assert not session.runner.isBusy
    dialogs.check_all_answers_used()


def test_a_report_that_cannot_be_made_says_why(panel, session, server):
    server.routes["GET", "/livercad/cases/case 1/report"] = (422, {"detail": "There is no liver in case 1."})
    panel.openButton.click()
    settle(session.runner)
    assert panel.messageLabel.text == "There is no liver in case 1."
    picture(panel.widget, "report_failed")


def test_without_a_case_of_this_server_there_is_nothing_to_report(panel, scene, session):
    scene.case = ""
    scene.closed.emit()
    assert not panel.openButton.enabled and "Open a case" in panel.openButton.toolTip
    scene.case, scene.server = "a", "http://elsewhere:1"
    scene.opened.emit()
    assert not panel.saveButton.enabled
