"""The phantom in Slicer's module Sample Data; scripts/make_sample_data.py made its files, which are installed here."""

from pathlib import Path

import slicer

from livercad.core.phases import Phase
from LiverCADLib.imageFiles import readVolume
from LiverCADLib.scene.volumes import addVolumeNode, showInWindow

RESOURCES = Path(__file__).resolve().parents[1] / "Resources"
NAME = "LiverCADPhantom"
PHASES = (Phase.UNENHANCED, Phase.ARTERIAL, Phase.PORTAL)


def registerSampleData():
    """Offer the phantom, where the module Sample Data is there."""
    try:
        import SampleData
    except ImportError:
        return
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="LiverCAD",
        sampleName=NAME,
        thumbnailFileName=str(RESOURCES / "Icons" / f"{NAME}.png"),
        customDownloader=loadPhantom,
    )


def loadPhantom(source=None):
    """Put the phantom into the scene.

    Parameters
    ----------
    source : SampleData.SampleDataSource
        What was chosen; there is only this one.

    Returns
    -------
    list of vtkMRMLScalarVolumeNode
        Unenhanced, arterial and portal venous, under names that tell their phase.
    """
    nodes = []
    for phase in PHASES:
        volume = readVolume(RESOURCES / "SampleData" / f"{NAME}_{phase.value}.nii.gz")
        node = addVolumeNode(volume, f"{NAME} {phase.value}")
        showInWindow(node.GetDisplayNode(), phase)
        nodes.append(node)
    slicer.util.setSliceViewerLayers(background=nodes[-1])
    return nodes
