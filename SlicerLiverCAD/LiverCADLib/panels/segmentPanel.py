"""Liver and lesions by the server, and the Segment Editor on the result."""

import qt
import slicer

from LiverCADLib.cases import isOnServer
from LiverCADLib.panels.parts import column, messageLabel, pushButton, row
from LiverCADLib.panels.replacing import isAgreed, mayReplace
from LiverCADLib.scene.analysis import takeAnalysis
from LiverCADLib.scene.lesionTable import counted
from LiverCADLib.scene.phaseEvidence import referenceWarning
from LiverCADLib.segmenting import findLesions, findLiver
from LiverCADLib.translation import _

EDITOR = "LiverCADSegmentEditor"
"""Singleton tag of the node that keeps the state of our Segment Editor, apart from Slicer's own."""


class SegmentPanel:
    """The section "Segment".

    Parameters
    ----------
    workbench : Workbench
        Masks and lesions of the open case.
    session : Session
        The server.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    """

    def __init__(self, workbench, session):
        self._workbench, self._session = workbench, session
        self._job, self._isActive = None, False
        self._isFollowing, self._isCentred, self._reason = False, False, ""
        self.widget, layout = column()
        self._build(layout)
        for signal in (session.connected, session.disconnected, workbench.opened, workbench.closed):
            signal.connect(self._update)
        workbench.scene.imagesChanged.connect(self._update)
        workbench.scene.referenceChanged.connect(self._update)
        workbench.opened.connect(self._showNodes)
        workbench.closed.connect(self._showNodes)
        workbench.lesions.changed.connect(self._update)
        workbench.lesions.selected.connect(self._onLesionSelected)
        self._say("")
        self._showNodes()
        self._update()

    def _build(self, layout):
        toolTip = _("Let the server find, measure and classify them in all phases of the case.")
        self.findButton = pushButton(_("Find liver and lesions"), toolTip, "segment")
        self.liverButton = pushButton(_("Liver only"), _("Let the server find the liver; lesions stay as they are."))
        layout.addLayout(row((self.findButton, 2), (self.liverButton, 1)))
        self.keepBox = qt.QCheckBox(_("Keep what is there, and add what touches none of it"))
        self.keepBox.toolTip = _("Otherwise liver and lesions are replaced by what the server finds.")
        self.keepBox.checked = True
        layout.addWidget(self.keepBox)
        self.messageLabel, self._say = messageLabel()
        layout.addWidget(self.messageLabel)
        self.editor = slicer.qMRMLSegmentEditorWidget()
        self.editor.setMRMLScene(slicer.mrmlScene)
        self.editor.segmentationNodeSelectorVisible = False
        self.editor.sourceVolumeNodeSelectorVisible = False
        self.editor.switchToSegmentationsButtonVisible = False
        self.editor.maximumNumberOfUndoStates = 10
        self.editor.autoShowSourceVolumeNode = False  # each phase's view shows its phase
        self.editor.toolTip = _(
            "Every segment beside the liver is a lesion: one that you add here is in the table as well, under a number "
            "of its own."
        )
        layout.addWidget(self.editor)
        self.findButton.clicked.connect(self.find)
        self.liverButton.clicked.connect(self.findLiverOnly)
        self.editor.connect("currentSegmentIDChanged(QString)", self._onSegmentSelected)

    def find(self):
        """Let the server find liver and lesions."""
        self._work(_("Finding liver and lesions"), findLesions, self._onFound)

    def findLiverOnly(self):
        """Let the server find the liver."""
        self._work(_("Finding the liver"), findLiver, self._onLiver)

    def setActive(self, isActive):
        """Take the Segment Editor's keys and clicks, or give them back: while the module is left, others have them."""
        self._isActive = isActive
        if isActive:
            self.editor.setupViewObservations()
            self.editor.installKeyboardShortcuts()
        else:
            self.editor.setActiveEffectByName("")
            self.editor.uninstallKeyboardShortcuts()
            self.editor.removeViewObservations()

    def setKeys(self, hasKeys):
        """Let the Segment Editor have its keys, or somebody else for a while."""
        if self._isActive and hasKeys:
            self.editor.installKeyboardShortcuts()
        elif not hasKeys:
            self.editor.uninstallKeyboardShortcuts()

    def _work(self, title, function, onDone):
        self._say("")
        segmentation = self._workbench.require()
        case, grid = self._workbench.scene.case, segmentation.grid
        self._job = job = self._session.run(title, function, self._session.client, case, grid)
        job.done.connect(lambda answer: self._ifStillOpen(segmentation, grid, onDone, answer))
        job.failed.connect(lambda error: self._say(str(error), "bad"))
        job.ended.connect(self._onEnded)
        self._update()

    def _ifStillOpen(self, segmentation, grid, onDone, answer):
        """What comes for a case that was closed meanwhile is let go, and what lies on another grid than it has now."""
        if self._workbench.segmentation is segmentation and segmentation.grid is grid:
            onDone(answer)

    def _onFound(self, answer):
        lesions = self._workbench.lesions
        if not self.keepBox.checked and not mayReplace(self._workbench.scene):
            self._say(_("Nothing was replaced."))
            return
        isKept = self.keepBox.checked and bool(lesions.numbers)
        added = takeAnalysis(lesions, answer, keepMine=self.keepBox.checked)
        if not added:
            self._say(_("No further lesions were found.") if isKept else _("No lesions were found."))
        elif isKept:
            self._say(_("{lesions} added.").format(lesions=counted(len(added))), "good")
        else:
            self._say(_("{lesions} found.").format(lesions=counted(len(added))), "good")

    def _onLiver(self, mask):
        if mask is None:
            self._say(_("No liver was found."), "bad")
        elif self._mayReplaceLiver(mask):
            self._workbench.segmentation.setLiver(mask)
            self._say(_("The liver was found."), "good")
        else:
            self._say(_("Nothing was replaced."))

    def _mayReplaceLiver(self, mask):
        """Ask where the liver may have been corrected since something was submitted."""
        scene, mine = self._workbench.scene, self._workbench.segmentation.liver
        if mine is None or mine.fingerprint == mask.fingerprint or not scene.isUnsaved:
            return True
        question = _("The server's liver comes in the place of yours; corrections of it will be lost. Go on?")
        return isAgreed(question)

    def _onEnded(self):
        self._job = None
        self._update()

    def _showNodes(self):
        """Give the Segment Editor the open case's nodes."""
        segmentation = self._workbench.segmentation
        self.editor.setMRMLSegmentEditorNode(_editorNode())
        self.editor.setSegmentationNode(segmentation.node if segmentation else None)
        self.editor.setSourceVolumeNode(segmentation.reference if segmentation else None)
        self.editor.enabled = segmentation is not None
        self._isCentred = False
        if segmentation is not None:
            segmentation.surfaceMade.connect(self._onSurface)
            segmentation.written.connect(self._forgetStrokes)

    def _forgetStrokes(self):
        """Let no undo go back before what this module has written: it would take away all segments that came since."""
        self.editor.undoEnabled = True  # its setter clears the states to go back to

    def _onSurface(self):
        """Look at the segments when they are first shown in 3-D: Slicer's views stay where they are, at the origin."""
        if not self._isCentred and slicer.app.layoutManager() is not None:
            self._isCentred = True
            qt.QTimer.singleShot(0, slicer.util.resetThreeDViews)  # when the views have got the surfaces

    def _onLesionSelected(self, number):
        segmentation = self._workbench.segmentation
        id_ = segmentation.lesionIds.get(number, "") if segmentation and number else ""
        if id_ and id_ != self.editor.currentSegmentID():
            self._isFollowing = True
            self.editor.setCurrentSegmentID(id_)
            self._isFollowing = False

    def _onSegmentSelected(self, segmentId):
        segmentation = self._workbench.segmentation
        number = segmentation.numberOf(segmentId) if segmentation and segmentId else 0
        if number and not self._isFollowing:
            self._workbench.lesions.select(number)

    def _update(self, *arguments):
        reason = whyNoServer(self._workbench.scene, self._session)
        for button in (self.findButton, self.liverButton):
            button.enabled = not reason and self._job is None
        self.keepBox.setVisible(bool(self._workbench.lesions.numbers or self._workbench.lesions.liverBox))
        if reason or self._reason:
            self._say(reason)
        self._reason = reason


def whyNoServer(scene, session):
    """Why the server cannot be asked about the open case, as a sentence; empty where it can."""
    if scene.reference is None:
        return _("Open a case first.")
    if not session.isConnected:
        return _("Connect to the server first.")
    if not scene.case:
        return _("These volumes are no case of the server's yet: upload them in the section Case.")
    if not isOnServer(scene, session):
        return _("This case is one of {server}. Connect to that one first.").format(server=scene.server)
    return referenceWarning(scene)


def _editorNode():
    node = slicer.mrmlScene.GetSingletonNode(EDITOR, "vtkMRMLSegmentEditorNode")
    if node is None:
        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLSegmentEditorNode")
        node.UnRegister(None)
        node.SetSingletonTag(EDITOR)
        node = slicer.mrmlScene.AddNode(node)
    # Lesions lie in the liver: painting one must not cut a hole into it that stays when the lesion is erased.
    node.SetOverwriteMode(node.OverwriteNone)
    return node
