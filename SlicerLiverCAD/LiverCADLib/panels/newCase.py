"""Volumes of the scene as a new case of the server."""

import ctk
import qt

from LiverCADLib.caseLoading import uploadCase
from LiverCADLib.panels.consent import hasConsent
from LiverCADLib.panels.parts import pushButton, wrappingLabel
from LiverCADLib.scene.volumes import volumeOf
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _


class NewCaseGroup:
    """A part of the section "Case".

    Parameters
    ----------
    caseScene : CaseScene
        The open case, in whose place the new one comes.
    phases : Phases
        What is sent.
    session : Session
        The server.
    mayReplace : callable
        Asks before changes of the open case are lost; returns whether it may be closed.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    said : Signal
        (text, kind): what the user should know; see `parts.styleOf`.
    uploaded : Signal
        No arguments; the server has a case more.
    """

    def __init__(self, caseScene, phases, session, mayReplace):
        self._caseScene, self._phases, self._session = caseScene, phases, session
        self._mayReplace, self._job = mayReplace, None
        self.said, self.uploaded = Signal(), Signal()
        self.widget = ctk.ctkCollapsibleGroupBox()
        self.widget.title = _("New case from volumes of the scene")
        self.widget.collapsed = True
        self._build(qt.QFormLayout(self.widget))
        for signal in (session.connected, session.disconnected, phases.changed):
            signal.connect(self._update)
        self._update()

    def _build(self, form):
        self.nameEdit = qt.QLineEdit()
        self.nameEdit.toolTip = _("What the case is called on the server")
        form.addRow(_("Name:"), self.nameEdit)
        self.volumesLabel = wrappingLabel()
        form.addRow(self.volumesLabel)
        self.uploadButton = pushButton(_("Upload"), _("Send these volumes to the server as a case."))
        form.addRow(self.uploadButton)
        self.nameEdit.textChanged.connect(self._onName)
        self.uploadButton.clicked.connect(self.upload)

    def upload(self):
        """Send the volumes that are set as phases to the server, after consent."""
        nodes, case, client = self._phases.volumes(), self.nameEdit.text.strip(), self._session.client
        reason = self._whyNot(nodes.values())
        self.said.emit(reason, "bad")
        if reason or not self._mayReplace() or not hasConsent(self._session):
            return
        volumes = {phase: volumeOf(node) for phase, node in nodes.items()}
        title = _("Uploading {case}").format(case=case)
        self._job = self._session.run(title, uploadCase, client, case, volumes)
        self._job.done.connect(lambda answer: self._onUploaded(client.address, nodes, *answer))
        self._job.failed.connect(lambda error: self.said.emit(str(error), "bad"))
        self._job.ended.connect(self._onEnded)
        self._update()

    def _whyNot(self, nodes):
        for node in nodes:
            if self._caseScene.imageOf(node):
                return _("{name} is of the open case, which the server has.").format(name=node.GetName())
            if node.GetParentTransformNode() is not None:
                sentence = _("{name} is moved by a transform. Harden or remove it first.")
                return sentence.format(name=node.GetName())
        return ""

    def _onUploaded(self, server, nodes, case, images):
        self.uploaded.emit()
        named = {image.name: node for image, node in zip(images, nodes.values(), strict=True)}
        if any(node.GetScene() is None for node in named.values()):
            sentence = _("{case} is on the server; its volumes are no longer in the scene.")
            self.said.emit(sentence.format(case=case), "")
        elif self._mayReplace():
            self._caseScene.adopt(case, server, images, named)

    def _onEnded(self):
        self._job = None
        self._update()

    def _onName(self, text):
        self._update()

    def _update(self, *ignored):
        nodes = self._phases.volumes()
        names = ", ".join(node.GetName() for node in nodes.values())
        self.volumesLabel.text = names or _("Choose the volumes in the section Phases.")
        isReady = bool(nodes) and bool(self.nameEdit.text.strip())
        self.uploadButton.enabled = isReady and self._session.isConnected and self._job is None
