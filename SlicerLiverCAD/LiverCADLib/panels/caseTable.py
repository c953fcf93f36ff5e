"""The list of the server's cases."""

import qt

from livercad.core.annotation import CaseState
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _

LARGEST = 200
"""Rows; more take long to fill, and nobody reads them."""


def stateTitles():
    """What an annotator may say of a case."""
    return {
        CaseState.IN_PROGRESS: _("In progress"),
        CaseState.COMPLETE: _("Complete"),
        CaseState.NEEDS_REVIEW: _("Needs review"),
    }


def stateTitle(case):
    """How far a case is, in the user's language."""
    return stateTitles().get(case.state, _("Labelled") if case.hasLabel else "")


class CaseTable:
    """A table with a row for each case.

    Attributes
    ----------
    widget : qt.QTableWidget
        To be laid out.
    selectionChanged : Signal
        No arguments.
    opened : Signal
        (case name): a row was double-clicked.
    """

    def __init__(self):
        self.selectionChanged, self.opened = Signal(), Signal()
        self._cases = []
        self.widget = qt.QTableWidget()
        self.widget.setColumnCount(4)
        self.widget.setHorizontalHeaderLabels([_("Case"), _("State"), _("Annotator"), _("Images")])
        self.widget.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
        self.widget.setSelectionMode(qt.QAbstractItemView.SingleSelection)
        self.widget.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        self.widget.setMinimumHeight(160)
        self.widget.verticalHeader().hide()
        self.widget.verticalHeader().setDefaultSectionSize(22)
        self.widget.horizontalHeader().setSectionResizeMode(0, qt.QHeaderView.Stretch)
        for column, width in ((1, 90), (2, 80), (3, 60)):
            self.widget.setColumnWidth(column, width)
        self.widget.itemSelectionChanged.connect(self._onSelection)
        self.widget.cellDoubleClicked.connect(self._onDoubleClick)

    @property
    def selected(self):
        """Name of the chosen case; empty when none is."""
        row = self.widget.currentRow()
        return self._cases[row].case if 0 <= row < len(self._cases) else ""

    def show(self, cases):
        """Fill the table; the chosen case stays chosen when it is still there.

        Parameters
        ----------
        cases : list of CaseSummary
            What matches.

        Returns
        -------
        int
            How many are shown.
        """
        chosen = self.selected
        self._cases = cases[:LARGEST]
        wasBlocked = self.widget.blockSignals(True)
        self.widget.setRowCount(len(self._cases))
        for row, case in enumerate(self._cases):
            for column, text in enumerate((case.case, stateTitle(case), case.annotator, _imagesOf(case))):
                self.widget.setItem(row, column, qt.QTableWidgetItem(text))
        row = next((row for row, case in enumerate(self._cases) if case.case == chosen), -1)
        self.widget.setCurrentCell(row, 0)
        self.widget.blockSignals(wasBlocked)
        self.selectionChanged.emit()
        return len(self._cases)

    def _onSelection(self):
        self.selectionChanged.emit()

    def _onDoubleClick(self, row, column):
        self.opened.emit(self._cases[row].case)


def _imagesOf(case):
    return _("{count} US").format(count=case.images) if case.isUltrasound else str(case.images)
