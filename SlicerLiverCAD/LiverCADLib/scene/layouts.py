"""Linked slice views side by side, one phase each."""

from itertools import combinations

import slicer

from livercad.core.phases import Phase

LAYOUT = 4720
"""First of the numbers of this module's layouts; Slicer's own stay below 100."""
COLORS = {Phase.UNENHANCED: "#7A8B99", Phase.ARTERIAL: "#D64541", Phase.PORTAL: "#3B7DD8", Phase.DELAYED: "#8E5BB5"}
"""Of the views' bars."""
LABELS = {Phase.UNENHANCED: "U", Phase.ARTERIAL: "A", Phase.PORTAL: "P", Phase.DELAYED: "D"}
"""In the views' bars."""


def viewName(phase):
    """Layout name of the slice view that shows a phase."""
    return f"LiverCAD{phase.value.capitalize()}"


def layoutXml(phases):
    """Describe a layout for Slicer: a row of slice views, four in two rows.

    Parameters
    ----------
    phases : sequence of Phase
        At least one; the order is that of the views.

    Returns
    -------
    str
        XML of the layout.
    """
    rows = [phases[:2], phases[2:]] if len(phases) == 4 else [phases]
    lines = "".join(f"<item>{_rowXml(row)}</item>" for row in rows)
    return f'<layout type="vertical" split="true">{lines}</layout>'


def _rowXml(phases):
    return f'<layout type="horizontal" split="true">{"".join(map(_viewXml, phases))}</layout>'


def _viewXml(phase):
    return (
        f'<item><view class="vtkMRMLSliceNode" singletontag="{viewName(phase)}">'
        '<property name="orientation" action="default">Axial</property>'
        f'<property name="viewlabel" action="default">{LABELS[phase]}</property>'
        f'<property name="viewcolor" action="default">{COLORS[phase]}</property>'
        "</view></item>"
    )


class SideBySide:
    """Switches between the user's layout and the phases side by side, and says what the views show.

    Parameters
    ----------
    phases : Phases
        What is shown.
    """

    def __init__(self, phases):
        self._phases = phases
        registerLayouts()
        phases.caseScene.opened.connect(self.showReference)
        phases.caseScene.restored.connect(self._resume)
        phases.changed.connect(self.update)

    @property
    def isOn(self):
        """Whether the phases are shown side by side."""
        return self._parameters.sideBySide

    def setOn(self, isOn):
        """Show the phases side by side, or go back to the layout that was there before."""
        layout = layoutNode()
        if isOn and not self.isOn:
            self._parameters.previousLayout = layout.GetViewArrangement()
        self._parameters.sideBySide = isOn
        if isOn:
            self.update()
        else:
            layout.SetViewArrangement(self._parameters.previousLayout)

    def update(self):
        """Show what the phases now are, where they are shown side by side."""
        shown = self._phases.volumes()
        if not self.isOn or not shown:
            return
        layoutNode().SetViewArrangement(layoutNumber(shown))
        for phase, volume in shown.items():
            composite = compositeNode(viewName(phase))
            if composite is not None:  # made by the application when it lays out its views
                composite.SetLinkedControl(False)  # or its volume would become that of all linked views
                composite.SetBackgroundVolumeID(volume.GetID())
                composite.SetForegroundVolumeID(None)
                composite.SetLinkedControl(True)
                composite.SetHotLinkedControl(True)
        self.fit()

    def showReference(self):
        """Show the reference in the views that are not one phase's, the whole of it."""
        reference = self._phases.caseScene.reference
        if reference is None:
            return
        ofPhases = {viewName(phase) for phase in Phase}
        for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
            if composite.GetLayoutName() not in ofPhases:
                composite.SetBackgroundVolumeID(reference.GetID())
                _fitAll(reference, [composite.GetLayoutName()])

    def fit(self):
        """Show the whole reference in every phase's view, all at the same place and scale."""
        volumes = self._phases.volumes()
        reference = self._phases.caseScene.reference or next(iter(volumes.values()), None)
        if reference is not None:
            _fitAll(reference, map(viewName, volumes))

    def _resume(self):
        registerLayouts()
        self.update()

    @property
    def _parameters(self):
        return self._phases.caseScene.parameters


def layoutNumber(phases):
    """Number of the layout for these phases: LAYOUT and a bit for each."""
    return LAYOUT + sum(1 << place for place, phase in enumerate(Phase) if phase in phases)


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


def _fitAll(volume, names):
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
