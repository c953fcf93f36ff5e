"""The state of the module: kept in the scene, saved and restored with it."""

from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.parameterNodeWrapper import parameterNodeWrapper

from livercad.core.annotation import CaseState
from livercad.core.roi import DEFAULT_RATIO
from LiverCADLib.cases import CaseFilter

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
        The layout to go back to from the views side by side; 0 for none.
    cropRatio : float
        D/L: longest diameter of a lesion over the side of the square that is cut out around it.
    cropRegion : bool
        Whether that square is drawn in the slice views.
    cropSaliency : bool
        Whether what spoke for the classifier's choice lies over the crops.
    cropWindows : str
        JSON: level and width in HU by phase, where they are not the usual ones.
    cropWindowsLinked : bool
        Whether all crops have one window.
    lesions : str
        JSON of what is known of the lesions beside their voxels.
    minimumScore : float
        Found lesions below it are not listed.
    state : CaseState
        How far the case is.
    comment : str
        The annotator's words on the case.
    seconds : float
        Time spent on the case.
    waiting : str
        Id of the submission of this case that was made last and has not reached the server; empty for none.
    draft : str
        Id of the copy of changes that were not submitted, kept on this computer; empty for none.
    pictures : str
        JSON list of the 2-D images of an ultrasound case, with the circles on them; empty for any other case.
    picture : str
        Name of the one that is shown.
    picturesLeftOut : str
        JSON list of sentences: which images of the ultrasound case could not be opened, and why; empty for none.
    pictureNote : str
        The annotator's words on the ultrasound case.
    pictureRatio : float
        D/L of the square that is drawn around a circle; 0 for none.
    pictureSaliency : bool
        Whether what spoke for a model's choice lies over the image.
    layoutBefore : int
        The layout to go back to from that of a 2-D image; 0 for none.
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
    cropRatio: float = DEFAULT_RATIO
    cropRegion: bool = True
    cropSaliency: bool
    cropWindows: str = "{}"
    cropWindowsLinked: bool
    lesions: str
    minimumScore: float
    state: CaseState = CaseState.IN_PROGRESS
    comment: str
    seconds: float
    waiting: str
    draft: str
    pictures: str
    picture: str
    picturesLeftOut: str
    pictureNote: str
    pictureRatio: float = DEFAULT_RATIO
    pictureSaliency: bool = True
    layoutBefore: int
