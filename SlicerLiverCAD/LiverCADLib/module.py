"""The module's panel: its sections in the order of work, the status line, the keys, and what the scene does to them."""

from enum import Enum

import ctk
import qt
import slicer
from slicer.util import VTKObservationMixin

from livercad.core.findings import DISCLAIMER
from LiverCADLib.panels.casePanel import CasePanel
from LiverCADLib.panels.circleCropsPanel import CircleCropsPanel
from LiverCADLib.panels.circlesPanel import CirclesPanel
from LiverCADLib.panels.circleSubmitPanel import CircleSubmitPanel
from LiverCADLib.panels.cropsPanel import CropsPanel
from LiverCADLib.panels.lesionsPanel import LesionsPanel
from LiverCADLib.panels.opinionsPanel import OpinionsPanel
from LiverCADLib.panels.phasesPanel import PhasesPanel
from LiverCADLib.panels.picturePanel import PicturePanel
from LiverCADLib.panels.reportPanel import ReportPanel
from LiverCADLib.panels.segmentPanel import SegmentPanel
from LiverCADLib.panels.serverPanel import ServerPanel
from LiverCADLib.panels.shortcuts import Shortcut, Shortcuts
from LiverCADLib.panels.statusLine import StatusLine
from LiverCADLib.panels.submitPanel import SubmitPanel
from LiverCADLib.panels.trainPanel import TrainPanel
from LiverCADLib.polling import Poller
from LiverCADLib.translation import _
from LiverCADLib.workspace import Workspace

LATER_MS = 200
"""So long after an edit in the Segment Editor the table of lesions follows it."""


class Kind(Enum):
    """What a section is for."""

    ANY = "any case"
    CT = "volumes"
    ULTRASOUND = "2-D ultrasound images"


