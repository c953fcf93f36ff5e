"""The phantom in Slicer's module Sample Data; scripts/make_sample_data.py made its files, which are installed here."""

from pathlib import Path

import slicer

from livercad.core.phases import Phase
from LiverCADLib.imageFiles import readVolume
from LiverCADLib.scene.volumes import addVolumeNode, showInWindow

RESOURCES = Path(__file__).resolve().parents[1] / "Resources"
NAME = "LiverCADPhantom"
CHECKSUMS = {
    Phase.UNENHANCED: "SHA256:4d4ba0a6e9681a71be89ff9020009a93b6036ca09d694ba782229f679c550dec",
    Phase.ARTERIAL: "SHA256:5d8a8895baaafa38d8f193296ae588ce84a072ddbeb1ba4b875f22e8151c1c1d",
    Phase.PORTAL: "SHA256:0fe42a48c91626305f9f007c3eb1c6d89258d4c118a5213442b137fae50b3cbe",
}
"""Phases and what their files are: Sample Data keeps copies, and makes them anew where they are others."""


def registerSampleData():
    """Offer the phantom, where the module Sample Data is there.

    Its button calls `loadPhantom`; `SampleData.downloadSamples` takes the files instead, and knows no windows.
    """
    try:
        import SampleData
    except ImportError:
        return
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="LiverCAD",
        sampleName=NAME,
        uris=[_file(phase).as_uri() for phase in CHECKSUMS],
        fileNames=[_file(phase).name for phase in CHECKSUMS],
        nodeNames=[_nodeName(phase) for phase in CHECKSUMS],
        checksums=list(CHECKSUMS.values()),
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
    for phase in CHECKSUMS:
        node = addVolumeNode(readVolume(_file(phase)), _nodeName(phase))
        showInWindow(node.GetDisplayNode(), phase)
        nodes.append(node)
    slicer.util.setSliceViewerLayers(background=nodes[-1])
    return nodes


def _file(phase):
    return RESOURCES / "SampleData" / f"{NAME}_{phase.value}.nii.gz"


def _nodeName(phase):
    return f"{NAME} {phase.value}"
