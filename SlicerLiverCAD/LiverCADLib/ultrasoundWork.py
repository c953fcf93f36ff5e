"""What takes time with the open ultrasound case: its models are asked, its circles are submitted. No Qt."""

from livercad.core.ultrasound import mean_probabilities
from LiverCADLib.cases import isOnServer
from LiverCADLib.caseWork import CaseWork
from LiverCADLib.circleDrafts import CircleDrafts
from LiverCADLib.clientErrors import ConflictError
from LiverCADLib.pictureLoading import WHOLE, Asked, classify, submitCircles
from LiverCADLib.translation import _

MODELS = ("ultrasound_lesion", "yamakawa2020", "qi2019")
"""Names on the server, the default first."""


class UltrasoundWork(CaseWork):
    """Asks models about the open ultrasound case and submits what is marked in it.

    Parameters
    ----------
    pictures : PictureCase
        The open ultrasound case.
    view : PictureView
        Shows what spoke for the answer about the selected lesion.
    session : Session
        The server.

    Attributes
    ----------
    drafts : CircleDrafts
        Copies of what was not submitted.
    isInConflict : bool
        Whether somebody else has submitted circles of an image since it was opened, which kept ours from being taken.
    """

    def __init__(self, pictures, view, session):
        super().__init__(None, session)
        self.pictures, self._view = pictures, view
        self._model, self._answers, self._opened = "", {}, object()
        self.isInConflict = False
        self.drafts = CircleDrafts(pictures, session.settings.circlesFolder)
        self.drafts.failed.connect(lambda sentence: self._tell(sentence, "bad"))
        pictures.opened.connect(self._onOpened)
        pictures.closed.connect(self._forget)
        pictures.changed.connect(self._showSaliency)
        for signal in (session.connected, session.disconnected):
            signal.connect(self._onSession)

    @property
    def isOnServer(self):
        """Whether the open case is one of the connected server."""
        return isOnServer(self.pictures.scene, self._session)

    def whyNotAsk(self):
        """Why no model can be asked now, as a sentence; empty where one can."""
        if not self.pictures.isOpen:
            return _("No ultrasound image is open.")
        if not self._session.isConnected:
            return _("Connect to a server first.")
        if self.pictures.scene.server and not self.isOnServer:
            return _("This case is on {address}; connect to it.").format(address=self.pictures.scene.server)
        return ""

    def whyNotSubmit(self):
        """Why circles cannot be submitted now, as a sentence; empty where they can."""
        if self.pictures.isOpen and not self.pictures.scene.server:
            return _("This image is of no case on a server. Its circles are saved with the scene.")
        if reason := self.whyNotAsk():
            return reason
        return "" if self.pictures.scene.isUnsaved else _("Nothing was changed since the server has it.")

    def ask(self, model, areAll=False):
        """Ask a model about every lesion of the image that is shown, or of all images.

        Parameters
        ----------
        model : str
            Its name on the server.
        areAll : bool
            Whether about all images.
        """
        pictures = self.pictures.pictures if areAll else (self.pictures.shown,)
        questions = [asked for picture in pictures for asked in self._questionsOf(picture)]
        if model != self._model:
            self._model, self._answers = model, {}
        case = self.pictures.scene.case if self.pictures.scene.server else ""
        title = _("Classifying {case}").format(case=self.pictures.scene.case)
        opened = self._opened
        job = self._start(title, classify, self._session.client, model, case, questions)
        job.done.connect(lambda told: self._onTold(opened, model, pictures, told))

    def answer(self):
        """What was Told about the selected lesion, or about the shown image as a whole; None where nothing was."""
        picture, mark = self.pictures.shown, self.pictures.selected
        if picture is None:
            return None
        about = self._answers.get((picture.name, mark.number)) if mark else None
        return about or self._answers.get((picture.name, WHOLE))

    def answerOf(self, number):
        """What was Told about a lesion of the shown image; None where nothing was."""
        picture = self.pictures.shown
        return self._answers.get((picture.name, number)) if picture else None

    def answers(self):
        """All that was Told since the model was first asked, by image and lesion."""
        return list(self._answers.values())

    def isOutdated(self, told):
        """Whether a lesion was moved since a model was asked about it."""
        if told.asked.number == WHOLE:
            return False
        picture = self.pictures.picture(told.asked.image)
        mark = picture.mark(told.asked.number) if picture else None
        return mark is None or mark.circle != told.asked.circle

    def caseProbabilities(self):
        """Mean over all answers that still hold, by question and class; how many answers these are."""
        opinions = [each.opinion for each in self.answers() if each.opinion and not self.isOutdated(each)]
        return mean_probabilities(opinions), len(opinions)

    def submit(self, annotator, isForced=False):
        """Send the circles of all images that were changed.

        Parameters
        ----------
        annotator : str
            Who submits.
        isForced : bool
            Whether what somebody else has submitted meanwhile may be followed by ours; theirs stays in the history.
        """
        scene, sent, opened = self.pictures.scene, [], self._opened
        changed = [picture for picture in self.pictures.pictures if picture.isChanged]
        changed = changed or [self.pictures.shown]  # only the note is another
        edits, note = scene.edits, scene.parameters.pictureNote
        title = _("Submitting {case}").format(case=scene.case)
        self.drafts.keep()  # whatever becomes of the sending
        client = self._session.client
        self.isInConflict = False
        job = self._start(title, submitCircles, client, scene.case, changed, annotator, note, sent, isForced)
        job.done.connect(lambda _none: self._onSubmitted(opened, edits, len(changed)))
        job.failed.connect(self._onNotSubmitted)
        job.ended.connect(lambda: self._settle(opened, sent))

    def close(self):
        """Keep what was not submitted, before the module ends."""
        self.drafts.keep()
        self.drafts.close()

    def _questionsOf(self, picture):
        pixels = None if self.pictures.scene.server else self.pictures.pixels(picture.name)
        marked = [Asked(picture.name, mark.number, mark.circle, pixels) for mark in picture.marks]
        return marked or [Asked(picture.name, pixels=pixels)]

    def _onTold(self, opened, model, pictures, told):
        if opened is not self._opened or model != self._model:
            return
        names = {picture.name for picture in pictures}
        self._answers = {key: each for key, each in self._answers.items() if key[0] not in names}
        self._answers |= {(each.asked.image, each.asked.number): each for each in told}
        self._showSaliency()
        self.changed.emit()

    def _settle(self, opened, sent):
        if opened is self._opened:
            self.pictures.settle(sent)

    def _onSubmitted(self, opened, edits, count):
        scene = self.pictures.scene
        if opened is not self._opened:
            return
        if scene.edits == edits:
            scene.markUnsaved(False)
        one, several = _("The circles of 1 image are submitted."), _("The circles of {count} images are submitted.")
        self._tell(one if count == 1 else several.format(count=count), "good")

    def _onNotSubmitted(self, error):
        self.isInConflict = isinstance(error, ConflictError)
        self._tell(_("{error} The circles are kept on this computer.").format(error=error), "bad")

    def _onOpened(self):
        self._forget()
        draft, case = self.drafts.find(), self.pictures.scene.case
        if draft is None or self.pictures.scene.isUnsaved:
            return
        question = _("There are circles of {case} of {made} that were not submitted. Bring them back?")
        if self._isAgreed(question.format(case=case, made=draft.made)):
            self.drafts.take(draft)

    def _forget(self):
        self._opened, self._answers, self.isInConflict = object(), {}, False
        self._showSaliency()
        self.changed.emit()

    def _showSaliency(self):
        told = self.answer() if self.pictures.scene.parameters.pictureSaliency else None
        self._view.setSaliency(told.saliency if told else None)

    def _onSession(self, *news):
        self.changed.emit()
