"""Which case is open, and which nodes of the scene are its own."""

import json

import slicer

from livercad.core.phases import Phase
from LiverCADLib.cases import CaseImage
from LiverCADLib.scene.grid import Grid
from LiverCADLib.scene.volumes import addVolumeNode
from LiverCADLib.signals import Signal

CASE = "LiverCAD.case"
"""Attribute of every node of a case: the case's name."""
IMAGE = "LiverCAD.image"
"""Attribute of a volume node: the image's name on the server."""
OWNED = "LiverCAD.owned"
"""Attribute of nodes that this module has made for a case, and that go with it."""
REFERENCES = Phase.PORTAL, Phase.DELAYED, Phase.ARTERIAL, Phase.UNENHANCED
"""The phases that masks lie on, the one that is taken first before the others, as the server has it."""


def volumeName(case, image, phase):
    """Name of the volume node of a case's image: its phase tells more than its name, where it has one."""
    return f"{case} {phase or image}"


class CaseScene:
    """The open case in the scene. Whatever lies in the scene beside it is left alone.

    Parameters
    ----------
    parameters : LiverCADParameters
        State of the module.

    Attributes
    ----------
    opened : Signal
        No arguments; a case was opened: volumes, phases and reference are in the scene.
    closing : Signal
        No arguments; the nodes of the open case are about to be removed.
    closed : Signal
        No arguments; no case is open any more.
    restored : Signal
        No arguments; the parameter node is another: a scene was loaded or closed.
    imagesChanged : Signal
        No arguments; the server says other things of the images.
    referenceChanged : Signal
        No arguments; masks and results lie on another image from now on.
    unsavedChanged : Signal
        (bool): whether there are changes that were not submitted.
    settling : Signal
        No arguments; somebody asks for changes: what follows edits a moment later is to be done now.
    edits : int
        How often something was changed; whoever begins something long can tell whether anything came between.
    """

    def __init__(self, parameters):
        self.opened, self.closing, self.closed, self.restored = Signal(), Signal(), Signal(), Signal()
        self.imagesChanged, self.referenceChanged = Signal(), Signal()
        self.unsavedChanged, self.settling = Signal(), Signal()
        self.parameters, self.edits = parameters, 0

    def setParameters(self, parameters):
        """Go on with another parameter node, after a scene was loaded or closed.

        Parameters
        ----------
        parameters : LiverCADParameters
            State of the module in the scene as it now is.
        """
        self.parameters = parameters
        self.restored.emit()

    @property
    def case(self):
        """The open case's name; empty without one."""
        return self.parameters.case

    @property
    def isOpen(self):
        """Whether a case is open, or masks lie on volumes that are none of a server's."""
        return bool(self.case) or self.parameters.segmentation is not None

    @property
    def server(self):
        """Address of the server it came from; empty for none."""
        return self.parameters.server

    @property
    def isUltrasound(self):
        """Whether the open case is one of 2-D images, see `pictureCase`."""
        return bool(self.parameters.pictures)

    @property
    def images(self):
        """What the server says of its images, as a tuple of CaseImage."""
        return tuple(CaseImage.fromPlain(plain) for plain in json.loads(self.parameters.images))

    def setImages(self, images):
        """Keep what the server says of the images now."""
        self.parameters.images = json.dumps([image.toPlain() for image in images])
        self.imagesChanged.emit()

    @property
    def reference(self):
        """Volume node that masks and results lie on; None without one."""
        return self.parameters.reference

    @property
    def toldReference(self):
        """Volume node of the image that the server takes as the reference; None where it is not in the scene.

        Of volumes that are no case of a server's it is the one that a server would take.
        """
        if not self.case:
            nodes = [getattr(self.parameters, phase.value) for phase in REFERENCES]
            return next((node for node in nodes if node is not None), None)
        name = next((image.name for image in self.images if image.isReference), "")
        return self.volumeOfImage(name) if name else None

    @property
    def isReferenceLeft(self):
        """Whether masks lie on another image than the server takes as the reference, see `followReference`."""
        return self.toldReference not in (None, self.reference)

    def followReference(self):
        """Let masks lie on the image that the server takes as the reference, if none lies on another grid already.

        Returns
        -------
        bool
            Whether they lie on it now.
        """
        told, segmentation = self.toldReference, self.parameters.segmentation
        if told is None or told is self.reference:
            return True
        hasSegments = segmentation is not None and segmentation.GetSegmentation().GetNumberOfSegments() > 0
        if hasSegments and self.reference is not None and not Grid.of(told).isSame(Grid.of(self.reference)):
            return False
        self.parameters.reference = told
        self.referenceChanged.emit()
        return True

    @property
    def isUnsaved(self):
        """Whether something was changed since the case was opened or submitted, up to this moment."""
        self.settling.emit()
        return self.parameters.unsaved

    def markUnsaved(self, isUnsaved=True):
        """Tell that something of the case was changed, or that all of it has been submitted."""
        self.edits += isUnsaved
        if self.parameters.unsaved != isUnsaved:
            self.parameters.unsaved = isUnsaved
            self.unsavedChanged.emit(isUnsaved)

    def own(self, node):
        """Make a node one of the open case: it goes when the case is closed."""
        node.SetAttribute(CASE, self.case)
        node.SetAttribute(OWNED, "1")

    def take(self, node, image):
        """Take a volume of the user's for an image of the open case; it stays when that is closed."""
        node.SetAttribute(CASE, self.case)
        node.SetAttribute(IMAGE, image)

    def nodes(self):
        """Nodes that this module made for the open case, as a list."""
        nodes = slicer.util.getNodesByClass("vtkMRMLNode")
        return [node for node in nodes if node.GetAttribute(OWNED) and (node.GetAttribute(CASE) or "") == self.case]

    def volumeOfImage(self, name):
        """The volume node of an image of the open case; None where it is not in the scene."""
        for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"):
            if node.GetAttribute(IMAGE) == name and node.GetAttribute(CASE) == self.case:
                return node
        return None

    def imageOf(self, node):
        """The name of the image that a volume node is of the open case; empty for other volumes."""
        isOfCase = node is not None and bool(self.case) and node.GetAttribute(CASE) == self.case
        return (node.GetAttribute(IMAGE) or "") if isOfCase else ""

    def open(self, case, server, images, volumes, version=0):
        """Put a case into the scene, in the place of the one that is open.

        Parameters
        ----------
        case : str
            Its name on the server.
        server : str
            The server's address.
        images : sequence of CaseImage
            What the server says of its images.
        volumes : dict of str to livercad.core.volume.Volume
            Every image's voxels by its name.
        version : int
            Version of the latest submission; 0 without one.
        """
        self.close()
        with slicer.util.NodeModify(self.parameters.parameterNode):
            self.start(case, server, images, version)
            for image in images:
                node = addVolumeNode(volumes[image.name], volumeName(case, image.name, image.phase))
                self.own(node)
                self._bind(node, image)
        self.opened.emit()

    def adopt(self, case, server, images, nodes):
        """Take volumes of the scene as a case: the user's own nodes, which stay when it is closed.

        Parameters
        ----------
        case : str
            Its name on the server, to which the volumes were sent.
        server : str
            The server's address.
        images : sequence of CaseImage
            What the server says of them.
        nodes : dict of str to vtkMRMLScalarVolumeNode
            By the image's name.
        """
        self.close()
        with slicer.util.NodeModify(self.parameters.parameterNode):
            self.start(case, server, images, 0)
            for image in images:
                self.take(nodes[image.name], image.name)
                self._bind(nodes[image.name], image)
        self.opened.emit()

    def close(self):
        """Remove the open case's own nodes; the user's volumes stay. Changes that were not submitted are lost."""
        if not self.isOpen:
            return
        self.closing.emit()
        for node in self.nodes():
            self._remove(node)
        for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"):
            if node.GetAttribute(CASE) == self.case:
                node.RemoveAttribute(CASE)
                node.RemoveAttribute(IMAGE)
        with slicer.util.NodeModify(self.parameters.parameterNode):
            self.start("", "", (), 0)
            self.parameters.segmentation = None
            self.parameters.registered = False
        self.closed.emit()

    @staticmethod
    def _remove(node):
        displays = [node.GetNthDisplayNode(i) for i in range(getattr(node, "GetNumberOfDisplayNodes", int)())]
        # The volume first: a view that shows one without a display node makes it another, which would stay.
        for gone in (node, *displays, getattr(node, "GetStorageNode", lambda: None)()):
            if gone is not None and gone.GetScene() is not None:
                slicer.mrmlScene.RemoveNode(gone)

    def start(self, case, server, images, version):
        """Begin with a case that has no nodes yet, or with none; tells nobody."""
        self.parameters.case, self.parameters.server, self.parameters.version = case, server, version
        self.parameters.reference = None
        self.parameters.pictures = self.parameters.picture = self.parameters.pictureNote = ""
        self.parameters.picturesLeftOut = ""
        for phase in Phase:
            setattr(self.parameters, phase.value, None)
        self.parameters.images = json.dumps([image.toPlain() for image in images])
        self.markUnsaved(False)

    def _bind(self, node, image):
        node.SetAttribute(IMAGE, image.name)
        if image.phase:
            setattr(self.parameters, image.phase.value, node)
        if image.isReference or self.parameters.reference is None:
            self.parameters.reference = node
