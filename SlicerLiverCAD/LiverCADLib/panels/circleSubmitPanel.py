"""Submits the circles of the open ultrasound case, and keeps what was not submitted."""

import qt
import slicer

from LiverCADLib.panels.annotatorField import AnnotatorField
from LiverCADLib.panels.conflictGroup import conflictGroup
from LiverCADLib.panels.consent import hasConsent
from LiverCADLib.panels.keptGroup import KeptGroup
from LiverCADLib.panels.parts import column, messageLabel, pushButton, say, timer, wrappingLabel
from LiverCADLib.panels.replacing import isAgreed
from LiverCADLib.panels.submitPanel import DRAFT_MS
from LiverCADLib.translation import _


class CircleSubmitPanel:
    """The section "Submit circles".

    Parameters
    ----------
    pictures : PictureCase
        The open ultrasound case.
    submitting : CircleSubmitting
        Submits it.
    session : Session
        The server.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    """

    def __init__(self, pictures, submitting, session):
        self._pictures, self._submitting, self._session = pictures, submitting, session
        self.widget, layout = column()
        self._build(layout)
        self._draftTimer = timer(DRAFT_MS, submitting.drafts.keep)
        self._draftTimer.start()
        slicer.app.connect("aboutToQuit()", submitting.drafts.keep)
        self._followed = pictures.changed, submitting.changed, pictures.scene.unsavedChanged
        for signal in self._followed:
            signal.connect(self._update)
        submitting.told.connect(self._say)
        submitting.asked.connect(self._onAsked)
        self._update()

    def _build(self, layout):
        form = qt.QFormLayout()
        layout.addLayout(form)  # first, so that its rows have a parent at once
        self.annotator = AnnotatorField(self._session)
        form.addRow(_("Annotator:"), self.annotator.widget)
        self.noteEdit = qt.QLineEdit()
        self.noteEdit.placeholderText = _("Words on what you submit")
        form.addRow(_("Note:"), self.noteEdit)
        self.reasonLabel = wrappingLabel()
        layout.addWidget(self.reasonLabel)
        toolTip = _("Send the circles of all images that were changed to the server.")
        self.submitButton = pushButton(_("Submit circles"), toolTip, "submit")
        layout.addWidget(self.submitButton)
        self.messageLabel, self._say = messageLabel()
        layout.addWidget(self.messageLabel)
        parts = conflictGroup(_("The server has newer circles of this case"))
        self.conflictBox, self.conflictLabel, self.forceButton, self.theirsButton = parts
        layout.addWidget(self.conflictBox)
        self._say("")
        self.kept = KeptGroup(self._submitting, self._pictures.scene)
        layout.addWidget(self.kept.widget)
        self.annotator.widget.textChanged.connect(self._update)
        self.noteEdit.textChanged.connect(self._onNote)
        self.submitButton.clicked.connect(self.submit)
        self.forceButton.clicked.connect(self.force)
        self.theirsButton.clicked.connect(self._submitting.openTheirs)

    def submit(self):
        """Send what was changed, after consent."""
        self._send(isForced=False)

    def force(self):
        """The same, also where somebody else has submitted meanwhile."""
        self._send(isForced=True)

    def _send(self, isForced):
        self.annotator.keep()
        if hasConsent(self._session):
            self._submitting.submit(self.annotator.name, isForced)

    def close(self):
        """Stop for good."""
        self._draftTimer.stop()
        slicer.app.disconnect("aboutToQuit()", self._submitting.drafts.keep)
        self.annotator.close()
        self.kept.close()
        for signal in self._followed:
            signal.disconnect(self._update)
        self._submitting.told.disconnect(self._say)
        self._submitting.asked.disconnect(self._onAsked)

    def _onAsked(self, question, agree):
        if isAgreed(question):
            agree()

    def _onNote(self, text):
        self._pictures.setNote(text)

    def _update(self, *news):
        note = self._pictures.scene.parameters.pictureNote
        if self.noteEdit.text != note:
            self.noteEdit.text = note
        reason = self._submitting.whyNot()
        if not reason and not self.annotator.name:
            reason = _("Enter your name to submit.")
        for button in (self.submitButton, self.forceButton):
            button.enabled = not reason and not self._submitting.isBusy
        conflict = self._submitting.conflict
        self.conflictBox.setVisible(conflict is not None)
        self.theirsButton.enabled = self._submitting.canOpenTheirs and not self._submitting.isBusy
        self.conflictLabel.text = f"{self._pictures.scene.case}: {conflict}" if conflict else ""
        say(self.reasonLabel, reason or self._changedText())

    def _changedText(self):
        changed = [picture.name for picture in self._pictures.pictures if picture.isChanged]
        return _("Changed: {images}").format(images=", ".join(changed)) if changed else ""