class LiverCADModuleWidget(VTKObservationMixin):
    """Everything that the module shows.

    Parameters
    ----------
    makeParameters : callable
        Returns the LiverCADParameters of the scene as it is.
    settings : Settings, optional
        Slicer's own by default.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    workspace : Workspace
        The logic behind it.
    """

    def __init__(self, makeParameters, settings=None):
        VTKObservationMixin.__init__(self)
        self._makeParameters, self._isClosed = makeParameters, False
        self.workspace = Workspace(makeParameters(), settings, lambda f: qt.QTimer.singleShot(LATER_MS, f))
        session = self.workspace.session
        self._pollers = [Poller(runner) for runner in (session.runner, session.background)]
        self.statusLine = StatusLine(session.runner)
        self._makePanels()
        self.shortcuts = Shortcuts(self._shortcuts())
        self._placingKeys = Shortcuts((Shortcut("Esc", _("leave off placing"), self._cancelPlacing),))
        for placing in self._placings():
            placing.waitingChanged.connect(self._onPlacing)
        self.widget = qt.QWidget()
        self._build(qt.QVBoxLayout(self.widget))
        scene = slicer.mrmlScene
        for event in (scene.StartCloseEvent, scene.StartImportEvent):
            self.addObserver(scene, event, self._onSceneLeft)
        self.addObserver(scene, scene.EndCloseEvent, self._onSceneChanged)
        self.addObserver(scene, scene.EndImportEvent, self._onSceneChanged)
        for signal in (self.workspace.caseScene.opened, self.workspace.pictures.opened, self.workspace.pictures.closed):
            signal.connect(self._showSections)
        self.workspace.pictureView.laidOut.connect(self._onLaidOut)
        self.workspace.pictureView.leftAlone.connect(self._onLeftAlone)
        for submitting in (self.workspace.submitting, self.workspace.circleSubmitting):
            submitting.submitted.connect(self.casePanel.refresh)
        self.workspace.caseScene.restored.emit()  # the scene may have been loaded before the module was opened

    def _makePanels(self):
        work = self.workspace
        self.serverPanel = ServerPanel(work.session)
        self.casePanel = CasePanel(work.caseScene, work.phases, work.session, work.pictures)
        self.phasesPanel = PhasesPanel(work.caseScene, work.phases, work.sideBySide, work.session)
        self.segmentPanel = SegmentPanel(work.workbench, work.session)
        self.lesionsPanel = LesionsPanel(work.workbench, work.session)
        self.cropsPanel = CropsPanel(work.crops, work.session)
        self.submitPanel = SubmitPanel(work.submitting, work.workbench, work.session)
        self.reportPanel = ReportPanel(work.caseScene, work.session)
        self.trainPanel = TrainPanel(work.training)
        self.picturePanel = PicturePanel(work.pictures)
        self.circlesPanel = CirclesPanel(work.pictures, work.circleEditor, work.asking)
        self.circleCropsPanel = CircleCropsPanel(work.pictures, work.asking)
        self.opinionsPanel = OpinionsPanel(work.pictures, work.asking, work.session)
        self.circleSubmitPanel = CircleSubmitPanel(work.pictures, work.circleSubmitting, work.session)

    def _sections(self):
        """Title, panel, whether it is open at first and what kind of case it is for, in the order of work."""
        return (
            (_("Server"), self.serverPanel, True, Kind.ANY),
            (_("Case"), self.casePanel, True, Kind.ANY),
            (_("Phases"), self.phasesPanel, True, Kind.CT),
            (_("Segment"), self.segmentPanel, True, Kind.CT),
            (_("Lesions"), self.lesionsPanel, True, Kind.CT),
            (_("Crop previews"), self.cropsPanel, False, Kind.CT),
            (_("Submit"), self.submitPanel, True, Kind.CT),
            (_("Report"), self.reportPanel, False, Kind.CT),
            (_("Train"), self.trainPanel, False, Kind.CT),
            (_("Ultrasound image"), self.picturePanel, True, Kind.ULTRASOUND),
            (_("Circles"), self.circlesPanel, True, Kind.ULTRASOUND),
            (_("D/L previews"), self.circleCropsPanel, True, Kind.ULTRASOUND),
            (_("Classify"), self.opinionsPanel, True, Kind.ULTRASOUND),
            (_("Submit circles"), self.circleSubmitPanel, True, Kind.ULTRASOUND),
        )

    def _build(self, layout):
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.statusLine.widget)
        self.sections = {}
        shown = [(title, panel.widget, isOpen) for title, panel, isOpen, _kind in self._sections()]
        for title, widget, isOpen in (*shown, (_("Keys"), qt.QLabel(self.shortcuts.asTable()), False)):
            section = ctk.ctkCollapsibleButton()
            section.text = title
            qt.QVBoxLayout(section).addWidget(widget)
            section.collapsed = not isOpen
            layout.addWidget(section)
            self.sections[title] = section
        note = qt.QLabel(DISCLAIMER)
        note.wordWrap = True
        note.enabled = False
        layout.addWidget(note)
        layout.addStretch(1)

    def _shortcuts(self):
        # None of those of the Segment Editor, which has the same window: of two with one key Qt tells neither.
        return (
            Shortcut("Ctrl+Down", _("next lesion"), lambda: self._selectNext(1)),
            Shortcut("Ctrl+Up", _("previous lesion"), lambda: self._selectNext(-1)),
            Shortcut("Ctrl+Return", _("accept the selected lesions"), self.lesionsPanel.acceptButton.click),
            Shortcut("Ctrl+Backspace", _("reject the selected lesions"), self.lesionsPanel.rejectButton.click),
            Shortcut("Ctrl+Alt+Z", _("undo the last change of lesions"), self._undo),
            Shortcut("Ctrl+Alt+Y", _("do again what was undone of circles"), self.circlesPanel.redoButton.click),
            Shortcut("Ctrl+Shift+N", _("next sample"), self.casePanel.nextButton.click),
            Shortcut("Ctrl+Shift+K", _("skip this case"), self.casePanel.skipButton.click),
            Shortcut("Ctrl+Shift+Return", _("submit"), self._submit),
        )

    def enter(self):
        """Come back to the module."""
        if self.workspace.caseScene.parameters.parameterNode.GetScene() is None:
            self._onSceneChanged()
        self.shortcuts.install()
        self.segmentPanel.setActive(True)
        self.serverPanel.setWatching(True)
        self.trainPanel.setWatching(True)

    def exit(self):
        """Leave the module; jobs go on."""
        if self._isClosed:
            return
        self.shortcuts.remove()
        self.segmentPanel.setActive(False)
        self._cancelPlacing()
        self.serverPanel.setWatching(False)
        self.trainPanel.setWatching(False)

    def close(self):
        """Let go of everything, before the panel is destroyed."""
        if self._isClosed:
            return
        self.exit()
        self._isClosed = True
        self.removeObservers()
        self.workspace.close()
        for poller in self._pollers:
            poller.close()
        for _title, panel, *_rest in self._sections():
            if hasattr(panel, "close"):
                panel.close()
        self._releaseNodes()

    def _releaseNodes(self):
        """Let widgets of Slicer's own follow the scene no more."""
        self.segmentPanel.editor.setMRMLSegmentEditorNode(None)
        self.segmentPanel.editor.setMRMLScene(None)

    def _onSceneLeft(self, caller, event):
        """Keep what was not submitted while it still is in the scene."""
        self.workspace.submitting.drafts.keepNow()
        self.workspace.circleSubmitting.drafts.keep()

    def _onSceneChanged(self, caller=None, event=None):
        """Go on with what the scene says now, after it was closed or another one was loaded."""
        if not slicer.mrmlScene.IsImporting():
            self.workspace.caseScene.setParameters(self._makeParameters())

    def _onPlacing(self, way):
        """Let Esc leave off placing, which else is one of the Segment Editor's keys."""
        if way is None:
            self._placingKeys.remove()
            self.segmentPanel.setKeys(True)
        else:
            self.segmentPanel.setKeys(False)
            self._placingKeys.install()

    def _onLaidOut(self):
        qt.QTimer.singleShot(0, self.workspace.pictureView.fit)  # when the view has got its size

    def _onLeftAlone(self):
        qt.QTimer.singleShot(0, self.workspace.sideBySide.fitAll)  # a case of CT may come after one of ultrasound

    def _placings(self):
        return self.lesionsPanel.placing, self.circlesPanel.placing

    def _cancelPlacing(self):
        for placing in self._placings():
            placing.cancel()

    def _selectNext(self, step):
        if self.workspace.pictures.isOpen:
            self.workspace.pictures.selectNext(step)
        else:
            self.workspace.workbench.lesions.selectNext(self.lesionsPanel.shown, step)

    def _undo(self):
        (self.circlesPanel if self.workspace.pictures.isOpen else self.lesionsPanel).undoButton.click()

    def _submit(self):
        isUltrasound = self.workspace.pictures.isOpen
        (self.circleSubmitPanel if isUltrasound else self.submitPanel).submitButton.click()

    def _showSections(self):
        """Show what the open case has a use for; without one what CT has, and where 2-D images are taken from."""
        case, isUltrasound = self.workspace.caseScene, self.workspace.pictures.isOpen
        for title, panel, _isOpen, kind in self._sections():
            isForIt = kind is not (Kind.CT if isUltrasound else Kind.ULTRASOUND)
            self.sections[title].setVisible(isForIt or (panel is self.picturePanel and not case.isOpen))
