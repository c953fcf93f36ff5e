"""Cases and findings from and to files, without a server."""

from pathlib import Path

import ctk
import qt

from LiverCADLib.panels.parts import pushButton, row
from LiverCADLib.panels.replacing import mayReplace
from LiverCADLib.translation import _


class FilesGroup:
    """The group "Files" of the section "Submit".

    Parameters
    ----------
    submitting : Submitting
        Reads and writes.
    workbench : Workbench
        Masks and lesions of the open case.

    Attributes
    ----------
    widget : ctk.ctkCollapsibleGroupBox
        To be laid out.
    """

    def __init__(self, submitting, workbench):
        self._submitting, self._workbench = submitting, workbench
        self.widget = ctk.ctkCollapsibleGroupBox()
        self.widget.title = _("Files")
        self.widget.collapsed = True
        layout = qt.QVBoxLayout(self.widget)
        toolTip = _("Write label map, map of lesions and annotation into a new folder.")
        self.exportCaseButton = pushButton(_("Export case …"), toolTip)
        self.importCaseButton = pushButton(_("Import case …"), _("Open such a folder of the same image."))
        layout.addLayout(row((self.exportCaseButton, 1), (self.importCaseButton, 1)))
        toolTip = _("Write what was measured of lesions that were not rejected, as JSON.")
        self.exportFindingsButton = pushButton(_("Export findings …"), toolTip)
        toolTip = _("Open findings.json of livercad analyze, with the masks beside it.")
        self.importFindingsButton = pushButton(_("Import findings …"), toolTip)
        layout.addLayout(row((self.exportFindingsButton, 1), (self.importFindingsButton, 1)))
        self.exportCaseButton.clicked.connect(self._exportCase)
        self.importCaseButton.clicked.connect(self._importCase)
        self.exportFindingsButton.clicked.connect(self._exportFindings)
        self.importFindingsButton.clicked.connect(self._importFindings)
        for signal in (
            workbench.opened,
            workbench.closed,
            workbench.lesions.changed,
            workbench.scene.opened,
            workbench.scene.restored,
            workbench.scene.referenceChanged,
            submitting.changed,
        ):
            signal.connect(self._update)
        self._update()

    def _exportCase(self):
        path = qt.QFileDialog.getExistingDirectory(self.widget, _("Folder to make a folder of the case in"))
        if path:
            self._submitting.exportCase(Path(path) / self._submitting.caseName)

    def _importCase(self):
        if not mayReplace(self._workbench.scene):
            return
        path = qt.QFileDialog.getExistingDirectory(self.widget, _("Folder of an annotated case"))
        if path:
            self._submitting.importCase(Path(path))

    def _exportFindings(self):
        name = f"{self._submitting.caseName}_findings.json"
        path = qt.QFileDialog.getSaveFileName(self.widget, _("Save the findings"), name, "JSON (*.json)")
        if path:
            self._submitting.exportFindings(Path(path))

    def _importFindings(self):
        path = qt.QFileDialog.getOpenFileName(self.widget, _("Findings"), "", "JSON (*.json)")
        if path:
            self._submitting.importFindings(Path(path))

    def _update(self, *arguments):
        isFree = not self._submitting.isBusy
        hasImage, isOpen = self._workbench.scene.reference is not None, self._workbench.segmentation is not None
        self.exportCaseButton.enabled = isFree and isOpen
        self.importCaseButton.enabled = self.importFindingsButton.enabled = isFree and hasImage
        self.exportFindingsButton.enabled = isFree and isOpen and self._workbench.lesions.findings is not None
