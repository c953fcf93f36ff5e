"""Submits what is marked in the open ultrasound case, and brings back what was not submitted. No Qt."""

from LiverCADLib.asking import whyNoServer, whyNotMarks
from LiverCADLib.caseWork import CaseWork
from LiverCADLib.circleDrafts import CircleDrafts
from LiverCADLib.circleSending import fetchCircles, submitCircles
from LiverCADLib.clientErrors import ConflictError
from LiverCADLib.scene.caseFolder import CaseFolderError
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _


class CircleSubmitting(CaseWork):
    """Submits circles; what the server does not take is kept on this computer.

    Parameters
    ----------
    pictures : PictureCase
        The open ultrasound case.
    session : Session
        The server.

    Attributes
    ----------
    drafts : CircleDrafts
        Copies of what was not submitted.
    kept : list of CircleDraft
        Those of the open case that are opened only on demand, the oldest first.
    submitted : Signal
        No arguments; the server has taken circles.
    conflict : ConflictError or None
        Says whose newer circles of an image kept ours from being taken.
    """

    def __init__(self, pictures, session):
        super().__init__(None, session)
        self._pictures, self._opened, self.conflict = pictures, object(), None
        self.submitted = Signal()
        self.drafts, self.kept = CircleDrafts(pictures, session.settings), []
        self.drafts.failed.connect(lambda sentence: self._tell(sentence, "bad"))
        pictures.opened.connect(self._onOpened)
        pictures.closed.connect(self._onClosed)
        pictures.scene.unsavedChanged.connect(self._onUnsaved)
        for signal in (session.connected, session.disconnected):
            signal.connect(self._onSession)

    def whyNot(self):
        """Why circles cannot be submitted now, as a sentence; empty where they can."""
        if self._pictures.isOpen and not self._pictures.scene.server:
            return _("This image is of no case on a server. Its circles are saved with the scene.")
        if reason := whyNoServer(self._pictures, self._session):
            return reason
        changed = [picture for picture in self._pictures.pictures if picture.isChanged]
        if left := [sentence for picture in changed for sentence in whyNotMarks(picture)]:
            text = _("The server would not take these: {lesions}. Move or delete them.")
            return text.format(lesions="; ".join(left))
        return "" if self._pictures.scene.isUnsaved else _("Nothing was changed since the server has it.")

    def submit(self, annotator, isForced=False):
        """Send the circles of all images that were changed.

        Parameters
        ----------
        annotator : str
            Who submits.
        isForced : bool
            Whether what somebody else has submitted meanwhile may be followed by ours; theirs stays in the history.
        """
        scene, sent, opened = self._pictures.scene, [], self._opened
        changed = self._toSubmit()
        edits, note = scene.edits, scene.parameters.pictureNote
        self.drafts.keep()  # whatever becomes of the sending
        self.conflict = None
        title, client = _("Submitting {case}").format(case=scene.case), self._session.client
        job = self._start(title, submitCircles, client, scene.case, changed, annotator, note, sent, isForced)
        job.done.connect(lambda _none: self._onSubmitted(opened, edits, len(changed)))
        job.failed.connect(lambda error: self._onNotSubmitted(error, changed[len(sent) :]))
        job.ended.connect(lambda: self._settle(opened, sent))

    @property
    def canOpenTheirs(self):
        """Whether there is a conflict, and its server is connected."""
        return self.conflict is not None and not whyNoServer(self._pictures, self._session)

    def openTheirs(self):
        """Open the server's circles of the images of ours that it has newer ones of; ours are set aside."""
        if self.canOpenTheirs:
            opened, case = self._opened, self._pictures.scene.case
            title = _("Opening the circles of {case}").format(case=case)
            job = self._start(title, fetchCircles, self._session.client, case)
            job.done.connect(lambda theirs: self._onTheirs(opened, theirs))

    def openKept(self, draft):
        """Open circles that were kept: of the images that they are on they take the place of those that are there."""
        self._take(draft, _("What was kept of {made} is open. It is not submitted yet.").format(made=draft.made))

    def discard(self, draft):
        """Throw circles that were kept away."""
        draft.path.unlink(missing_ok=True)
        self._look()

    def close(self):
        """Keep what was not submitted, before the module ends."""
        self.drafts.keep()
        self.drafts.close()

    def _settle(self, opened, sent):
        if opened is self._opened:
            self._pictures.settle(sent)
        if sent:
            self.submitted.emit()

    def _onSubmitted(self, opened, edits, count):
        if opened is not self._opened:
            return
        if self._pictures.scene.edits == edits:
            self._pictures.scene.markUnsaved(False)
        one, several = _("The circles of 1 image are submitted."), _("The circles of {count} images are submitted.")
        self._tell(one if count == 1 else several.format(count=count), "good")

    def _onNotSubmitted(self, error, left):
        if isinstance(error, ConflictError):
            self.conflict = error
            text = _("Somebody else has submitted circles of {image} since you opened it.")
            error = text.format(image=left[0].name)
        self._tell(_("{error} The circles are kept on this computer.").format(error=error), "bad")

    def _onTheirs(self, opened, theirs):
        if opened is not self._opened:
            return
        ours = {picture.name: picture for picture in self._toSubmit()}  # as they are by now
        versions = {name: picture.version for name, picture in ours.items()}
        newer = [each for each, _who in theirs if versions.get(each.name, each.version) < each.version]
        reasons = [f"{picture.name}: {reason}" for picture in newer if (reason := self._pictures.whyNot(picture))]
        if reasons or not newer:
            text = _("Theirs cannot be opened here: {reasons}. Open the case again.")
            self._tell(text.format(reasons="; ".join(reasons) or _("the server tells of none that are newer")), "bad")
            return
        try:
            self.drafts.setAside([ours[picture.name] for picture in newer])
        except CaseFolderError as error:
            self._tell(_("Theirs was not opened. {reason}").format(reason=error), "bad")
            return
        self.conflict = None
        self._pictures.replace(newer)
        self.drafts.keep()  # what is still to be submitted
        self._look()
        text, who = _("{image}: version {version} by {who} is open."), {each.name: who for each, who in theirs}
        told = [text.format(image=p.name, version=p.version, who=who[p.name] or _("another program")) for p in newer]
        self._tell(" ".join([*told, _("Yours is set aside on this computer.")]), "good")

    def _toSubmit(self):
        changed = [picture for picture in self._pictures.pictures if picture.isChanged]
        return changed or [self._pictures.shown]  # only the note is another

    def _onUnsaved(self, isUnsaved):
        if isUnsaved and not self.isBusy:
            self._tell("")  # what is told is of what was there before

    def _onOpened(self):
        self._onClosed()
        draft, case = self.drafts.offered(), self._pictures.scene.case
        if draft is None or self._pictures.scene.isUnsaved:
            return
        question = _("There are circles of {case} of {made} that were not submitted. Bring them back?")
        if self._isAgreed(question.format(case=case, made=draft.made)):
            self._take(draft)
        else:
            self.drafts.decline()
            self._look()

    def _take(self, draft, sentence=""):
        """Put a copy into the case, and say so with a sentence, and what of it could not be put back."""
        try:
            left = self.drafts.take(draft)
        except CaseFolderError as error:
            self._tell(_("Nothing was brought back. {reason}").format(reason=error), "bad")
            return
        self._look()
        if not left:
            self._tell(sentence, "good")
            return
        images = "; ".join(f"{name}: {reason}" for name, reason in left.items())
        warning = _("Circles of these images were not brought back, and stay kept on this computer: {images}.")
        said = [sentence] if sentence and len(left) < len(draft.pictures) else []
        self._tell(" ".join([*said, warning.format(images=images)]), "bad")

    def _onClosed(self):
        self._opened, self.conflict = object(), None
        self._tell("")
        self._look()

    def _look(self):
        self.kept = self.drafts.kept()
        self.changed.emit()

    def _onSession(self, *news):
        self.changed.emit()
