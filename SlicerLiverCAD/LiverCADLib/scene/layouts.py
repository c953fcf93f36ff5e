"""Linked slice views side by side, one phase each."""

from itertools import combinations

import slicer

from livercad.core.phases import Phase
from LiverCADLib.signals import Signal

LAYOUT = 4720
"""First of the numbers of this module's layouts; Slicer's own stay below 100."""
COLORS = {Phase.UNENHANCED: "#7A8B99", Phase.ARTERIAL: "#D64541", Phase.PORTAL: "#3B7DD8", Phase.DELAYED: "#8E5BB5"}
"""Of the views' bars."""
LABELS = {Phase.UNENHANCED: "U", Phase.ARTERIAL: "A", Phase.PORTAL: "P", Phase.DELAYED: "D"}
"""In the views' bars."""

OWN = ("Green", "Yellow")
"""Slicer's own slice views in the layouts, which show the reference."""
VIEW_3D = (
    '<item><view class="vtkMRMLViewNode" singletontag="1">'
    '<property name="viewlabel" action="default">1</property>'
    "</view></item>"
)


def viewName(phase):
    """Layout name of the slice view that shows a phase."""
    return f"LiverCAD{phase.value.capitalize()}"


def layoutXml(phases):
    """Describe a layout for Slicer: a row of phases, and Slicer's own views of the reference beneath.

    Parameters
    ----------
    phases : sequence of Phase
        At least one; the order is that of the views.

    Returns
    -------
    str
        XML of the layout.
    """
    views = "".join(_sliceXml(viewName(phase), "Axial", LABELS[phase], COLORS[phase]) for phase in phases)
    own = _sliceXml(OWN[0], "Coronal", "G", "#6EB04B") + _sliceXml(OWN[1], "Sagittal", "Y", "#EDD54C") + VIEW_3D
    return f'<layout type="vertical" split="true">{_rowXml(views)}{_rowXml(own)}</layout>'


def _rowXml(items):
    return f'<item><layout type="horizontal" split="true">{items}</layout></item>'


def _sliceXml(name, orientation, label, color):
    return (
        f'<item><view class="vtkMRMLSliceNode" singletontag="{name}">'
        f'<property name="orientation" action="default">{orientation}</property>'
        f'<property name="viewlabel" action="default">{label}</property>'
        f'<property name="viewcolor" action="default">{color}</property>'
        "</view></item>"
    )


class SideBySide:
    """Switches between the user's layout and the phases side by side, and says what the views show.

    Parameters
    ----------
    phases : Phases
        What is shown.

    Attributes
    ----------
    laidOut : Signal
        No arguments; there are other views, which get their sizes in a moment: `fit` is to be called again then.
    """

    def __init__(self, phases):
        self._phases, self.laidOut = phases, Signal()
        registerLayouts()
        phases.changed.connect(self._update)
        phases.caseScene.opened.connect(self._onOpened)
        phases.caseScene.referenceChanged.connect(self._onReference)
        phases.caseScene.restored.connect(self._onRestored)

    @property
    def isOn(self):
        """Whether the phases are shown side by side."""
        return self._parameters.sideBySide

    def setOn(self, isOn):
        """Show the phases side by side, or go back to the layout that was there before."""
        layout = layoutNode()
        if isOn and not self.isOn:
            self._parameters.previousLayout = 0 if _isOwn(layout) else layout.GetViewArrangement()
        self._parameters.sideBySide = isOn
        if isOn:
            self._update(mustFit=True)
        else:
            layout.SetViewArrangement(self._parameters.previousLayout or layout.SlicerLayoutFourUpView)

    def fit(self):
        """Show the whole reference in every view, the phases at the same place and scale."""
        volumes = self._phases.volumes()
        reference = self._phases.caseScene.reference or next(iter(volumes.values()), None)
        if reference is not None and self.isOn:
            fitTo(reference, (*map(viewName, volumes), *OWN))

    def _update(self, mustFit=False):
        """Show what the phases now are, where they are shown side by side."""
        shown = self._phases.volumes()
        if not self.isOn or not shown:
            return
        isNew = layoutNode().GetViewArrangement() != layoutNumber(shown)
        layoutNode().SetViewArrangement(layoutNumber(shown))
        for phase, volume in shown.items():
            composite = compositeNode(viewName(phase))
            if composite is not None:  # made by the application when it lays out its views
                composite.SetLinkedControl(False)  # or its volume would become that of all linked views
                composite.SetBackgroundVolumeID(volume.GetID())
                composite.SetForegroundVolumeID(None)
                composite.SetLinkedControl(True)
                composite.SetHotLinkedControl(True)
        if isNew or mustFit:
            self.fit()
            self.laidOut.emit()

    def _onOpened(self):
        """Show the reference in the views that are not one phase's, the whole of it in all."""
        reference = self._phases.caseScene.reference
        if reference is None:
            return
        for composite in _othersThanPhases():
            composite.SetBackgroundVolumeID(reference.GetID())
        self.fitAll()

    def fitAll(self):
        """Show the whole reference of the open case in every view."""
        reference = self._phases.caseScene.reference
        if reference is not None:
            fitTo(reference, [composite.GetLayoutName() for composite in _othersThanPhases()])
            self.fit()

    def _onReference(self):
        if self._phases.caseScene.case:  # volumes of the user's own are where the user has put them
            self._onOpened()

    def _onRestored(self):
        registerLayouts()
        layout = layoutNode()
        if not self.isOn and _isOwn(layout):  # the scene was closed, and what its layout showed is gone
            layout.SetViewArrangement(layout.SlicerLayoutFourUpView)
        self._update()

    @property
    def _parameters(self):
        return self._phases.caseScene.parameters


