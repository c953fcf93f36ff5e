"""Asks the server's models about the open ultrasound case, and keeps what they say. No Qt."""

from livercad.core.ultrasound import mean_probabilities
from LiverCADLib.cases import isOnServer
from LiverCADLib.caseWork import CaseWork
from LiverCADLib.pictureLoading import WHOLE, Asked, classify
from LiverCADLib.translation import _

MODELS = ("ultrasound_lesion", "yamakawa2020", "qi2019")
"""Names on the server, the default first."""


class Asking(CaseWork):
    """Asks one model at a time about lesions of the open ultrasound case, or about its images.

    Parameters
    ----------
    pictures : PictureCase
        The open ultrasound case.
    view : PictureView
        Shows what spoke for the answer about the selected lesion.
    session : Session
        The server.
    """

    def __init__(self, pictures, view, session):
        super().__init__(None, session)
        self.pictures, self._view = pictures, view
        self._model, self._answers, self._opened = "", {}, object()
        pictures.opened.connect(self._forget)
        pictures.closed.connect(self._forget)
        pictures.changed.connect(self._showSaliency)
        for signal in (session.connected, session.disconnected):
            signal.connect(self._onSession)

    def whyNot(self):
        """Why no model can be asked now, as a sentence; empty where one can."""
        return whyNoServer(self.pictures, self._session)

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
        left = "; ".join(sentence for picture in pictures for sentence in whyNotMarks(picture))
        case = self.pictures.scene.case if self.pictures.scene.server else ""
        title = _("Classifying {case}").format(case=self.pictures.scene.case)
        opened = self._opened
        job = self._start(title, classify, self._session.client, model, case, questions)
        job.done.connect(lambda told: self._onTold(opened, model, pictures, told, left))

    def answer(self):
        """What was Told about the selected lesion, or about the shown image as a whole; None where nothing was."""
        picture, mark = self.pictures.shown, self.pictures.selected
        if picture is None:
            return None
        about = self._answers.get((picture.name, mark.number)) if mark else None
        return about or self._answers.get((picture.name, WHOLE))

    def answerOf(self, number):
        """What was Told about a lesion of the shown image, or `WHOLE`; None where nothing was."""
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
        """What all answers that still hold come to, see `mean_probabilities`.

        Returns
        -------
        probabilities : dict of str to dict of str to float
            By question and class.
        lesions, images : int
            How many of them such answers are about.
        """
        opinions = [each.opinion for each in self.answers() if each.opinion and not self.isOutdated(each)]
        lesions = sum(opinion.circle is not None for opinion in opinions)
        return mean_probabilities(opinions), lesions, len(opinions) - lesions

    def _questionsOf(self, picture):
        pixels = None if self.pictures.scene.server else self.pictures.pixels(picture.name)
        marks = [mark for mark in picture.marks if not picture.whyNot(mark.circle)]
        marked = [Asked(picture.name, mark.number, mark.circle, pixels) for mark in marks]
        return marked or [Asked(picture.name, pixels=pixels)]

    def _onTold(self, opened, model, pictures, told, left):
        if opened is not self._opened:
            return
        if model != self._model:  # not before: if none come, the former ones stay
            self._model, self._answers = model, {}
        names = {picture.name for picture in pictures}
        self._answers = {key: each for key, each in self._answers.items() if key[0] not in names}
        self._answers |= {(each.asked.image, each.asked.number): each for each in told}
        if left:
            self._tell(_("Not asked about: {lesions}.").format(lesions=left), "bad")
        self._showSaliency()
        self.changed.emit()

    def _forget(self):
        self._opened, self._answers = object(), {}
        self._tell("")
        self._showSaliency()
        self.changed.emit()

    def _showSaliency(self):
        told = self.answer() if self.pictures.scene.parameters.pictureSaliency else None
        self._view.setSaliency(told.saliency if told else None)

    def _onSession(self, *news):
        self.changed.emit()


def whyNotMarks(picture):
    """Which lesions of an image the server would not take and why: parts of sentences, as a list."""
    reasons = [(mark.number, picture.whyNot(mark.circle)) for mark in picture.marks]
    text = _("lesion {number} on {image}, for {reason}")
    return [text.format(number=number, image=picture.name, reason=reason) for number, reason in reasons if reason]


def whyNoServer(pictures, session):
    """Why the open ultrasound case cannot be sent to a server now, as a sentence; empty where it can.

    Parameters
    ----------
    pictures : PictureCase
        The case. Images that are of no server's may go to any.
    session : Session
        The server.
    """
    if not pictures.isOpen:
        return _("No ultrasound image is open.")
    if not session.isConnected:
        return _("Connect to a server first.")
    if pictures.scene.server and not isOnServer(pictures.scene, session):
        return _("This case is on {address}; connect to it.").format(address=pictures.scene.server)
    return ""
