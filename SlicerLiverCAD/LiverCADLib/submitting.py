"""Takes the open case to the server and back, by way of the outbox; no Qt. In the GUI thread, work is done in jobs."""

from LiverCADLib.clientErrors import ConflictError
from LiverCADLib.scene.analysis import takeAnalysis
from LiverCADLib.scene.caseFolder import findingsOf, readCase, readFindings, writeCase, writeFindings
from LiverCADLib.scene.lesionTable import counted
from LiverCADLib.scene.submission import concerns, markSubmitted
from LiverCADLib.segmenting import fetchSubmission
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _


class Submitting:
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
        No arguments; what waits, or whether something is at work, is another.
    told : Signal
        (sentence, "good", "bad" or ""): how it went.
    conflict : (Waiting, ConflictError) or None
        The submission that a newer version on the server keeps from being taken.
    waiting : list of Waiting
        The oldest first.
    """

    def __init__(self, workbench, session, outbox):
        self.changed, self.told = Signal(), Signal()
        self._workbench, self._session, self._outbox = workbench, session, outbox
        self._job, self._edits = None, 0
        self.conflict, self.waiting = None, outbox.waiting()
        workbench.lesions.edited.connect(self._onEdited)
        workbench.scene.opened.connect(self._onOpened)
        session.connected.connect(self._onConnected)

    @property
    def isBusy(self):
        """Whether something is on its way."""
        return self._job is not None

    @property
    def caseName(self):
        """What the open case is called in files."""
        scene = self._workbench.scene
        name = scene.case or (scene.reference.GetName() if scene.reference else "") or "case"
        return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)

    def concerns(self):
        """What the annotator may have overlooked, in sentences."""
        if self._workbench.segmentation is None:
            return []
        return concerns(self._workbench.lesions, self._workbench.scene.parameters.state)

    def submit(self, annotator):
        """Write the open case to the outbox, and send it where a server is connected.

        Parameters
        ----------
        annotator : str
            Who submits.
        """
        scene, edits = self._workbench.scene, self._edits
        case, parameters = self._workbench.collect(annotator), scene.parameters
        client = self._session.client
        job = self._start(
            _("Submitting {case}").format(case=scene.case),
            _submit,
            self._outbox,
            client if client and client.address == scene.server else None,
            (case, scene.server, parameters.version, parameters.waiting),
        )
        job.done.connect(lambda answer: self._onSubmitted(edits, *answer))

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

    def openTheirs(self):
        """Open the server's version; the one in conflict goes on waiting."""
        self.conflict = None
        self._workbench.scene.parameters.waiting = ""
        self.reopen()

    def drop(self):
        """Throw the submission that is in conflict away; the scene is unsaved then."""
        waiting, self.conflict = self.conflict[0], None
        self._outbox.remove(waiting)
        parameters = self._workbench.scene.parameters
        if parameters.waiting == waiting.id:
            parameters.waiting = ""
            self._workbench.scene.markUnsaved()
        self._look()

    def reopen(self):
        """Bring the server's latest submission of the open case into the scene."""
        scene, segmentation = self._workbench.scene, self._workbench.require()
        title = _("Opening the submission of {case}").format(case=scene.case)
        job = self._start(title, fetchSubmission, self._session.client, scene.case, segmentation.grid)
        job.done.connect(lambda case: self._onReopened(segmentation, case))

    def exportCase(self, folder):
        """Write the open case into a folder."""
        case = self._workbench.collect(self._session.settings.annotator)
        job = self._start(_("Exporting the case"), lambda task: writeCase(folder, case))
        job.done.connect(lambda nothing: self._tell(_("Written: {name}").format(name=folder), "good"))

    def importCase(self, folder):
        """Open an annotated case from a folder, in the place of what is in the scene."""
        segmentation = self._workbench.require()
        job = self._start(_("Importing the case"), lambda task: readCase(folder, segmentation.grid))
        job.done.connect(lambda case: self._onImported(segmentation, case))

    def exportFindings(self, path):
        """Write the findings as they stand."""
        writeFindings(path, findingsOf(self._workbench.lesions))
        self._tell(_("Written: {name}").format(name=path), "good")

    def importFindings(self, path):
        """Add what findings say to what is in the scene."""
        segmentation = self._workbench.require()
        job = self._start(_("Importing findings"), lambda task: readFindings(path, segmentation.grid))
        job.done.connect(lambda answer: self._onFindings(segmentation, answer))

    def _start(self, title, function, *arguments):
        self._tell("")
        self._job = job = self._session.run(title, function, *arguments)
        job.failed.connect(self._onFailed)
        job.cancelled.connect(self._onCancelled)
        job.ended.connect(lambda: self._onEnded(job))
        self.changed.emit()
        return job

    def _onSubmitted(self, edits, waiting, sent, refused):
        scene = self._workbench.scene
        if (scene.server, scene.case) == (waiting.server, waiting.case):
            scene.parameters.waiting = waiting.id
            if edits == self._edits:
                scene.markUnsaved(False)
        self._onSent(sent, refused)
        if waiting.id not in sent and not refused:
            self._tell(_("Saved on this computer. It is sent when the server is connected."))

    def _onSent(self, sent, refused):
        parameters = self._workbench.scene.parameters
        if parameters.waiting in sent:
            parameters.version, parameters.waiting = sent[parameters.waiting], ""
            markSubmitted(self._workbench.lesions)
        conflicts = [(waiting, error) for waiting, error in refused if isinstance(error, ConflictError)]
        self.conflict = conflicts[0] if conflicts else None
        others = [error for _waiting, error in refused if not isinstance(error, ConflictError)]
        if others:
            saved = _("It is saved on this computer and waits.")
            self._tell(f"{others[0]} {saved}", "bad")
        elif conflicts:
            self._tell("")
        elif sent:
            versions = ", ".join(map(str, sent.values()))
            self._tell(_("Submitted: version {version}.").format(version=versions), "good")

    def _onReopened(self, segmentation, case):
        if self._workbench.segmentation is segmentation and case is not None:
            self._workbench.restore(case)
            who = case.annotation.annotator if case.annotation else _("another program")
            self._tell(_("Version {version} by {who} is open.").format(version=case.version, who=who), "good")

    def _onImported(self, segmentation, case):
        if self._workbench.segmentation is segmentation:
            self._workbench.restore(case)
            self._workbench.scene.markUnsaved()
            self._tell(_("The case was imported."), "good")

    def _onFindings(self, segmentation, answer):
        if self._workbench.segmentation is segmentation:
            added = takeAnalysis(self._workbench.lesions, answer, keepMine=bool(self._workbench.lesions.numbers))
            self._tell(_("{lesions} imported.").format(lesions=counted(len(added))), "good")

    def _onOpened(self):
        """Bring back what was submitted of a case: what waits here is newer than what the server has."""
        scene = self._workbench.scene
        waiting = self._outbox.latest(scene.server, scene.case)
        if waiting is not None:
            segmentation = self._workbench.require()
            job = self._start(_("Opening your submission"), lambda task: self._outbox.read(waiting, segmentation.grid))
            job.done.connect(lambda case: self._onWaitingOpened(segmentation, waiting, case))
        elif scene.parameters.version and self._session.isConnected:
            self.reopen()

    def _onWaitingOpened(self, segmentation, waiting, case):
        if self._workbench.segmentation is segmentation:
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

    def _onEdited(self):
        self._edits += 1

    def _onFailed(self, error):
        if isinstance(error, ConflictError) and self.conflict:
            self.conflict = self.conflict[0], error
        self._tell(str(error), "bad")

    def _onCancelled(self):
        """What was written before the cancel goes on waiting, and what is corrected now follows it."""
        scene = self._workbench.scene
        latest = self._outbox.latest(scene.server, scene.case)
        if latest is not None:
            scene.parameters.waiting = latest.id
        self._tell(_("Stopped. What waits is kept on this computer.") if latest else _("Stopped."))

    def _onEnded(self, job):
        if self._job is job:
            self._job = None
        self._look()

    def _look(self):
        self.waiting = self._outbox.waiting()
        self.changed.emit()

    def _tell(self, text, kind=""):
        self.told.emit(text, kind)


def _submit(task, outbox, client, what):
    """Write first, then send; in a worker thread."""
    task.report(0.0, _("Saving on this computer"))
    case, server, version, follows = what
    isThere = follows in {waiting.id for waiting in outbox.waiting()}
    waiting = outbox.put(case, server, version, follows if isThere else "")
    sent, refused = outbox.sendAll(task.part(0.2, 1.0), client) if client else ({}, [])
    return waiting, sent, refused
