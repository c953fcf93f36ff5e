"""Takes the open case to the server and back, by way of the outbox; no Qt. In the GUI thread, work is done in jobs."""

from LiverCADLib.cases import isOnServer
from LiverCADLib.clientErrors import ClientError, ConflictError
from LiverCADLib.drafts import Drafts
from LiverCADLib.fileWork import FileWork
from LiverCADLib.scene.outbox import Kind
from LiverCADLib.scene.submission import concerns, markSubmitted
from LiverCADLib.segmenting import fetchSubmission
from LiverCADLib.translation import _


class Submitting(FileWork):
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
        super().__init__(workbench, session)
        self._outbox, self.drafts = outbox, Drafts(workbench, session, outbox)
        self.conflict, self.waiting, self.kept = None, [], []
        self._look()
        self.drafts.changed.connect(self._look)
        self.drafts.failed.connect(lambda sentence: self._tell(sentence, "bad"))
        workbench.scene.opened.connect(self._onOpened)
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

    def force(self):
        """Send the submission that is in conflict, as the newest version."""
        waiting = self.conflict[0]
        job = self._start(
            _("Submitting {case}").format(case=waiting.case), self._outbox.send, self._session.client, waiting, True
        )
        job.done.connect(lambda version: self._onSent({waiting.id: version}, []))
        job.failed.connect(lambda error: self._onForceFailed(waiting, error))

    def openTheirs(self):
        """Open the server's version, and set aside what waits of this case."""
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

    def reopen(self, setAside=False):
        """Bring the server's latest submission of the open case into the scene.

        Parameters
        ----------
        setAside : bool
            Whether what waits of this case is set aside when it comes.
        """
        scene, segmentation = self._workbench.scene, self._workbench.require()
        title = _("Opening the submission of {case}").format(case=scene.case)
        job, mayCome = self._startOpening(title, fetchSubmission, self._session.client, scene.case, segmentation.grid)
        job.done.connect(lambda case: self._onReopened(mayCome, segmentation, case, setAside))
        for signal in (job.failed, job.cancelled):
            signal.connect(lambda *arguments: self._missTheirs(segmentation))

    def openKept(self, letter):
        """Open a submission that was set aside, or changes that were not submitted, in the place of what is there."""
        grid = self._workbench.require().grid
        title = _("Opening what was kept of {case}").format(case=letter.case)
        job, mayCome = self._startOpening(title, lambda task: self._outbox.read(letter, grid))
        job.done.connect(lambda case: self._onKeptOpened(mayCome, letter, case))

    def discard(self, letter):
        """Throw something that was kept away."""
        self._outbox.remove(letter)
        self._look()

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

    def _followLatest(self, segmentation):
        """What was written before a submission broke goes on waiting, and what is corrected now follows it."""
        scene = self._workbench.scene
        latest = self._outbox.latest(scene.server, scene.case)
        if latest is not None and self._workbench.segmentation is segmentation:
            scene.parameters.waiting = latest.id

    def _onReopened(self, mayCome, segmentation, case, setAside):
        if case is None:
            return
        if not mayCome():
            self._missTheirs(segmentation)
            return
        if setAside:
            self._outbox.setAside(self._workbench.scene.server, self._workbench.scene.case)
            self._workbench.scene.parameters.waiting = ""
        self._workbench.restore(case)
        who = case.annotation.annotator if case.annotation else _("another program")
        self._tell(_("Version {version} by {who} is open.").format(version=case.version, who=who), "good")

    def _missTheirs(self, segmentation):
        """What is in the scene is based on nothing of the server's: submitting it is to be a conflict, and seen."""
        if self._workbench.segmentation is segmentation:
            self._workbench.scene.parameters.version = 0

    def _onKeptOpened(self, mayCome, letter, case):
        if mayCome():
            self._workbench.restore(case)
            parameters, letter = self._workbench.scene.parameters, self._outbox.find(letter.id) or letter
            parameters.version, parameters.waiting, parameters.draft = letter.basedOn, letter.follows, letter.id
            self._workbench.scene.markUnsaved()
            self._look()
            self._tell(_("What was kept of {made} is open. It is not submitted yet.").format(made=letter.made), "good")

    def _onOpened(self):
        """Bring back what is known of a case: changes that were not submitted, if the user wants them, come first."""
        scene = self._workbench.scene
        drafts = self._outbox.kept(Kind.DRAFT, scene.server, scene.case)
        question = _("There are corrections of {case} of {made} that were not submitted. Bring them back?")
        if drafts and self._isAgreed(question.format(case=scene.case, made=drafts[-1].made)):
            self.openKept(drafts[-1])
        else:
            self._openSubmitted()
        self._look()

    def _openSubmitted(self):
        """Bring back what was submitted of a case: what waits here is newer than what the server has."""
        scene = self._workbench.scene
        waiting = self._outbox.latest(scene.server, scene.case)
        if waiting is not None:
            grid = self._workbench.require().grid
            job, mayCome = self._startOpening(
                _("Opening your submission"), lambda task: self._outbox.read(waiting, grid)
            )
            job.done.connect(lambda case: self._onWaitingOpened(mayCome, waiting, case))
        elif scene.parameters.version and self._session.isConnected:
            self.reopen()

    def _onWaitingOpened(self, mayCome, waiting, case):
        if mayCome():
            self._workbench.restore(case)
            self._workbench.scene.parameters.waiting = waiting.id
            sentence = _("Your submission of {made}, which the server does not have yet, is open.")
            self._tell(sentence.format(made=waiting.made))

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
