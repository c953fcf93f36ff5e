"""The section that submits circles, and a Slicer that was started anew: fixtures of the tests of both."""

import numpy as np
import pytest
import slicer
from case_scene import parameters
from ultrasound_scene import Ultrasound

from LiverCADLib.jobs import JobRunner
from LiverCADLib.panels.circleSubmitPanel import CircleSubmitPanel
from LiverCADLib.scene.caseScene import CaseScene
from LiverCADLib.session import Session

ENDS = np.array([(10.0, 20.0), (40.0, 60.0)])
MARKED = {"center": [25.0, 40.0], "diameter": 50.0, "class": "cyst"}


@pytest.fixture
def panel(ultrasound):
    panel = CircleSubmitPanel(ultrasound.pictures, ultrasound.submitting, ultrasound.session)
    yield panel
    panel.close()
    panel.widget.delete()


@pytest.fixture
def restart(case_scene, session, server):
    """What opens the case in a Slicer that was started anew, with the section to submit in it."""
    made = []

    def start_again():
        slicer.mrmlScene.Clear(0)
        again = Session(session.settings, JobRunner())
        again.client = server
        us = Ultrasound(CaseScene(parameters()), again, server)
        made.append((us, CircleSubmitPanel(us.pictures, us.submitting, again)))
        us.open()
        return made[-1]

    yield start_again
    for us, panel in made:
        panel.close()
        us.close()


def copies(us):
    return sorted(us.session.settings.circlesFolder.glob("*.json"))


def submit(panel, us):
    panel.submitButton.click()
    us.wait()


def no_room(path, content):
    """In the place of what writes a file."""
    raise OSError(28, "No space left on device")
