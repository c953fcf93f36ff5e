"""Crops in Slicer against what the real server's classifier saw of the same lesions."""

import numpy as np
import pytest

from livercad.core.crops import PLANES
from livercad.core.findings import Findings
from LiverCADLib.caseLoading import loadCase, loadRegistrations
from LiverCADLib.client import Client
from LiverCADLib.imageFiles import readVolume
from LiverCADLib.saliencyLoading import fetchSeen
from LiverCADLib.scene.analysis import AnalysisAnswer, takeAnalysis
from LiverCADLib.scene.crops import LesionCrops
from LiverCADLib.scene.lesions import LesionList
from LiverCADLib.scene.pixels import greyOf
from LiverCADLib.scene.segmentation import CaseSegmentation
from LiverCADLib.tasks import Task


@pytest.fixture
def opened(real_server, case_scene, phases, tmp_path):
    """A case opened, registered and analysed as the module does it: its crops and its client."""
    client = Client(real_server.address, real_server.token)
    params, image, name = client.infer("liver_cad", "case3", Task())
    loaded = loadCase(Task(), client, "case3")
    case_scene.open(loaded.case, client.address, loaded.images, loaded.volumes, loaded.version)
    for each in loadRegistrations(Task(), client, "case3", phases.unregistered()):
        phases.addTransform(each.name, each.displacement, each.affine)
        phases.addRegistered(each.name, each.volume)
    lesions = LesionList()
    crops = LesionCrops(case_scene, phases, lesions)
    segmentation = CaseSegmentation.create(case_scene.reference, "liver and lesions")
    lesions.open(segmentation)
    (tmp_path / name).write_bytes(image)
    instances = readVolume(tmp_path / name)
    findings = Findings.from_dict(params["findings"])
    takeAnalysis(lesions, AnalysisAnswer.of(findings, None, instances.array), keepMine=False)
    yield crops, client
    lesions.close()
    segmentation.close()


def test_what_is_shown_is_pixel_for_pixel_what_the_servers_classifier_saw(opened):
    crops, client = opened
    assert crops.lesions.numbers
    for number in crops.lesions.numbers:
        crops.lesions.select(number)
        found = crops.lesion.found
        seen = fetchSeen(Task(), client, "case3", found, [number])
        assert [crop.phase for crop in crops.crops()] == list(seen.crops)
        assert crops.sideMm == pytest.approx(seen.sideMm)
        for crop in crops.crops():
            assert crop.isRegistered
            middle = seen.crops[crop.phase][PLANES // 2]
            np.testing.assert_allclose(crop.hu, middle, atol=1e-3)
            shown, its = (greyOf(hu, crops.window(crop.phase)).astype(int) for hu in (crop.hu, middle))
            assert np.abs(shown - its).max() <= 1  # where a grey is just being rounded


def test_the_servers_saliency_lies_over_the_crop_as_it_was_made(opened):
    crops, client = opened
    crops.lesions.select(1)
    seen = fetchSeen(Task(), client, "case3", crops.lesion.found, [2, 1])
    crops.addSeen(1, crops.lesion.found, seen)
    for phase, saliency in crops.seen.saliency.items():
        np.testing.assert_allclose(crops.seen.saliencyAt(phase, crops.lesion.center, crops.sideMm), saliency, atol=1e-4)
