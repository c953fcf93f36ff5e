"""The masks and lesions of the open case, tied to its nodes and to the state that is saved with the scene."""

import slicer

from livercad.core.annotation import CaseState
from livercad.core.phases import Phase
from LiverCADLib.scene.lesionEditor import LesionEditor
from LiverCADLib.scene.lesions import LesionList
from LiverCADLib.scene.marks import LesionMarks
from LiverCADLib.scene.segmentation import CaseSegmentation
from LiverCADLib.scene.submission import collect, restore
from LiverCADLib.scene.workClock import WorkClock
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _


class Workbench:
    """Opens and closes the masks and lesions with the case.

    Parameters
    ----------
    scene : CaseScene
        Which case is open.
    later : callable, optional
        See `LesionList`.
    clock : WorkClock, optional
        Counts the time spent.

    Attributes
    ----------
    opened : Signal
        No arguments; there is a segmentation now, or it lies on another reference image.
    closed : Signal
        No arguments; there is none any more.
    restored : Signal
        No arguments; a submission was put into the scene, so state, comment and time are others too.
    """

    def __init__(self, scene, later=None, clock=None):
        self.opened, self.closed, self.restored = Signal(), Signal(), Signal()
        self.scene = scene
        self.lesions = LesionList(later)
        self.editor = LesionEditor(self.lesions)
        self.marks = LesionMarks(self.lesions)
        self.clock = clock or WorkClock()
        self._observed = []
        self.lesions.changed.connect(self._keep)
        self.lesions.edited.connect(self._onEdited)
        scene.opened.connect(self._onOpened)
        scene.closing.connect(self.close)
        scene.restored.connect(self._onRestored)
        scene.settling.connect(self.lesions.settle)
        scene.referenceChanged.connect(self._onReferenceChanged)

    @property
    def segmentation(self):
        """The open case's segmentation; None without one."""
        return self.lesions.segmentation

    def require(self):
        """The segmentation, which is made where there is a reference image and none yet; None without an image."""
        if self.segmentation is None and self.scene.reference is not None:
            name = _("{case} liver and lesions").format(case=self.scene.case or self.scene.reference.GetName())
            node = self.scene.parameters.segmentation
            if node is None:
                segmentation = CaseSegmentation.create(self.scene.reference, name)
                self.scene.own(segmentation.node)
                self.scene.parameters.segmentation = segmentation.node
            else:
                segmentation = CaseSegmentation(node, self.scene.reference)
            self.clock.start(self.scene.parameters.seconds)
            self.lesions.open(segmentation, self.scene.parameters.lesions)
            self._watch()
            self.opened.emit()
        return self.segmentation

    def close(self):
        """Let go of the open case's nodes."""
        if self.segmentation:
            self._release()
            self.scene.parameters.lesions, self.scene.parameters.comment = "", ""
            self.scene.parameters.state, self.scene.parameters.waiting = CaseState.IN_PROGRESS, ""
            self.scene.parameters.seconds = 0.0

    def release(self):
        """Let go of the open case's nodes, and leave them and what is known of them in the scene as they are."""
        self.lesions.settle()
        self._keep()
        self._release()

    def collect(self, annotator):
        """What is submitted, as an AnnotatedCase."""
        self.lesions.settle()
        parameters = self.scene.parameters
        parameters.seconds = self.clock.seconds
        told = {image.name: image.phase for image in self.scene.images if image.toldBy == "annotator" and image.phase}
        return collect(
            self.lesions,
            self.scene.case or self.scene.reference.GetName(),
            annotator,
            parameters.state,
            parameters.seconds,
            {name: Phase(phase) for name, phase in told.items()},
            parameters.comment,
        )

    def restore(self, case):
        """Put an AnnotatedCase into the scene, with its state, comment and time."""
        self.require()
        restore(self.lesions, case)
        parameters = self.scene.parameters
        if case.annotation:
            parameters.state, parameters.comment = case.annotation.state, case.annotation.comment
            self.clock.start(case.annotation.seconds)
        parameters.version = case.version or parameters.version
        self.scene.markUnsaved(False)
        self.restored.emit()

    def _onOpened(self):
        self.require()

    def _onRestored(self):
        self._release()
        if self.scene.parameters.segmentation is not None:
            self.require()

    def _onReferenceChanged(self):
        if self.segmentation:
            self.segmentation.layOn(self.scene.reference)
            self.opened.emit()

    def _onEdited(self):
        self.clock.touch()
        self.scene.markUnsaved()

    def _keep(self):
        if self.segmentation:
            self.scene.parameters.lesions = self.lesions.text
            self.scene.parameters.seconds = self.clock.seconds

    def _release(self):
        if self.segmentation:
            self._watch(isOpen=False)
            self.clock.stop()
            self.marks.clear()
            segmentation = self.segmentation
            self.lesions.close()
            segmentation.close()
            self.closed.emit()

    def _watch(self, isOpen=True):
        """Take every move of the mouse in a view for a sign of life, and have all in the scene when it is saved."""
        for observed, observer in self._observed:
            observed.RemoveObserver(observer)
        self._observed = []
        if isOpen:
            crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
            moved, saving = slicer.vtkMRMLCrosshairNode.CursorPositionModifiedEvent, slicer.mrmlScene.StartSaveEvent
            if crosshair is not None:
                self._observe(crosshair, moved, lambda caller, event: self.clock.touch())
            self._observe(slicer.mrmlScene, saving, self._onSaving)

    def _observe(self, observed, event, function):
        self._observed.append((observed, observed.AddObserver(event, function)))

    def _onSaving(self, caller, event):
        self.lesions.settle()
        self._keep()
