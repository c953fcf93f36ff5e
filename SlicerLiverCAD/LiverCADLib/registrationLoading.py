"""Fetches how phases are registered once the server has analysed the case: crops then show what its networks see."""

from LiverCADLib.caseLoading import fetchRegistrations
from LiverCADLib.cases import isOnServer
from LiverCADLib.translation import _


class RegistrationLoader:
    """Follows the lesions: where findings come, registrations are fetched that are not in the scene yet.

    The server is never made to analyse a case for it. What fails is not tried again before other findings come; the
    section "Phases" fetches it when it is asked to.

    Parameters
    ----------
    caseScene : CaseScene
        The open case.
    phases : Phases
        Get the registrations.
    lesions : LesionList
        Have the findings.
    session : Session
        The server.
    """

    def __init__(self, caseScene, phases, lesions, session):
        self._caseScene, self._phases, self._lesions, self._session = caseScene, phases, lesions, session
        self._asked = None
        lesions.changed.connect(self._onLesions)

    def _onLesions(self):
        findings, client, case = self._lesions.findings, self._session.client, self._caseScene.case
        if findings is None or findings is self._asked or not isOnServer(self._caseScene, self._session):
            return
        if self._caseScene.isReferenceLeft:  # the server's are to another image
            return
        self._asked, names = findings, self._phases.unregistered()
        if names:
            title = _("Fetching the registration")
            job = self._session.run(title, fetchRegistrations, client, case, names)
            job.done.connect(lambda registrations: self._onFetched(case, registrations))

    def _onFetched(self, case, registrations):
        if case == self._caseScene.case:
            self._phases.addRegistrations(registrations)
