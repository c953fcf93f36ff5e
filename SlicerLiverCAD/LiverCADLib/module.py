"""The module's panel: its sections in the order of work, the status line, the keys, and what the scene does to them."""

import ctk
import qt
import slicer
from slicer.util import VTKObservationMixin

from livercad.core.findings import DISCLAIMER
from LiverCADLib.panels.casePanel import CasePanel
from LiverCADLib.panels.cropsPanel import CropsPanel
from LiverCADLib.panels.lesionsPanel import LesionsPanel
from LiverCADLib.panels.phasesPanel import PhasesPanel
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
        placing = self.lesionsPanel.placing
        self._placingKeys = Shortcuts((Shortcut("Esc", _("leave off placing"), placing.cancel),))
        placing.waitingChanged.connect(self._onPlacing)
        self.widget = qt.QWidget()
        self._build(qt.QVBoxLayout(self.widget))
        scene = slicer.mrmlScene
        for event in (scene.StartCloseEvent, scene.StartImportEvent):
            self.addObserver(scene, event, self._onSceneLeft)
        self.addObserver(scene, scene.EndCloseEvent, self._onSceneChanged)
        self.addObserver(scene, scene.EndImportEvent, self._onSceneChanged)
        self.workspace.caseScene.restored.emit()  # the scene may have been loaded before the module was opened

    def _makePanels(self):
        work = self.workspace
        self.serverPanel = ServerPanel(work.session)
        self.casePanel = CasePanel(work.caseScene, work.phases, work.session)
        self.phasesPanel = PhasesPanel(work.caseScene, work.phases, work.sideBySide, work.session)
        self.segmentPanel = SegmentPanel(work.workbench, work.session)
        self.lesionsPanel = LesionsPanel(work.workbench, work.session)
        self.cropsPanel = CropsPanel(work.crops, work.session)
        self.submitPanel = SubmitPanel(work.submitting, work.workbench, work.session)
        self.reportPanel = ReportPanel(work.caseScene, work.session)
        self.trainPanel = TrainPanel(work.training)

    def _sections(self):
        """Title, panel and whether it is open at first, in the order of work."""
        return (
            (_("Server"), self.serverPanel, True),
            (_("Case"), self.casePanel, True),
            (_("Phases"), self.phasesPanel, True),
            (_("Segment"), self.segmentPanel, True),
            (_("Lesions"), self.lesionsPanel, True),
            (_("Crop previews"), self.cropsPanel, False),
            (_("Submit"), self.submitPanel, True),
            (_("Report"), self.reportPanel, False),
            (_("Train"), self.trainPanel, False),
        )

    def _build(self, layout):
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.statusLine.widget)
        self.sections = {}
        shown = [(title, panel.widget, isOpen) for title, panel, isOpen in self._sections()]
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
            Shortcut("Ctrl+Alt+Z", _("undo the last change of lesions"), self.lesionsPanel.undoButton.click),
            Shortcut("Ctrl+Shift+N", _("next sample"), self.casePanel.nextButton.click),
            Shortcut("Ctrl+Shift+K", _("skip this case"), self.casePanel.skipButton.click),
            Shortcut("Ctrl+Shift+Return", _("submit"), self.submitPanel.submitButton.click),
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
        self.lesionsPanel.placing.cancel()
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
        for _title, panel, _isOpen in self._sections():
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

    def _selectNext(self, step):
        self.workspace.workbench.lesions.selectNext(self.lesionsPanel.shown, step)
