"""Fetches what spoke for the classifier's choice, which the server alone has."""

from LiverCADLib.cases import isOnServer
from LiverCADLib.clientErrors import ClientError, NotThereError
from LiverCADLib.scene.seen import Seen
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _


class SaliencyLoader:
    """Asks the server for the saliency of the selected lesion where it is wanted; for one lesion at a time.

    Parameters
    ----------
    crops : LesionCrops
        Gets the answers.
    session : Session
        The server.

    Attributes
    ----------
    changed : Signal
        No arguments; another state.
    error : str
        Why the last question has no answer; empty for none. The same is not asked again before `retry`.
    """

    def __init__(self, crops, session):
        self._crops, self._session = crops, session
        self._job = self._refused = None
        self.changed, self.error = Signal(), ""

    @property
    def isAsking(self):
        """Whether an answer is awaited."""
        return self._job is not None

    @property
    def isOnServer(self):
        """Whether the open case is one of the connected server."""
        return isOnServer(self._crops.caseScene, self._session)

    def retry(self):
        """Ask again for what could not be had."""
        self._refused, self.error = None, ""
        self.ask()

    def ask(self):
        """Ask for the selected lesion's saliency, where it is wanted, not at hand, and the server is there."""
        lesion, case = self._crops.lesion, self._crops.caseScene.case
        if self.isAsking or not self._crops.isToBeAsked or not self.isOnServer or self._refused is lesion.found:
            return
        number, found = lesion.number, lesion.found
        numbers = [number, *(other for other in range(1, max(self._crops.lesions.records) + 1) if other != number)]

        def refuse(error=""):
            self._refused, self.error = found, str(error)

        title, client = _("Fetching the saliency"), self._session.client
        self._job = job = self._session.run(title, fetchSeen, client, case, found, numbers)
        self.error = ""
        job.done.connect(lambda seen: self._crops.addSeen(number, found, seen))
        job.failed.connect(refuse)
        job.cancelled.connect(refuse)
        job.ended.connect(self._onEnded)

    def _onEnded(self):
        self._job = None
        self.changed.emit()


def fetchSeen(task, client, case, found, numbers):
    """Fetch what the classifier saw of a lesion, which may have another number in the server's analysis than here.

    Parameters
    ----------
    task : Task
        Runs it.
    client : Client
        The server.
    case : str
        Its name of the case.
    found : livercad.core.lesion.Lesion
        The lesion.
    numbers : sequence of int
        Numbers to try, the likeliest first.

    Returns
    -------
    Seen
        Of this lesion.

    Raises
    ------
    ClientError
        If the server's analysis does not have it.
    """
    for number in numbers:
        try:
            seen = Seen.fromServer(client.views(case, number, task))
        except NotThereError:
            continue
        if seen.isOf(found):
            return seen
    raise ClientError(_("The server's analysis of this case does not have this lesion as it is here."))
