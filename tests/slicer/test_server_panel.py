"""The section Server: every button and every state of the connection."""

import threading

import pytest
from fake_server import HEALTH, FakeServer
from panel_tools import picture, qt, settle
from standin.dialogs import dialogs

from LiverCADLib.jobs import JobRunner
from LiverCADLib.panels.consent import hasConsent
from LiverCADLib.panels.serverPanel import ServerPanel
from LiverCADLib.session import Session
from LiverCADLib.settings import MemoryStore, Settings

CARD = "# Liver\n\nFinds the **liver**.\n\n| metric | value |\n|---|---|\n| Dice | 0.95 |\n"
MODELS = [
    {
        "name": "liver-leuven",
        "version": "2020.10.11",
        "title": "Liver",
        "licence": "Apache-2.0",
        "installed": True,
        "problem": "",
        "task": "segmentation",
        "card": CARD,
    },
    {
        "name": "phases",
        "version": "1",
        "title": "Phases",
        "licence": "Apache-2.0",
        "installed": False,
        "problem": "The weights are missing: livercad models install phases",
        "task": "phases",
        "card": "",
    },
]


@pytest.fixture
def server():
    fake = FakeServer()
    fake.routes["GET", "/livercad/models"] = MODELS
    yield fake
    fake.close()


@pytest.fixture
def session(server):
    settings = Settings(MemoryStore())
    settings.address = server.address
    return Session(settings, JobRunner())


@pytest.fixture
def panel(session):
    panel = ServerPanel(session)
    yield panel
    panel.close()


def connect(panel, session):
    panel.connectButton.click()
    settle(session.runner, session.background)


def test_connect_tells_version_and_place_and_shows_the_models_with_their_cards(panel, session):
    assert panel.stateLabel.text == "Not connected." and not panel.modelGroup.enabled
    connect(panel, session)
    assert panel.stateLabel.text == "Connected to LiverCAD 0.1.0 on this computer."
    assert [panel.modelBox.itemText(index) for index in range(2)] == ["Liver", "Phases (not installed)"]
    shown = panel.card.plainText
    assert "liver-leuven version 2020.10.11, licence: Apache-2.0" in shown
    assert "Finds the liver." in shown and "**" not in shown
    panel.modelGroup.collapsed = False
    picture(panel.widget, "server_connected")
    panel.modelBox.setCurrentIndex(1)
    assert "livercad models install phases" in panel.card.plainText


def test_the_same_button_disconnects(panel, session):
    connect(panel, session)
    assert panel.connectButton.text == "Disconnect"
    panel.connectButton.click()
    assert not session.isConnected
    assert (panel.connectButton.text, panel.stateLabel.text) == ("Connect", "Not connected.")
    assert panel.modelBox.count == 0 and not panel.busyLabel.text


def test_while_it_connects_the_button_stops_that(panel, session, server):
    release = threading.Event()
    server.routes["GET", "/livercad/health"] = lambda handler, _: release.wait(10)
    panel.connectButton.click()
    assert (panel.connectButton.text, panel.stateLabel.text) == ("Stop", "Connecting …")
    panel.connectButton.click()
    assert panel.connectButton.text == "Connect"
    assert not session.isConnected
    release.set()


@pytest.mark.parametrize(
    ("health", "sentence"),
    [
        ({"status": "ok", "app": "Other"}, "is no LiverCAD server"),
        ({**HEALTH, "api": 0}, "is older than this module"),
        ({**HEALTH, "needs_token": True}, "asks for a token"),
    ],
)
def test_what_is_wrong_stands_in_the_panel_and_the_button_is_ready_again(panel, session, server, health, sentence):
    server.routes["GET", "/livercad/health"] = health
    connect(panel, session)
    assert sentence in panel.stateLabel.text
    assert "color" in panel.stateLabel.styleSheet
    assert panel.connectButton.text == "Connect"