def _othersThanPhases():
    """Composite nodes of the slice views that are not one phase's, as a list."""
    ofPhases = {viewName(phase) for phase in Phase}
    composites = slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")
    return [composite for composite in composites if composite.GetLayoutName() not in ofPhases]


def layoutNumber(phases):
    """Number of the layout for these phases: LAYOUT and a bit for each."""
    return LAYOUT + sum(1 << place for place, phase in enumerate(Phase) if phase in phases)


def _isOwn(layout):
    """Whether a layout node shows one of this module's layouts."""
    return LAYOUT < layout.GetViewArrangement() < LAYOUT + (1 << len(Phase))


def registerLayouts():
    """Tell Slicer the layouts for all combinations of phases; a saved scene names them by their number."""
    layout = layoutNode()
    for count in range(1, len(Phase) + 1):
        for phases in combinations(Phase, count):
            number = layoutNumber(phases)
            if not layout.IsLayoutDescription(number):
                layout.AddLayoutDescription(number, layoutXml(phases))


def layoutNode():
    """The scene's layout node."""
    node = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    return node or slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLayoutNode")


def sliceNode(name):
    """The slice node of a view; None where no such view was ever shown."""
    return slicer.mrmlScene.GetSingletonNode(name, "vtkMRMLSliceNode")


def compositeNode(name):
    """The composite node of a view; None where no such view was ever shown."""
    composites = slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")
    return next((node for node in composites if node.GetLayoutName() == name), None)


def fitTo(volume, names):
    """Show the whole of a volume in the slice views of these names, in its own planes."""
    bounds = [0.0] * 6
    volume.GetRASBounds(bounds)
    center = [(bounds[i] + bounds[i + 1]) / 2 for i in (0, 2, 4)]
    size = [bounds[i + 1] - bounds[i] for i in (0, 2, 4)]
    for node in filter(None, map(sliceNode, names)):
        node.RotateToVolumePlane(volume)
        across, up = (_extent(node.GetSliceToRAS(), column, size) for column in (0, 1))
        width, height, _depth = node.GetDimensions()
        across = max(across, up * width / max(height, 1))
        node.SetFieldOfView(across, across * height / max(width, 1), node.GetFieldOfView()[2])
        node.JumpSliceByCentering(*center)


def _extent(sliceToRas, column, size):
    return max(abs(sliceToRas.GetElement(row, column)) * size[row] for row in range(3))
