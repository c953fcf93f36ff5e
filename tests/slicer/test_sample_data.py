"""The phantom that the module Sample Data offers."""

import sys
from pathlib import Path

import numpy as np
import pytest
import SampleData
import slicer

from livercad.core.phases import UNENHANCED_WINDOW, Phase
from LiverCADLib.sampleData import NAME, loadPhantom, registerSampleData
from LiverCADLib.scene.volumes import volumeOf


def registered():
    slicer.modules.sampleDataSources.clear()
    registerSampleData()
    registerSampleData()
    (source,) = slicer.modules.sampleDataSources["LiverCAD"]
    return source


def test_scripts_get_the_same_volumes_from_the_files(case_scene, phases):
    shown = SampleData.click(registered())
    loaded = SampleData.SampleDataLogic().downloadSamples(NAME)
    assert [node.GetName() for node in loaded] == [f"{node.GetName()}_1" for node in shown]
    for mine, theirs in zip(shown, loaded, strict=True):
        assert np.array_equal(slicer.util.arrayFromVolume(mine), slicer.util.arrayFromVolume(theirs))
        assert np.allclose(volumeOf(mine).affine, volumeOf(theirs).affine, atol=1e-3)


def test_data_without_uris_cannot_be_registered():
    with pytest.raises(TypeError):
        SampleData.SampleDataLogic.registerCustomSampleDataSource("LiverCAD", NAME, customDownloader=loadPhantom)


def test_the_phantom_is_offered_with_a_picture_and_comes_with_three_phases_that_names_tell(case_scene, phases):
    source = registered()
    assert Path(source.thumbnailFileName).is_file()

    nodes = SampleData.click(source)

    phases.assignByNames()
    assert phases.volumes() == dict(zip((Phase.UNENHANCED, Phase.ARTERIAL, Phase.PORTAL), nodes, strict=True))
    assert nodes[0].GetDisplayNode().GetLevel() == UNENHANCED_WINDOW.level_hu
    portal = volumeOf(nodes[2])
    assert np.allclose(portal.spacing, (2.2, 2.2, 4.0), atol=1e-3)
    center = np.linalg.inv(portal.affine) @ (27.8, 36.8, -357.4, 1)
    i, j, k = np.round(center[:3]).astype(int)
    block = (slice(i - 3, i + 4), slice(j - 3, j + 4), slice(k - 1, k + 2))
    arterial, unenhanced = volumeOf(nodes[1]), volumeOf(nodes[0])
    assert arterial.array[block].mean() > unenhanced.array[block[:2]][:, :, k * 4 // 5].mean() + 15, "the carcinoma"


def test_without_the_module_sample_data_nothing_happens(monkeypatch):
    monkeypatch.setitem(sys.modules, "SampleData", None)
    registerSampleData()
    assert not slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
