"""Cases and findings from and to files, in the place of a server; no Qt."""

from LiverCADLib.cases import fileNameOf
from LiverCADLib.caseWork import CaseWork
from LiverCADLib.scene.analysis import takeAnalysis
from LiverCADLib.scene.caseFolder import findingsOf, readCase, readFindings, writeCase, writeFindings
from LiverCADLib.scene.lesionTable import counted
from LiverCADLib.translation import _


class FileWork(CaseWork):
    """Exports and imports the open case."""

    @property
    def caseName(self):
        """What the open case is called in files."""
        scene = self._workbench.scene
        name = scene.case or (scene.reference.GetName() if scene.reference else "") or "case"
        return fileNameOf(name)

    def exportCase(self, folder):
        """Write the open case into a folder."""
        case = self._workbench.collect(self._session.settings.annotator)
        job = self._start(_("Exporting the case"), lambda task: writeCase(folder, case))
        job.done.connect(lambda nothing: self._tell(_("Written: {name}").format(name=folder), "good"))

    def importCase(self, folder):
        """Open an annotated case from a folder, in the place of what is in the scene."""
        self._open(_("Importing the case"), lambda task, grid: readCase(folder, grid), done=self._onImported)

    def exportFindings(self, path):
        """Write the findings as they stand."""
        findings = findingsOf(self._workbench.lesions)
        job = self._start(_("Exporting findings"), lambda task: writeFindings(path, findings))
        job.done.connect(lambda nothing: self._tell(_("Written: {name}").format(name=path), "good"))

    def importFindings(self, path):
        """Add what findings say to what is in the scene."""
        segmentation = self._workbench.require()
        grid = segmentation.grid
        job = self._start(_("Importing findings"), lambda task: readFindings(path, grid))
        job.done.connect(lambda answer: self._onFindings(segmentation, grid, answer))

    def _onImported(self, case):
        self._workbench.restore(case)
        self._workbench.scene.markUnsaved()
        self._tell(_("The case was imported."), "good")

    def _onFindings(self, segmentation, grid, answer):
        if self._workbench.segmentation is segmentation and segmentation.grid is grid:
            added = takeAnalysis(self._workbench.lesions, answer, keepMine=True)
            self._workbench.scene.markUnsaved()
            self._tell(_("{lesions} imported.").format(lesions=counted(len(added))), "good")
