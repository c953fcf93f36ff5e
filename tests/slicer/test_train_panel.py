"""The section Train, against a fake server with trainers; `test_train_and_server` has a real one."""

import json

import pytest
from fake_server import FakeServer
from panel_tools import picture, qt, settle

from LiverCADLib.jobs import JobRunner
from LiverCADLib.panels.trainPanel import TrainPanel
from LiverCADLib.panels.trainPlot import HEIGHT, LOSS_COLOR, METRIC_COLOR, WIDTH, drawTraining
from LiverCADLib.session import Session
from LiverCADLib.settings import MemoryStore, Settings
from LiverCADLib.training import Run, Training

TRAINER = {
    "name": "lesions",
    "title": "Lesion detection",
    "settings": {
        "epochs": {"default": 20, "minimum": 1, "maximum": 200, "help": "How often every case is seen"},
        "learning_rate": {"default": 0.001, "minimum": 1e-6, "maximum": 0.1, "help": "Step"},
        "augment": {"default": True, "help": "Change the images at random"},
        "start": {"default": "base", "choices": ["champion", "base"], "help": "Weights to begin with"},
        "note": {"default": "", "help": "Kept with the weights"},
    },
}
HISTORY = [
    {"step": step, "loss": 1 / (step + 1), "metric": 0.5 + 0.04 * step if step % 2 else None, "name": "Dice"}
    for step in range(10)
]
JOB = {
    "id": "j",
    "model": "lesions",
    "state": "running",
    "fraction": 0.45,
    "what": "epoch 9 of 20",
    "started": 0,
    "history": HISTORY,
    "result": None,
    "promotion": None,
}
ENDED = {
    **JOB,
    "state": "done",
    "result": {"metric": "Dice", "before": 0.71, "after": 0.745, "sentence": ""},
    "promotion": {"promoted": True, "reason": "Better on the test cases: used from now on."},
}


@pytest.fixture
def server():
    fake = FakeServer()
    fake.routes["GET", "/livercad/training"] = {"trainers": [TRAINER], "reason": "", "job": None}
    fake.routes["POST", "/train/lesions"] = {}
    fake.routes["DELETE", "/train/"] = {}
    yield fake
    fake.close()


@pytest.fixture
def session(server):
    return Session(Settings(MemoryStore()), JobRunner())


@pytest.fixture
def panel(session):
    panel = TrainPanel(Training(session))
    yield panel
    panel.close()


def settled(session):
    settle(session.runner, session.background)


def connect(session, server):
    session.connect(server.address)
    settle(session.runner)
    settled(session)


def test_without_a_server_nothing_can_be_started_and_the_reason_is_told(panel):
    assert panel.reasonLabel.text == "No server is connected."
    assert not (panel.startButton.enabled or panel.stopButton.enabled)


def test_a_server_without_trainers_says_why(panel, session, server):
    reason = "This server has no trainer: training comes with active learning."
    server.routes["GET", "/livercad/training"] = {"trainers": [], "reason": reason, "job": None}
    connect(session, server)
    assert panel.reasonLabel.text == panel.startButton.toolTip == reason
    assert not panel.startButton.enabled
    picture(panel.widget, "train_without")


def test_an_older_server_that_does_not_know_training_says_so(panel, session, server):
    del server.routes["GET", "/livercad/training"]
    connect(session, server)
    assert "older than this module" in panel.reasonLabel.text


def test_settings_have_the_kinds_limits_and_defaults_that_the_server_says(panel, session, server):
    connect(session, server)
    assert panel.values() == {"epochs": 20, "learning_rate": 0.001, "augment": True, "start": "base", "note": ""}
    fields = {name: field for name, (field, _read) in panel._fields.items()}
    assert (fields["epochs"].minimum, fields["epochs"].maximum) == (1, 200)
    assert fields["epochs"].toolTip == "How often every case is seen"
    fields["epochs"].value = 500
    assert panel.values()["epochs"] == 200
    fields["start"].currentIndex = 0
    assert panel.values()["start"] == "champion"
    picture(panel.widget, "train_settings")


def test_start_sends_the_settings_and_stop_stops(panel, session, server):
    connect(session, server)
    session.settings.annotator = "Ann"
    panel._fields["epochs"][0].value = 3
    server.routes["GET", "/livercad/training"] = {"trainers": [TRAINER], "reason": "", "job": JOB}
    panel.startButton.click()
    settled(session)
    settled(session)
    sent = next(request for request in server.received if request.method == "POST")
    assert json.loads(sent.body) | {"epochs": 3, "start": "base", "who": "Ann"} == json.loads(sent.body)
    assert panel.stateLabel.text == "lesions: running. epoch 9 of 20"
    assert panel.progressBar.value == 45
    assert not panel.startButton.enabled and panel.stopButton.enabled
    picture(panel.widget, "train_running")
    panel.stopButton.click()
    settled(session)
    assert server.paths("DELETE") == ["/train/"]


def test_what_was_chosen_stays_when_the_server_is_asked_again(panel, session, server):
    connect(session, server)
    panel._fields["epochs"][0].value = 3
    panel.setWatching(True)
    settled(session)
    assert panel.values()["epochs"] == 3
    panel.setWatching(False)


def test_a_refused_start_is_told(panel, session, server):
    connect(session, server)
    server.routes["POST", "/train/lesions"] = (400, {"detail": "Ten submitted cases are needed, there are 2."})
    panel.startButton.click()
    settle(session.runner)
    settled(session)
    assert panel.reasonLabel.text == "Ten submitted cases are needed, there are 2."


def test_the_end_shows_result_and_promotion(panel, session, server):
    server.routes["GET", "/livercad/training"] = {"trainers": [TRAINER], "reason": "", "job": ENDED}
    connect(session, server)
    assert panel.stateLabel.text.startswith("lesions: finished")
    assert panel.resultLabel.text == "Dice: 0.710 before, 0.745 after."
    assert panel.promotionLabel.text == "Better on the test cases: used from now on."
    assert panel.startButton.enabled and not panel.stopButton.enabled
    picture(panel.widget, "train_ended")


def test_a_failure_shows_its_reason(panel, session, server):
    job = {**JOB, "state": "failed", "what": "Out of memory."}
    server.routes["GET", "/livercad/training"] = {"trainers": [TRAINER], "reason": "", "job": job}
    connect(session, server)
    assert panel.stateLabel.text == "lesions: failed. Out of memory."
    assert "color" in panel.stateLabel.styleSheet


def test_a_running_training_is_looked_at_again_and_again_only_while_somebody_sees_it(panel, session, server):
    server.routes["GET", "/livercad/training"] = {"trainers": [TRAINER], "reason": "", "job": JOB}
    connect(session, server)
    assert not panel._timer.active
    panel.setWatching(True)
    assert panel._timer.active
    panel.setWatching(False)
    assert not panel._timer.active


def colours_of(pixmap):
    image = pixmap.toImage()
    return {image.pixelColor(x, y).name().upper() for x in range(WIDTH) for y in range(HEIGHT)}


def test_the_plot_has_loss_and_metric_in_their_colours():
    both = drawTraining(Run.fromServer(JOB), "loss")
    assert {LOSS_COLOR, METRIC_COLOR} <= colours_of(both)
    only = drawTraining(Run("m", "running", losses=((0, 1.0),)), "loss")
    assert LOSS_COLOR in colours_of(only) and METRIC_COLOR not in colours_of(only)
    assert colours_of(drawTraining(Run("m", "running"), "loss")) == {"#FFFFFF"}
    assert isinstance(both, qt.QPixmap)
