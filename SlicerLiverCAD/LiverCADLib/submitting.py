"""Takes the open case to the server and back, by way of the outbox; no Qt. In the GUI thread, work is done in jobs."""

from LiverCADLib.cases import isOnServer
from LiverCADLib.clientErrors import ClientError, ConflictError
from LiverCADLib.drafts import Drafts
from LiverCADLib.opening import Opening
from LiverCADLib.scene.letters import Kind
from LiverCADLib.scene.submission import concerns, markSubmitted
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _


class Submitting(Opening):
    """Submits, sends what waits, opens what was submitted.

    Parameters
    ----------
    workbench : Workbench
        Masks and lesions of the open case.
    session : Session
        The server.
    outbox : Outbox
        What waits.

    Attributes
    ----------
    submitted : Signal
        No arguments; the server has taken submissions.
    changed : Signal
        No arguments; what waits or is kept, or whether something is at work, is another.
    conflict : (Waiting, ConflictError) or None
        The submission that a newer version on the server keeps from being taken.
    waiting : list of Waiting
        What is to be sent, the oldest first.
    kept : list of Waiting
        What is opened only on demand, the oldest first: submissions that were set aside, and changes of earlier
        sessions that were not submitted.
    drafts : Drafts
        Copies of the changes of this session.
    """

    def __init__(self, workbench, session, outbox):
        super().__init__(workbench, session, outbox)
        self.drafts = Drafts(workbench, session, outbox)
        self.submitted = Signal()
        self.conflict, self.waiting, self.kept = None, [], []
        self._look()
        self.drafts.changed.connect(self._look)
        self.drafts.failed.connect(lambda sentence: self._tell(sentence, "bad"))
        workbench.scene.opened.connect(self._onOpened)
        workbench.scene.restored.connect(self._look)
        session.connected.connect(self._onConnected)

    def concerns(self):
        """What the annotator may have overlooked, in sentences."""
        if self._workbench.segmentation is None:
            return []
        return concerns(self._workbench.lesions, self._workbench.scene.parameters.state)

    def submit(self, annotator):
        """Write the open case to the outbox; send it where its server is connected and the user lets it have masks.

        Parameters
        ----------
        annotator : str
            Who submits.
        """
        scene, segmentation = self._workbench.scene, self._workbench.segmentation
        case, parameters = self._workbench.collect(annotator), scene.parameters
        edits = scene.edits
        job = self._start(
            _("Submitting {case}").format(case=scene.case),
            _submit,
            self._outbox,
            self._session.client if self._isServerOf(scene) and not self._session.needsConsent() else None,
            (case, scene.server, parameters.version, parameters.waiting),
        )
        job.done.connect(lambda answer: self._onSubmitted(segmentation, edits, *answer))
        for signal in (job.failed, job.cancelled):
            signal.connect(lambda *arguments: self._followLatest(segmentation))

    def needsConsent(self):
        """Whether the user has to be asked before the open case can be sent, and not only saved on this computer."""
        return self._isServerOf(self._workbench.scene) and self._session.needsConsent()

    def send(self):
        """Send what waits for the connected server."""
        job = self._start(_("Sending what waits"), self._outbox.sendAll, self._session.client)
        job.done.connect(lambda answer: self._onSent(*answer))

    @property
    def canForce(self):
        """Whether the server that the submission in conflict is for is connected."""
        client = self._session.client
        return self.conflict is not None and client is not None and self.conflict[0].server == client.address

    @property
    def canOpenTheirs(self):
        """Whether the case of the submission in conflict is open as well."""
        scene = self._workbench.scene
        return self.canForce and (self.conflict[0].server, self.conflict[0].case) == (scene.server, scene.case)

    def force(self):
        """Send the submission that is in conflict, as the newest version; to its own server alone."""
        if not self.canForce:
            return
        waiting = self.conflict[0]
        job = self._start(
            _("Submitting {case}").format(case=waiting.case), self._outbox.send, self._session.client, waiting, True
        )
        job.done.connect(lambda version: self._onSent({waiting.id: version}, []))
        job.failed.connect(lambda error: self._onForceFailed(waiting, error))

    def openTheirs(self):
        """Open the server's version, and set aside what waits of this case."""
        if self.canOpenTheirs:
            self.conflict = None
            self.reopen(setAside=True)

    def drop(self):
        """Throw the submission that is in conflict away; the scene is unsaved then."""
        waiting, self.conflict = self.conflict[0], None
        self._outbox.remove(waiting)
        parameters = self._workbench.scene.parameters
        if parameters.waiting == waiting.id:
            parameters.waiting = ""
            self._workbench.scene.markUnsaved()
        self._look()

    def discard(self, letter):
        """Throw something that was kept away."""
        self._outbox.remove(letter)
        self._look()

    def close(self):
        """Leave what is kept on this computer to others."""
        self._outbox.close()

    def _isServerOf(self, scene):
        return isOnServer(scene, self._session)

    def _onSubmitted(self, segmentation, edits, waiting, sent, refused):
        scene = self._workbench.scene
        if self._workbench.segmentation is segmentation:
            scene.parameters.waiting = waiting.id
            self._workbench.lesions.settle()
            if scene.edits == edits:
                scene.markUnsaved(False)
        self._onSent(sent, refused)
        if waiting.id not in sent and not refused:
            isRefused = self._session.client is not None and self._session.client.address == waiting.server
            self._tell(
                _("Saved on this computer, and not sent: you have not allowed that.")
                if isRefused
                else _("Saved on this computer. It is sent when the server is connected.")
            )

    def _onSent(self, sent, refused):
        if sent:
            self.submitted.emit()
        parameters = self._workbench.scene.parameters
        if parameters.waiting in sent:
            parameters.version, parameters.waiting = sent[parameters.waiting], ""
            markSubmitted(self._workbench.lesions)
        if parameters.waiting in {waiting.id for waiting, error in refused if not _isWaiting(error)}:
            parameters.waiting = ""  # what comes next does not follow it
            self._workbench.scene.markUnsaved()
        conflicts = [(waiting, error) for waiting, error in refused if isinstance(error, ConflictError)]
        self.conflict = conflicts[0] if conflicts else None
        self._tell(*_howItWent(sent, [error for _waiting, error in refused if not isinstance(error, ConflictError)]))

    def _onForceFailed(self, waiting, error):
        if not _isWaiting(error):
            self._onSent({}, [(waiting, error)])

    def _onOpened(self):
        self._openWhatIsKnown()
        self._look()

    def _followLatest(self, segmentation):
        """What was written before a submission broke goes on waiting, and what is corrected now follows it."""
        scene = self._workbench.scene
        latest = self._outbox.latest(scene.server, scene.case)
        if latest is not None and self._workbench.segmentation is segmentation:
            scene.parameters.waiting = latest.id

    def _onConnected(self, info):
        """Send what waits as soon as its server is there, if the user has already let this one have masks."""
        self._look()
        mine = [waiting for waiting in self.waiting if waiting.server == self._session.client.address]
        if mine and not self.isBusy and not self._session.needsConsent():
            self.send()

    def _onFailed(self, error):
        if isinstance(error, ConflictError) and self.conflict:
            self.conflict = self.conflict[0], error
        super()._onFailed(error)

    def _onCancelled(self):
        scene = self._workbench.scene
        latest = self._outbox.latest(scene.server, scene.case)
        self._tell(_("Stopped. What waits is kept on this computer.") if latest else _("Stopped."))

    def _onEnded(self, job):
        super()._onEnded(job)
        self._look()

    def _look(self):
        mine, self.waiting = self._workbench.scene.parameters.draft, self._outbox.waiting()
        kept = self._outbox.kept(Kind.ASIDE) + self._outbox.kept(Kind.DRAFT)
        self.kept = sorted((letter for letter in kept if letter.id != mine), key=lambda letter: letter.id)
        self.changed.emit()


def _isWaiting(error):
    """Whether a submission goes on waiting after an error: it can be read, and the server may yet take it."""
    return isinstance(error, ClientError) and not error.isForGood


def _howItWent(sent, errors):
    """What to tell of a sending: a sentence, and whether it is good or bad."""
    told = []
    if sent:
        told.append(_("Submitted: version {version}.").format(version=", ".join(map(str, sent.values()))))
    for error in errors:
        told.append(str(error))
        if _isWaiting(error):
            told.append(_("It is saved on this computer and waits."))
        elif isinstance(error, ClientError):
            told.append(_("It is kept on this computer: open it there, correct it and submit it, or throw it away."))
    return " ".join(told), "bad" if errors else "good" if sent else ""


def _submit(task, outbox, client, what):
    """Write first, then send; in a worker thread."""
    task.report(0.0, _("Saving on this computer"))
    case, server, version, follows = what
    isThere = follows in {waiting.id for waiting in outbox.waiting()}
    waiting = outbox.put(case, server, version, follows if isThere else "")
    sent, refused = outbox.sendAll(task.part(0.2, 1.0), client) if client else ({}, [])
    return waiting, sent, refused
