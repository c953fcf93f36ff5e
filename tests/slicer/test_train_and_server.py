"""The section Train against the real server, whose recipe takes seconds: all but the network is real."""

import time

import pytest
from panel_tools import picture, settle, wait_until
from real_server import PYTHON, RealServer

from LiverCADLib.jobs import JobRunner
from LiverCADLib.panels.trainPanel import TrainPanel
from LiverCADLib.session import Session
from LiverCADLib.settings import MemoryStore, Settings
from LiverCADLib.training import Training

WRITE_STUDIES = """
import sys
from pathlib import Path
from server.labelled_studies import write_labelled
write_labelled(Path(sys.argv[1]))
"""
SLOW = 100
"""Seed from which on `fake_recipes` takes its time."""
WAIT_S = 240


@pytest.fixture(scope="module")
def training_server(tmp_path_factory):
    if not PYTHON.exists():
        pytest.skip(f"The server's environment is not there: {PYTHON}")
    folder = tmp_path_factory.mktemp("training")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVERCAD_MODELS", str(folder / "models"))  # nothing is promoted on this machine
        server = RealServer(folder, WRITE_STUDIES)
    yield server
    server.close()


@pytest.fixture
def panel(training_server):
    session = Session(Settings(MemoryStore()), JobRunner())
    session.settings.annotator = "Ann"
    panel = TrainPanel(Training(session))
    panel.session = session
    session.connect(training_server.address, training_server.token)
    wait_until(lambda: panel._training.trainers, WAIT_S, session.runner, session.background)
    yield panel
    panel.close()


def choose(panel, **values):
    for name, value in values.items():
        panel._fields[name][0].value = value


def look(panel):
    """What the panel's timer does."""
    panel._training.refresh()
    settle(panel.session.runner, panel.session.background)


def look_until(panel, isSo):
    end = time.monotonic() + WAIT_S
    while not isSo(panel._training.run):
        assert time.monotonic() < end, panel.stateLabel.text
        time.sleep(0.2)
        look(panel)


def start(panel, **values):
    choose(panel, **values)
    panel.startButton.click()
    settle(panel.session.runner, panel.session.background)
    look(panel)
    assert not panel.reasonLabel.visible or not panel.reasonLabel.text, panel.reasonLabel.text


def test_a_training_is_started_watched_and_its_result_and_promotion_are_shown(panel):
    values = panel.values()
    assert (values["start"], values["minutes"], values["steps"], values["seed"]) == ("champion", 18.0, 0, 0)
    picture(panel.widget, "train_real_settings")
    start(panel, steps=25, seed=SLOW)
    look_until(panel, lambda run: run.losses)
    assert panel.stateLabel.text.startswith("lesion_classification: running. training, step")
    assert panel.progressBar.value > 0 and panel.stopButton.enabled and not panel.startButton.enabled
    picture(panel.widget, "train_real_running")
    look_until(panel, lambda run: not run.isActive)
    assert panel.stateLabel.text.startswith("lesion_classification: finished")
    assert panel.resultLabel.text.startswith("Version 1 of lesion-classes-phantom has learnt from")
    assert "before" in panel.resultLabel.text and "validation cases" in panel.resultLabel.text
    assert panel.promotionLabel.text.startswith("Used from now on. Better on the pool")
    assert panel.startButton.enabled and not panel.stopButton.enabled
    picture(panel.widget, "train_real_ended")


def test_a_training_is_stopped_and_another_client_sees_it(panel, training_server):
    start(panel, steps=500, seed=SLOW + 1)
    look_until(panel, lambda run: run.losses)
    other = Training(panel.session)
    other.refresh()
    settle(panel.session.runner, panel.session.background)
    assert other.canStop and other.run.model == "lesion_classification"
    with pytest.raises(Exception, match="under way, started by Ann"):
        panel.session.client.startTraining("lesion_classification", {}, "Bob")
    panel.stopButton.click()
    settle(panel.session.runner, panel.session.background)
    look_until(panel, lambda run: not run.isActive)
    assert panel.stateLabel.text.startswith("lesion_classification: stopped")
    assert panel.startButton.enabled


def test_what_the_server_refuses_is_told(panel):
    panel._training.start("lesion_classification", {"start": "zero"})
    settle(panel.session.runner, panel.session.background)
    assert "expected champion, base or scratch" in panel.reasonLabel.text
