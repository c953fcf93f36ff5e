"""Submits the case, sends what waits, and opens again what was submitted."""

import qt
import slicer

from LiverCADLib.panels.annotatorField import AnnotatorField
from LiverCADLib.panels.caseTable import stateTitles
from LiverCADLib.panels.conflictGroup import conflictGroup
from LiverCADLib.panels.consent import hasConsent
from LiverCADLib.panels.filesGroup import FilesGroup
from LiverCADLib.panels.keptGroup import KeptGroup
from LiverCADLib.panels.parts import column, comboBox, messageLabel, pushButton, row, say, timer, wrappingLabel
from LiverCADLib.panels.replacing import isAgreed
from LiverCADLib.scene.phaseEvidence import referenceWarning
from LiverCADLib.translation import _

CLOCK_MS = 10000
"""How often the time that was spent is shown anew."""
DRAFT_MS = 180000
"""How often changes that were not submitted are written to the disk."""


class SubmitPanel:
    """The section "Submit".

    Parameters
    ----------
    submitting : Submitting
        What is submitted and waits.
    workbench : Workbench
        Masks and lesions of the open case.
    session : Session
        The server.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    """

    def __init__(self, submitting, workbench, session):
        self._submitting, self._workbench, self._session = submitting, workbench, session
        self.widget, layout = column()
        self._build(layout)
        self._timer = timer(CLOCK_MS, self._showTime)
        self._timer.start()
        self._draftTimer = timer(DRAFT_MS, self._submitting.drafts.keep)
        self._draftTimer.start()
        self._listen()
        self._onRestored()

    def _build(self, layout):
        form = qt.QFormLayout()
        layout.addLayout(form)  # first, so that its rows have a parent at once
        self.annotator = AnnotatorField(self._session)
        form.addRow(_("Annotator:"), self.annotator.widget)
        self.stateBox = comboBox(stateTitles().values())
        form.addRow(_("The case is:"), self.stateBox)
        self.commentEdit = qt.QPlainTextEdit()
        self.commentEdit.setMaximumHeight(60)
        self.commentEdit.setPlaceholderText(_("Comment on the case"))
        form.addRow(_("Comment:"), self.commentEdit)
        self.timeLabel = qt.QLabel()
        self.timeLabel.toolTip = _("Pauses of more than two minutes are not counted beyond these.")
        form.addRow(_("Time spent:"), self.timeLabel)
        self.concernLabel = wrappingLabel()
        layout.addWidget(self.concernLabel)
        toolTip = _("Save masks, lesions and what you say of them as a new version on the server.")
        self.submitButton = pushButton(_("Submit"), toolTip, "submit")
        layout.addWidget(self.submitButton)
        self.messageLabel, self._say = messageLabel()
        layout.addWidget(self.messageLabel)
        self._buildConflict(layout)
        self._buildOutbox(layout)
        self.files = FilesGroup(self._submitting, self._workbench)
        layout.addWidget(self.files.widget)

    def _buildConflict(self, layout):
        title, self.dropButton = _("The server has a newer version of this case"), pushButton(_("Throw mine away"))
        parts = conflictGroup(title, self.dropButton)
        self.conflictBox, self.conflictLabel, self.forceButton, self.theirsButton = parts
        layout.addWidget(self.conflictBox)

    def _buildOutbox(self, layout):
        self.waitingLabel = wrappingLabel()
        self.sendButton = pushButton(_("Send now"), _("Send what could not be sent before, the oldest first."))
        layout.addLayout(row((self.waitingLabel, 1), (self.sendButton, 0)))
        self.kept = KeptGroup(self._submitting, self._workbench.scene, (self._workbench.opened, self._workbench.closed))
        layout.addWidget(self.kept.widget)

    def _listen(self):
        submitting, workbench, session = self._submitting, self._workbench, self._session
        self.annotator.widget.textChanged.connect(self._update)
        self.stateBox.connect("currentIndexChanged(int)", self._onState)
        self.commentEdit.textChanged.connect(self._onComment)
        self.submitButton.clicked.connect(self.submit)
        self.sendButton.clicked.connect(self.send)
        self.forceButton.clicked.connect(self._onForce)
        self.theirsButton.clicked.connect(self._onTheirs)
        self.dropButton.clicked.connect(self._onDrop)
        slicer.app.connect("aboutToQuit()", submitting.drafts.keepNow)
        submitting.asked.connect(self._onAsked)
        submitting.told.connect(self._say)
        submitting.changed.connect(self._update)
        workbench.lesions.changed.connect(self._update)
        for signal in (workbench.opened, workbench.closed, workbench.restored, workbench.scene.restored):
            signal.connect(self._onRestored)
        scene = workbench.scene
        for signal in (session.connected, session.disconnected, scene.unsavedChanged, scene.imagesChanged):
            signal.connect(self._update)

    def submit(self):
        """Submit the case; without its server, or the user's consent, it waits on this computer."""
        self.annotator.keep()
        if self._submitting.needsConsent():
            hasConsent(self._session)  # a no is no reason not to save it here
        self._submitting.submit(self.annotator.name)

    def send(self):
        """Send what waits."""
        if hasConsent(self._session):
            self._submitting.send()

    def close(self):
        """Stop for good."""
        self._timer.stop()
        self._draftTimer.stop()
        slicer.app.disconnect("aboutToQuit()", self._submitting.drafts.keepNow)
        self.annotator.close()
        self.kept.close()

    def _onAsked(self, question, agree):
        if isAgreed(question):
            agree()

    def _onState(self, index):
        state = list(stateTitles())[index]
        if state is not self._workbench.scene.parameters.state:
            self._workbench.scene.parameters.state = state
            self._workbench.scene.markUnsaved()
            self._update()

    def _onComment(self):
        text = self.commentEdit.plainText
        if text != self._workbench.scene.parameters.comment:
            self._workbench.scene.parameters.comment = text
            self._workbench.scene.markUnsaved()

    def _onForce(self):
        if hasConsent(self._session):
            self._submitting.force()

    def _onTheirs(self):
        question = _("Open the other version? Yours is set aside on this computer; later changes of yours are lost.")
        if not self._workbench.scene.isUnsaved or isAgreed(question):
            self._submitting.openTheirs()

    def _onDrop(self):
        question = _("Throw your submission away? It is then nowhere any more, but the scene stays as it is.")
        if isAgreed(question):
            self._submitting.drop()

    def _onRestored(self, *arguments):
        parameters = self._workbench.scene.parameters
        self.stateBox.setCurrentIndex(list(stateTitles()).index(parameters.state))
        if self.commentEdit.plainText != parameters.comment:
            self.commentEdit.setPlainText(parameters.comment)
        self._update()

    def _update(self, *arguments):
        submitting, isOpen = self._submitting, self._workbench.segmentation is not None
        isCase = isOpen and bool(self._workbench.scene.case)
        hasName = bool(self.annotator.name)
        warning = referenceWarning(self._workbench.scene)
        self.submitButton.enabled = isCase and hasName and not warning and not submitting.isBusy
        for widget in (self.stateBox, self.commentEdit):
            widget.enabled = isCase
        concerns = submitting.concerns()
        if isCase and not hasName:
            concerns.append(_("Enter your name to submit."))
        if warning:
            concerns.append(warning)
        say(self.concernLabel, "\n".join(concerns))
        count = len(submitting.waiting)
        text = _("1 submission waits.") if count == 1 else _("{count} submissions wait.").format(count=count)
        self.waitingLabel.text = text
        self.waitingLabel.setVisible(count > 0)
        self.sendButton.setVisible(count > 0)
        self.sendButton.enabled = self._session.isConnected and not submitting.isBusy
        conflict = submitting.conflict
        self.conflictBox.setVisible(conflict is not None)
        self.conflictBox.enabled = submitting.canForce and not submitting.isBusy
        if conflict:
            waiting, error = conflict
            self.theirsButton.enabled = submitting.canOpenTheirs
            self.conflictLabel.text = f"{waiting.case}: {error}"
        self._showTime()

    def _showTime(self):
        seconds = int(self._workbench.clock.seconds) if self._workbench.segmentation else 0
        self.timeLabel.text = _("{minutes} min").format(minutes=seconds // 60)