def test_a_file_of_certificates_that_is_not_there_is_named(panel, session, tmp_path):
    panel.certificateEdit.currentPath = f" {tmp_path / 'no.pem'} "
    panel.addressEdit.text = "https://127.0.0.1:1"
    connect(panel, session)
    assert str(tmp_path / "no.pem") in panel.stateLabel.text and not session.isConnected
    assert session.settings.caBundle == "", "what does not work is not kept"


def test_the_token_is_sent_and_not_shown(panel, session, server):
    assert panel.tokenEdit.echoMode == qt.QLineEdit.Password
    panel.tokenEdit.text = " secret "
    panel.addressEdit.text = f"127.0.0.1:{server.port}"
    panel.tokenEdit.returnPressed.emit()
    settle(session.runner)
    assert server.received[0].headers["Authorization"] == "Bearer secret"
    assert panel.addressEdit.text == server.address


@pytest.mark.parametrize(
    ("jobs", "sentence"),
    [
        ([], "The server has nothing to do."),
        ([{"state": "done"}], "The server has nothing to do."),
        ([{"state": "running", "model": "liver_cad", "fraction": 0.42}], "The server is at work: liver_cad, 42 %."),
        (
            [{"state": "running", "model": "a", "fraction": 0.1}, {"state": "queued"}, {"state": "queued"}],
            "The server is at work: 1 running, 2 waiting.",
        ),
    ],
)
def test_what_the_server_is_busy_with_is_told(panel, session, server, jobs, sentence):
    connect(panel, session)
    server.routes["GET", "/livercad/jobs"] = jobs
    panel.setWatching(True)
    settle(session.background)
    assert panel.busyLabel.text == sentence
    panel.setWatching(False)


def test_a_server_that_has_gone_is_told_while_it_is_watched(panel, session, server):
    connect(panel, session)
    server.routes["GET", "/livercad/jobs"] = (503, {"detail": "It is going down."})
    panel.lookForJobs()
    settle(session.background)
    assert "It is going down." in panel.busyLabel.text


def test_consent_is_asked_once_for_a_server_and_can_be_taken_back(panel, session):
    connect(panel, session)
    assert hasConsent(session) and not dialogs.shown
    session.client.address, session.client.isLocal = "http://liver.example.org:8000", False
    dialogs.answer(qt.QMessageBox.No, "liver.example.org")
    assert not hasConsent(session)
    dialogs.answer(qt.QMessageBox.Yes, "liver.example.org")
    assert hasConsent(session)
    assert hasConsent(session)
    dialogs.check_all_answers_used()
    assert panel.consentLabel.text == "http://liver.example.org:8000"
    panel.securityGroup.collapsed = False
    picture(panel.widget, "server_security")
    panel.forgetButton.click()
    assert panel.consentLabel.text == "only this computer" and not panel.forgetButton.enabled
    assert session.needsConsent()
    dialogs.clear()


def test_a_token_goes_to_no_other_server_than_its_own(panel, session, server):
    panel.tokenEdit.text = "secret"
    connect(panel, session)
    panel.addressEdit.text = "http://127.0.0.1:1"
    assert panel.tokenEdit.text == "", "another port is another server"
    panel.addressEdit.text = server.address.replace("http", "https")
    assert panel.tokenEdit.text == ""
    panel.addressEdit.text = f"127.0.0.1:{server.port}"
    assert panel.tokenEdit.text == "secret", "its own is known again"
    other = ServerPanel(session)
    assert other.tokenEdit.text == "secret", "also after a restart"
    other.close()


@pytest.mark.parametrize(
    ("address", "isWarned"),
    [
        ("http://liver.example.org", True),
        ("liver.example.org:8000", True),
        ("https://liver.example.org", False),
        ("http://localhost:8000", False),
        ("http://[::1]:8000", False),
        ("nonsense here", False),
    ],
)
def test_an_address_that_others_can_listen_to_is_warned_of_before_the_token_goes_there(panel, address, isWarned):
    panel.addressEdit.text = address
    assert panel.clearLabel.isHidden() is not isWarned
    if isWarned:
        picture(panel.widget, "server_in_the_clear")
