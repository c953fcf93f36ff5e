"""The phantom in Slicer's module Sample Data; scripts/make_sample_data.py made its files, which are installed here."""

from pathlib import Path

import slicer

from livercad.core.phases import Phase
from LiverCADLib.imageFiles import readVolume
from LiverCADLib.scene.volumes import addVolumeNode, showInWindow

RESOURCES = Path(__file__).resolve().parents[1] / "Resources"
NAME = "LiverCADPhantom"
CHECKSUMS = {
    Phase.UNENHANCED: "SHA256:994723eeab7cf9b6bc91429703641fbd27ccf17f290fc2c2d7471a61f66efab3",
    Phase.ARTERIAL: "SHA256:520fd148f4f41bdc04350752708db47647d679816d2833572bb031b895fa1ebd",
    Phase.PORTAL: "SHA256:cb6edfba553938e5d6e1d29a6acc28aad69dac8d2e86b1772ecce68ed26a1854",
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
