"""Brings back what is known of the open case: what was not submitted, what waits, and what was submitted; no Qt."""

from LiverCADLib.cases import isOnServer
from LiverCADLib.fileWork import FileWork
from LiverCADLib.scene.letters import Kind
from LiverCADLib.segmenting import fetchSubmission
from LiverCADLib.translation import _


class Opening(FileWork):
    """Opens what the server and this computer have of a case.

    Parameters
    ----------
    workbench : Workbench
        Masks and lesions of the open case.
    session : Session
        The server.
    outbox : Outbox
        What waits, and what is kept.
    """

    def __init__(self, workbench, session, outbox):
        super().__init__(workbench, session)
        self._outbox = outbox

    def reopen(self, setAside=False):
        """Bring the server's latest submission of the open case into the scene.

        Parameters
        ----------
        setAside : bool
            Whether what waits of this case is set aside when it comes.
        """
        scene = self._workbench.scene
        title = _("Opening the submission of {case}").format(case=scene.case)
        self._open(
            title,
            fetchSubmission,
            self._session.client,
            scene.case,
            done=lambda case: self._onReopened(case, setAside),
            missed=self._missTheirs,
        )

    def openKept(self, letter, missed=None):
        """Open a submission that was set aside, or changes that were not submitted, in the place of what is there."""
        title = _("Opening what was kept of {case}").format(case=letter.case)
        self._open(title, self._readKept, letter, done=lambda case: self._onKeptOpened(letter, case), missed=missed)

    def _openWhatIsKnown(self):
        """Open what is known of a case: changes that were not submitted, if the user wants them, come first."""
        scene = self._workbench.scene
        kept = self._outbox.kept(Kind.DRAFT, scene.server, scene.case)
        drafts = [draft for draft in kept if not draft.isDeclined]
        question = _("There are corrections of {case} of {made} that were not submitted. Bring them back?")
        if drafts and self._isAgreed(question.format(case=scene.case, made=drafts[-1].made)):
            self.openKept(drafts[-1], self._missDraft)
            return
        if drafts:
            self._outbox.decline(scene.server, scene.case)
        self._openSubmitted()

    def _openSubmitted(self):
        """Open what was submitted of a case: what waits here is newer than what the server has."""
        scene = self._workbench.scene
        waiting = self._outbox.latest(scene.server, scene.case)
        if waiting is not None:
            self._open(
                _("Opening your submission"),
                self._readKept,
                waiting,
                done=lambda case: self._onWaitingOpened(waiting, case),
                missed=self._missTheirs,
            )
        elif scene.parameters.version and isOnServer(scene, self._session):
            self.reopen()
        else:
            self._missTheirs()

    def _readKept(self, task, letter, grid):
        return self._outbox.read(letter, grid)

    def _missDraft(self, isWanted):
        """Open what was submitted in the place of changes that cannot be read, if nothing was drawn meanwhile."""
        if isWanted and not self._workbench.scene.isUnsaved:
            self._openSubmitted()
        else:
            self._missTheirs()

    def _missTheirs(self, isWanted=False):
        """What is in the scene is based on nothing of the server's: submitting it is to be a conflict, and seen."""
        self._workbench.scene.parameters.version = 0

    def _onReopened(self, case, setAside):
        if setAside:
            self._outbox.setAside(self._workbench.scene.server, self._workbench.scene.case)
            self._workbench.scene.parameters.waiting = ""
        self._workbench.restore(case)
        who = case.annotation.annotator if case.annotation else _("another program")
        self._tell(_("Version {version} by {who} is open.").format(version=case.version, who=who), "good")

    def _onKeptOpened(self, letter, case):
        self._workbench.restore(case)
        parameters, letter = self._workbench.scene.parameters, self._outbox.find(letter.id) or letter
        parameters.version, parameters.waiting, parameters.draft = letter.basedOn, letter.follows, letter.id
        self._workbench.scene.markUnsaved()
        self._look()
        self._tell(_("What was kept of {made} is open. It is not submitted yet.").format(made=letter.made), "good")

    def _onWaitingOpened(self, waiting, case):
        self._workbench.restore(case)
        self._workbench.scene.parameters.waiting = waiting.id
        sentence = _("Your submission of {made}, which the server does not have yet, is open.")
        self._tell(sentence.format(made=waiting.made))
