"""Which volume is which phase, and how the phases are shown."""

import qt
import slicer

from livercad.core.phases import Phase
from LiverCADLib.caseLoading import imagesOf, loadRegistrations
from LiverCADLib.cases import isOnServer
from LiverCADLib.panels.parts import column, messageLabel, pushButton, quietly, row, say, styleOf, timer, wrappingLabel
from LiverCADLib.scene.phaseEvidence import evidenceFor, phaseTitle, referenceWarning
from LiverCADLib.translation import _


class PhasesPanel:
    """The section "Phases".

    Parameters
    ----------
    caseScene : CaseScene
        The open case.
    phases : Phases
        Its phases.
    sideBySide : SideBySide
        The views of the phases.
    session : Session
        The server.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    """

    def __init__(self, caseScene, phases, sideBySide, session):
        self._caseScene, self._phases, self._sideBySide = caseScene, phases, sideBySide
        self._session = session
        self._sending = self._recognising = self._registering = None
        self._due = {}
        self._truth = timer(0, self._update)
        self._truth.setSingleShot(True)
        self.selectors, self.evidence = {}, {}
        self.widget, layout = column()
        self._build(layout)
        for signal in (phases.changed, caseScene.imagesChanged, caseScene.restored, session.disconnected):
            signal.connect(self._update)
        for signal in (phases.registrationsChanged, phases.registeredChanged, session.connected):
            signal.connect(self._update)
        caseScene.opened.connect(self._onOpened)
        sideBySide.laidOut.connect(self._onLaidOut)
        self._update()

    def _build(self, layout):
        grid = qt.QGridLayout()
        layout.addLayout(grid)  # first: a layout without a parent does not keep its widgets in PythonQt
        for line, phase in enumerate(Phase):
            selector = slicer.qMRMLNodeComboBox()
            selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
            selector.showChildNodeTypes = False
            selector.noneEnabled = True
            selector.addEnabled = False
            selector.removeEnabled = False
            selector.setMRMLScene(slicer.mrmlScene)
            selector.connect("nodeActivated(vtkMRMLNode*)", self._onSelected(phase))
            selector.connect("currentNodeChanged(vtkMRMLNode*)", self._onMoved)
            self.selectors[phase], self.evidence[phase] = selector, qt.QLabel()
            grid.addWidget(qt.QLabel(phaseTitle(phase)), line, 0)
            grid.addWidget(selector, line, 1)
            grid.addWidget(self.evidence[phase], line, 2)
        grid.setColumnStretch(1, 1)

        toolTip = _("Fill empty phases with volumes of the scene whose names tell their phase.")
        self.namesButton = pushButton(_("From names"), toolTip)
        toolTip = _("Let the server tell the phases from the images.")
        self.recogniseButton = pushButton(_("Recognise"), toolTip, "phases")
        self.sideBySideBox = qt.QCheckBox(_("Side by side"))
        self.sideBySideBox.toolTip = _("Linked slice views, one for each phase")
        self.registeredBox = qt.QCheckBox(_("Registered"))
        self.registeredBox.toolTip = _("Show every phase moved onto the reference; else as it was taken.")
        layout.addLayout(row((self.namesButton, 1), (self.recogniseButton, 1)))
        layout.addLayout(row((self.sideBySideBox, 1), (self.registeredBox, 1)))
        self.referenceLabel = wrappingLabel()
        layout.addWidget(self.referenceLabel)
        self.messageLabel, self._say = messageLabel()
        layout.addWidget(self.messageLabel)
        self._say("")

        self.namesButton.clicked.connect(self._onNames)
        self.recogniseButton.clicked.connect(self.recognise)
        self.sideBySideBox.toggled.connect(self._onSideBySide)
        self.registeredBox.toggled.connect(self._onRegistered)

    def recognise(self):
        """Let the server tell the phases of the open case."""
        self._say("")
        client, case = self._session.client, self._caseScene.case
        title = _("Recognising the phases")
        self._recognising = self._session.run(title, lambda task: imagesOf(client.recognizePhases(case, task)))
        self._recognising.done.connect(lambda images: self._onTold(case, images))
        self._follow(self._recognising, "_recognising")

    def register(self):
        """Fetch how the phases are registered; the server analyses the case first where it has not."""
        self._say("")
        client, case, names = self._session.client, self._caseScene.case, self._phases.unregistered()
        self._registering = self._session.run(_("Registering"), loadRegistrations, client, case, names)
        self._registering.done.connect(lambda registrations: self._onRegistrations(case, registrations))
        for signal in (self._registering.failed, self._registering.cancelled):
            signal.connect(self._onNotRegistered)
        self._follow(self._registering, "_registering")

    def close(self):
        """Let the selectors follow the scene no more."""
        self._truth.stop()
        for selector in self.selectors.values():
            quietly(selector, selector.setMRMLScene, None)

    def _send(self):
        """Tell the server what the annotator says of the phases; one request after the other."""
        word = {name: phase.value for name, phase in self._phases.annotatorsWord().items()}
        self._due[self._caseScene.case] = self._session.client, word
        if self._sending is None:
            self._sendNext()

    def _sendNext(self):
        case = next(iter(self._due))
        client, word = self._due.pop(case)
        self._sending = self._session.run(_("Sending the phases"), lambda task: imagesOf(client.setPhases(case, word)))
        self._sending.done.connect(lambda images: self._onTold(case, images))
        self._follow(self._sending, "_sending")
        self._sending.ended.connect(self._onSent)

    def _follow(self, job, attribute):
        def end():
            if getattr(self, attribute) is job:
                setattr(self, attribute, None)
            self._update()

        job.failed.connect(lambda error: self._say(str(error), "bad"))
        job.ended.connect(end)
        self._update()

    def _onSelected(self, phase):
        def select(node):
            if self._phases.assign(phase, node) and self._isOnServer and self._phases.annotatorsWord():
                self._say("")
                self._send()

        return select

    def _onMoved(self, node):
        """Show the truth again: the box goes to the neighbour of a volume that is removed, which nobody has chosen."""
        self._truth.start()

    def _onNames(self):
        self._phases.assignByNames()

    def _onOpened(self):
        self._say("")
        if self._isOnServer and len(self._caseScene.images) > 1 and not all(i.phase for i in self._caseScene.images):
            self.recognise()
        self._update()

    def _onTold(self, case, images):
        if case == self._caseScene.case and case not in self._due:
            self._phases.assignAsTold(images)

    def _onSent(self):
        if self._due:
            self._sendNext()

    def _onSideBySide(self, isOn):
        self._sideBySide.setOn(isOn)

    def _onLaidOut(self):
        qt.QTimer.singleShot(0, self._sideBySide.fit)  # when the views have got their sizes

    def _onRegistered(self, isOn):
        self._phases.setRegistered(isOn)
        if isOn and self._phases.unregistered() and self._isOnServer and self._registering is None:
            self.register()

    def _onRegistrations(self, case, registrations):
        if case == self._caseScene.case:
            self._phases.addRegistrations(registrations)

    def _onNotRegistered(self, *error):
        self._phases.setRegistered(False)

    @property
    def _isOnServer(self):
        """Whether the open case is one of the connected server."""
        return isOnServer(self._caseScene, self._session)

    def _update(self, *ignored):
        for phase, selector in self.selectors.items():
            quietly(selector, selector.setCurrentNode, self._phases.volume(phase))
            evidence = evidenceFor(phase, self._phases.imageOf(phase))
            label = self.evidence[phase]
            label.text = evidence.text
            label.toolTip = evidence.details
            label.styleSheet = styleOf("bad" if evidence.isWarning else "")
        quietly(self.sideBySideBox, self.sideBySideBox.setChecked, self._sideBySide.isOn)
        quietly(self.registeredBox, self.registeredBox.setChecked, self._phases.isRegistered)
        self.recogniseButton.enabled = self._isOnServer and self._recognising is None
        self.sideBySideBox.enabled = bool(self._phases.volumes())
        warning = referenceWarning(self._caseScene)
        say(self.referenceLabel, warning, "bad")
        canRegister = not warning and (self._isOnServer or not self._phases.unregistered())
        self.registeredBox.enabled = canRegister and len(self._caseScene.images) > 1 and self._registering is None
