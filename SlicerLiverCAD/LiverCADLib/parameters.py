"""The state of the module: kept in the scene, saved and restored with it."""

from slicer.parameterNodeWrapper import parameterNodeWrapper

from LiverCADLib.cases import CaseFilter
from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode

__all__ = ["CaseFilter", "LiverCADParameters"]


@parameterNodeWrapper
class LiverCADParameters:
    """What is open, chosen and set.

    Parameters
    ----------
    case : str
        The server's name of the open case; empty when none is open.
    server : str
        Address of the server that the case came from.
    version : int
        Version of the submission that was opened or made last; 0 without one.
    images : str
        JSON list of what the server says of the case's images.
    unsaved : bool
        Whether something was changed since the case was opened or submitted.
    caseFilter : CaseFilter
        Which cases are listed.
    caseSearch : str
        Text that the names of listed cases hold.
    unenhanced, arterial, portal, delayed : vtkMRMLScalarVolumeNode
        The volume shown as each phase.
    reference : vtkMRMLScalarVolumeNode
        The volume that masks and results lie on.
    segmentation : vtkMRMLSegmentationNode
        Liver and lesions.
    registered : bool
        Whether the phases are shown as registered to the reference.
    sideBySide : bool
        Whether the phases are shown side by side.
    previousLayout : int
        The layout to go back to from the views side by side; 0 is Slicer's own.
    """

    case: str
    server: str
    version: int
    images: str = "[]"
    unsaved: bool
    caseFilter: CaseFilter
    caseSearch: str
    unenhanced: vtkMRMLScalarVolumeNode
    arterial: vtkMRMLScalarVolumeNode
    portal: vtkMRMLScalarVolumeNode
    delayed: vtkMRMLScalarVolumeNode
    reference: vtkMRMLScalarVolumeNode
    segmentation: vtkMRMLSegmentationNode
    registered: bool
    sideBySide: bool
    previousLayout: int
