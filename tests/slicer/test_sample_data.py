"""The phantom that the module Sample Data offers."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import slicer

from livercad.core.phases import UNENHANCED_WINDOW, Phase
from LiverCADLib.sampleData import registerSampleData
from LiverCADLib.scene.volumes import volumeOf


class SampleDataLogic:
    """Takes what Slicer's takes, and nothing else."""

    sources = []  # noqa: RUF012

    @staticmethod
    def registerCustomSampleDataSource(
        category="Custom",
        sampleName=None,
        uris=None,
        fileNames=None,
        nodeNames=None,
        customDownloader=None,
        thumbnailFileName=None,
        loadFileTypes=None,
        loadFiles=None,
        loadFileProperties={},  # noqa: B006
        checksums=None,
        loadFileType=None,
    ):
        SampleDataLogic.sources.append((category, sampleName, customDownloader, thumbnailFileName))


def test_the_phantom_is_offered_with_a_picture_and_comes_with_three_phases_that_names_tell(
    case_scene, phases, monkeypatch
):
    module = ModuleType("SampleData")
    module.SampleDataLogic = SampleDataLogic
    monkeypatch.setitem(sys.modules, "SampleData", module)
    registerSampleData()
    [(category, name, download, picture)] = SampleDataLogic.sources
    assert (category, name) == ("LiverCAD", "LiverCADPhantom")
    assert Path(picture).is_file()

    nodes = download(object())

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
