"""Crops in Slicer against what the real server's classifier saw of the same lesions."""

import numpy as np
import pytest
from case_scene import parameters

from livercad.core.crops import PLANES
from LiverCADLib.caseLoading import loadCase
from LiverCADLib.client import Client
from LiverCADLib.saliencyLoading import SaliencyLoader, fetchSeen
from LiverCADLib.scene.analysis import takeAnalysis
from LiverCADLib.scene.pixels import greyOf
from LiverCADLib.segmenting import findLesions
from LiverCADLib.settings import MemoryStore, Settings
from LiverCADLib.tasks import Task
from LiverCADLib.workspace import Workspace

CASE = "case3"


@pytest.fixture
def opened(real_server, scene):
    """The logic of the module with a case that the server has analysed: crops and session."""
    work = Workspace(parameters(), Settings(MemoryStore()))
    work.session.client = client = Client(real_server.address, real_server.token)
    loaded = loadCase(Task(), client, CASE)
    work.caseScene.open(loaded.case, client.address, loaded.images, loaded.volumes, loaded.version)
    lesions = work.workbench.lesions
    takeAnalysis(lesions, findLesions(Task(), client, CASE, lesions.segmentation.grid), keepMine=False)
    work.session.runner.wait(60)  # until the registration has come
    yield work.crops, work.session
    work.caseScene.close()
    work.close()


def test_what_is_shown_is_pixel_for_pixel_what_the_servers_classifier_saw(opened):
    crops, session = opened
    assert crops.lesions.numbers
    for number in crops.lesions.numbers:
        crops.lesions.select(number)
        found = crops.lesion.found
        seen = fetchSeen(Task(), session.client, CASE, found, [number])
        assert [crop.phase for crop in crops.crops()] == list(seen.crops)
        assert crops.sideMm == pytest.approx(seen.sideMm)
        for crop in crops.crops():
            assert crop.isRegistered
            middle = seen.crops[crop.phase][PLANES // 2]
            np.testing.assert_allclose(crop.hu, middle, atol=1e-3)
            shown, its = (greyOf(hu, crops.window(crop.phase)).astype(int) for hu in (crop.hu, middle))
            assert np.abs(shown - its).max() <= 1  # where a grey is just being rounded


def test_the_servers_saliency_lies_over_the_crop_as_it_was_made(opened):
    crops, session = opened
    crops.lesions.select(1)
    crops.setShowsSaliency(True)
    SaliencyLoader(crops, session).ask()
    session.runner.wait(60)
    assert crops.seen.saliency
    for phase, saliency in crops.seen.saliency.items():
        np.testing.assert_allclose(crops.seen.saliencyAt(phase, crops.lesion.center, crops.sideMm), saliency, atol=1e-4)
