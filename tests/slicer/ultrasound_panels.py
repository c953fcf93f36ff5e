"""The sections of an open ultrasound case with what tests do to them: a fixture, and clicks."""

import numpy as np
import pytest
import slicer
from panel_tools import wait_until
from ultrasound_scene import (
    LESIONS,
    Ultrasound,
)

from livercad.core.planar_roi import planar_square
from LiverCADLib.panels.circleCropsPanel import PIXELS, CircleCropsPanel
from LiverCADLib.panels.circlesPanel import CirclesPanel
from LiverCADLib.panels.circleSubmitPanel import CircleSubmitPanel
from LiverCADLib.panels.opinionsPanel import OpinionsPanel
from LiverCADLib.panels.picturePanel import PicturePanel
from LiverCADLib.pictures import circleFrom
from LiverCADLib.scene.pictureNodes import rasOf

CIRCLES = [circleFrom(lesion) for lesion in LESIONS]


class Panels:
    """All sections of the open case."""

    def __init__(self, us: Ultrasound) -> None:
        self.picture = PicturePanel(us.pictures)
        self.circles = CirclesPanel(us.pictures, us.editor, us.asking)
        self.crops = CircleCropsPanel(us.pictures, us.asking)
        self.opinions = OpinionsPanel(us.pictures, us.asking, us.session)
        self.submit = CircleSubmitPanel(us.pictures, us.submitting, us.session)

    def close(self) -> None:
        for panel in vars(self).values():
            panel.close()
            panel.widget.delete()


@pytest.fixture
def panels(ultrasound):
    made = Panels(ultrasound)
    yield made
    made.close()


def table(panel):
    return [[panel.table.item(row, n).text() for n in range(4)] for row in range(panel.table.rowCount)]


def preview(panels, ratio):
    """What a preview shows, as an array."""
    wait_until(lambda: not panels.crops._due.active)
    image = panels.crops.views[ratio].pixmap.toImage()
    return np.array([[image.pixelColor(x, y).getRgb()[:3] for x in range(PIXELS)] for y in range(PIXELS)])


def square(pixels, circle, ratio):
    grey = np.rint(planar_square(pixels, circle, PIXELS, ratio=ratio)).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


def place(panels, ultrasound, way, *places):
    """Press a button and click on places of the image."""
    panels.circles.placeButtons[way].click()
    node_id = slicer.app.applicationLogic().GetSelectionNode().GetActivePlaceNodeID()
    node = slicer.mrmlScene.GetNodeByID(node_id)
    for ras in rasOf(ultrasound.pictures.node, places):
        node.AddControlPointWorld(*map(float, ras))
    wait_until(lambda: panels.circles.placing.way is None)


def classify(panels, ultrasound, model="ultrasound_lesion", are_all=False):
    panels.opinions.modelBox.setCurrentIndex(["ultrasound_lesion", "yamakawa2020", "qi2019"].index(model))
    (panels.opinions.caseButton if are_all else panels.opinions.imageButton).click()
    ultrasound.wait()
