"""Which volume is which phase, what speaks for it, and how each is shown."""

import slicer

from livercad.core.phases import Phase
from LiverCADLib.scene.caseScene import OWNED, volumeName
from LiverCADLib.scene.phaseEvidence import guessFromNames
from LiverCADLib.scene.transforms import addDisplacement, interpolateLinearly
from LiverCADLib.scene.volumes import addVolumeNode, showInWindow
from LiverCADLib.signals import Signal

TRANSFORM = "LiverCAD.transform"
"""Role of the transform node that a volume refers to: registers it to the case's reference."""
REGISTERED = "LiverCAD.registered"
"""Role of the volume node that a volume refers to: the same as the server resampled it to the reference's grid."""


class Phases:
    """The phases of what is in the scene.

    Parameters
    ----------
    caseScene : CaseScene
        The open case.

    Attributes
    ----------
    changed : Signal
        No arguments; a phase has another volume.
    registeredChanged : Signal
        (bool): whether the phases are shown as registered.
    registrationsChanged : Signal
        No arguments; transforms or registered volumes have come or gone.
    """

    def __init__(self, caseScene):
        self.caseScene = caseScene
        self.changed, self.registeredChanged, self.registrationsChanged = Signal(), Signal(), Signal()
        caseScene.opened.connect(self._start)
        caseScene.restored.connect(self._resume)
        caseScene.closed.connect(self.changed.emit)

    def volume(self, phase):
        """The volume node of a phase; None without one."""
        return getattr(self.caseScene.parameters, phase.value)

    def volumes(self):
        """Volume nodes by their phase, in the order in which contrast medium comes; phases without one left out."""
        volumes = {phase: self.volume(phase) for phase in Phase}
        return {phase: node for phase, node in volumes.items() if node is not None}

    def phaseOf(self, node):
        """The phase that a volume node is; None for none."""
        return next((phase for phase, volume in self.volumes().items() if volume is node), None)

    def assign(self, phase, node):
        """Say by hand which volume is a phase; one that was another phase changes places with it.

        Parameters
        ----------
        phase : Phase
            What it is.
        node : vtkMRMLScalarVolumeNode or None
            None for no volume.

        Returns
        -------
        bool
            Whether anything changed.
        """
        before, elsewhere = self.volume(phase), self.phaseOf(node) if node is not None else None
        if before is node:
            return False
        with slicer.util.NodeModify(self.caseScene.parameters.parameterNode):
            if elsewhere is not None:
                setattr(self.caseScene.parameters, elsewhere.value, before)
            setattr(self.caseScene.parameters, phase.value, node)
        self._followWithoutServer()
        self._refresh()
        return True

    def assignByNames(self):
        """Fill the phases that have no volume with volumes of the scene whose names tell their phase."""
        taken = list(self.volumes().values())
        nodes = [node for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode") if node not in taken]
        nodes = [node for node in nodes if not node.GetAttribute(OWNED) and not node.GetHideFromEditors()]
        for phase, node in guessFromNames({node: node.GetName() for node in nodes}).items():
            if self.volume(phase) is None:
                setattr(self.caseScene.parameters, phase.value, node)
        self._followWithoutServer()
        self._refresh()

    def assignAsTold(self, images):
        """Take over what the server says of the case's images.

        Parameters
        ----------
        images : sequence of CaseImage
            All images of the open case. Where another one is the reference now, see `CaseScene.followReference`.
        """
        with slicer.util.NodeModify(self.caseScene.parameters.parameterNode):
            for phase in Phase:
                name = next((image.name for image in images if image.phase is phase), "")
                setattr(self.caseScene.parameters, phase.value, self.caseScene.volumeOfImage(name) if name else None)
        self._rename()
        self.caseScene.setImages(images)
        if self.caseScene.isReferenceLeft:
            self.forgetRegistrations()
            self.caseScene.followReference()
        self._refresh()

    def annotatorsWord(self):
        """The phases of the open case's images as they are set now, for the server: Phase by the image's name."""
        named = {self.caseScene.imageOf(node): phase for phase, node in self.volumes().items()}
        named.pop("", None)
        return named

    def imageOf(self, phase):
        """What the server says of the volume that is set as a phase; None where it is no image of the case."""
        name = self.caseScene.imageOf(self.volume(phase))
        return next((image for image in self.caseScene.images if image.name == name), None)

    @property
    def isRegistered(self):
        """Whether the phases are shown as registered to the reference."""
        return self.caseScene.parameters.registered

    def unregistered(self):
        """Names of the case's images in the scene that no transform is at hand for; never the reference."""
        nodes = [(image, self.caseScene.volumeOfImage(image.name)) for image in self.caseScene.images]
        return [
            image.name
            for image, node in nodes
            if node not in (None, self.caseScene.reference) and node.GetNodeReference(TRANSFORM) is None
        ]

    def addTransform(self, name, displacement, affine):
        """Keep how an image is registered.

        Parameters
        ----------
        name : str
            The image.
        displacement : ndarray, shape (I, J, K, 3)
            R, A, S in mm: what the reference has at x, this image has at x + displacement(x).
        affine : ndarray, shape (4, 4)
            Indices of the displacements to RAS mm.
        """
        volume = self.caseScene.volumeOfImage(name)
        node = addDisplacement(displacement, affine, f"{volume.GetName()} to reference")
        self._keep(volume, TRANSFORM, node)
        self._applyTransforms()

    def addRegistered(self, name, volume):
        """Keep an image as the server resampled it to the reference's grid; it is not offered in selectors.

        Parameters
        ----------
        name : str
            The image.
        volume : livercad.core.volume.Volume
            HU on the reference's grid.
        """
        original = self.caseScene.volumeOfImage(name)
        node = addVolumeNode(volume, f"{original.GetName()} registered")
        node.SetHideFromEditors(True)
        self._keep(original, REGISTERED, node)

    def addRegistrations(self, registrations):
        """Keep how images are registered, each as a transform and as a volume on the reference's grid.

        Parameters
        ----------
        registrations : sequence of caseLoading.Registration
            Of images of the open case.
        """
        for each in registrations:
            self.addTransform(each.name, each.displacement, each.affine)
            self.addRegistered(each.name, each.volume)

    def registeredVolume(self, phase):
        """The volume node of a phase on the reference's grid, as the networks see it; None where it is not at hand."""
        volume = self.volume(phase)
        if volume is None or volume is self.caseScene.reference:
            return volume
        return volume.GetNodeReference(REGISTERED)

    def setRegistered(self, isRegistered):
        """Show the phases as registered to the reference, as far as transforms are at hand, or as they were taken."""
        isChanged = self.caseScene.parameters.registered != isRegistered
        self.caseScene.parameters.registered = isRegistered
        self._applyTransforms()
        if isChanged:
            self.registeredChanged.emit(isRegistered)

    def forgetRegistrations(self):
        """Remove all transforms and registered volumes: they are no longer true when phases or reference change."""
        for image in self.caseScene.images:
            volume = self.caseScene.volumeOfImage(image.name)
            for role in (TRANSFORM, REGISTERED):
                node = volume.GetNodeReference(role) if volume is not None else None
                if node is not None:
                    slicer.mrmlScene.RemoveNode(node)
        self.registrationsChanged.emit()

    def showInWindows(self):
        """Give every volume the window of its phase."""
        for phase, node in self.volumes().items():
            if node.GetDisplayNode() is None:
                node.CreateDefaultDisplayNodes()
            showInWindow(node.GetDisplayNode(), phase)

    def _rename(self):
        """Let the names of the module's own volumes tell the phase that they are set as."""
        for image in self.caseScene.images:
            node = self.caseScene.volumeOfImage(image.name)
            if node is not None and node.GetAttribute(OWNED):
                node.SetName(volumeName(self.caseScene.case, image.name, self.phaseOf(node)))

    def _keep(self, volume, role, node):
        old = volume.GetNodeReference(role)
        if old is not None:
            slicer.mrmlScene.RemoveNode(old)
        self.caseScene.own(node)
        volume.SetNodeReferenceID(role, node.GetID())
        self.registrationsChanged.emit()

    def _applyTransforms(self):
        for image in self.caseScene.images:
            volume = self.caseScene.volumeOfImage(image.name)
            transform = volume.GetNodeReference(TRANSFORM) if volume is not None else None
            if transform is not None:
                interpolateLinearly(transform)
                volume.SetAndObserveTransformNodeID(transform.GetID() if self.isRegistered else None)

    def _start(self):
        self.showInWindows()
        self.changed.emit()
        self.registrationsChanged.emit()

    def _resume(self):
        self._applyTransforms()
        self.changed.emit()
        self.registrationsChanged.emit()
        self.registeredChanged.emit(self.isRegistered)

    def _followWithoutServer(self):
        """Take a reference among volumes that are no case of a server's: findings can be imported onto it."""
        if not self.caseScene.case:
            self.caseScene.followReference()

    def _refresh(self):
        self._rename()
        self.showInWindows()
        self.changed.emit()
