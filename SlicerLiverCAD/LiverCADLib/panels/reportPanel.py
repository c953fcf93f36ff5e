"""The HTML report of the open case."""

import shutil
import tempfile
from pathlib import Path

import qt

from LiverCADLib.cases import fileNameOf, isOnServer
from LiverCADLib.panels.parts import column, messageLabel, pushButton, row
from LiverCADLib.translation import _


class ReportPanel:
    """The section "Report".

    Parameters
    ----------
    caseScene : CaseScene
        The open case.
    session : Session
        The server, which writes the report.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    """

    def __init__(self, caseScene, session):
        self._caseScene, self._session = caseScene, session
        self._job = None
        self._folder = Path(tempfile.mkdtemp(prefix="LiverCAD-report-"))  # patients' data: removed by close()
        self.widget, layout = column()
        self.openButton = pushButton(_("Open in browser"), icon="report")
        self.saveButton = pushButton(_("Save …"), _("Save the report as a file, which needs nothing else."))
        layout.addLayout(row((self.openButton, 1), (self.saveButton, 0)))
        self.messageLabel, self._say = messageLabel()
        layout.addWidget(self.messageLabel)
        self.openButton.clicked.connect(self.openReport)
        self.saveButton.clicked.connect(self.saveReport)
        for signal in (session.connected, session.disconnected, caseScene.opened, caseScene.closed, caseScene.restored):
            signal.connect(self._update)
        self._update()

    def openReport(self):
        """Get the report and show it in the browser."""
        self._fetch(self._folder / f"{fileNameOf(self._caseScene.case)}.html", _openInBrowser)

    def saveReport(self):
        """Get the report and save it where the user says."""
        name = f"{fileNameOf(self._caseScene.case)}.html"
        path = qt.QFileDialog.getSaveFileName(self.widget, _("Save the report"), name, "HTML (*.html)")
        if path:
            self._fetch(Path(path), self._onSaved)

    def close(self):
        """Remove the reports that were opened."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _fetch(self, path, follow):
        client, case = self._session.client, self._caseScene.case
        self._say("")
        self._job = self._session.run(_("Report of {case}").format(case=case), _writeReport, client, case, path)
        self._job.done.connect(follow)
        self._job.failed.connect(lambda error: self._say(str(error), "bad"))
        self._job.ended.connect(self._onEnded)
        self._update()

    def _onSaved(self, path):
        self._say(_("Saved as {path}.").format(path=path))

    def _onEnded(self):
        self._job = None
        self._update()

    def _update(self, *ignored):
        isThere = isOnServer(self._caseScene, self._session)
        self.openButton.enabled = self.saveButton.enabled = isThere and self._job is None
        self.openButton.toolTip = (
            _("The server writes the report of what it found; it analyses the case first where it has not.")
            if isThere
            else _("Open a case of the connected server first.")
        )


def _writeReport(task, client, case, path):
    """Get the report in a worker thread; the file is there only when it is whole."""
    text = client.report(case, task)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
    return path


def _openInBrowser(path):
    qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(path)))
