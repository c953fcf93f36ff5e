"""The phantom that the module Sample Data offers."""

import sys
from pathlib import Path

import numpy as np
import SampleData
import slicer

from livercad.core.phases import UNENHANCED_WINDOW, Phase
from LiverCADLib.sampleData import NAME, registerSampleData
from LiverCADLib.scene.volumes import volumeOf


def test_the_phantom_is_offered_with_a_picture_and_comes_with_three_phases_that_names_tell(case_scene, phases):
    registerSampleData()
    logic = SampleData.SampleDataLogic()
    assert Path(logic.registered[NAME].thumbnailFileName).is_file()

    nodes = logic.downloadSamples(NAME)

    phases.assignByNames()
    assert phases.volumes() == dict(zip((Phase.UNENHANCED, Phase.ARTERIAL, Phase.PORTAL), nodes, strict=True))
    assert nodes[0].GetDisplayNode().GetLevel() == UNENHANCED_WINDOW.level_hu
    portal = volumeOf(nodes[2])
    assert np.allclose(portal.spacing, (2.2, 2.2, 4.0), atol=1e-3)
    center = np.linalg.inv(portal.affine) @ (89.6, -5.7, -311.8, 1)
    i, j, k = np.round(center[:3]).astype(int)
    block = (slice(i - 3, i + 4), slice(j - 3, j + 4), slice(k - 1, k + 2))
    arterial, unenhanced = volumeOf(nodes[1]), volumeOf(nodes[0])
    assert arterial.array[block].mean() > unenhanced.array[block[:2]][:, :, k * 4 // 5].mean() + 15, "the carcinoma"


def test_without_the_module_sample_data_nothing_happens(monkeypatch):
    monkeypatch.setitem(sys.modules, "SampleData", None)
    registerSampleData()
    assert not slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
