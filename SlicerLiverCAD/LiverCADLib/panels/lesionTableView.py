"""The table of lesions: shows rows, tells which are chosen and which column they are to be sorted by."""

import qt

from LiverCADLib.scene.lesionTable import COLUMN_WORDS, Column
from LiverCADLib.signals import Signal

WIDTHS = {
    Column.NUMBER: 38,
    Column.TYPE: 152,
    Column.SIZE: 76,
    Column.VERDICT: 66,
    Column.VOLUME: 86,
    Column.LOCATION: 190,
    Column.SCORE: 48,
    Column.WARNING: 130,
}


class LesionTableView:
    """A table with a row for each lesion.

    Attributes
    ----------
    widget : qt.QTableWidget
        To be laid out.
    chosen : Signal
        No arguments; other rows are selected: `numbers` and `current` tell which.
    sorted : Signal
        (Column): its header was clicked.
    """

    def __init__(self):
        self.chosen, self.sorted = Signal(), Signal()
        self._numbers = []
        columns = list(Column)
        self.widget = qt.QTableWidget()
        self.widget.setColumnCount(len(columns))
        self.widget.setHorizontalHeaderLabels([COLUMN_WORDS[column] for column in columns])
        self.widget.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
        self.widget.setSelectionMode(qt.QAbstractItemView.ExtendedSelection)
        self.widget.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        self.widget.setMinimumHeight(180)
        self.widget.verticalHeader().hide()
        self.widget.verticalHeader().setDefaultSectionSize(22)
        for column, width in WIDTHS.items():
            self.widget.setColumnWidth(columns.index(column), width)
        header = self.widget.horizontalHeader()
        header.setStretchLastSection(True)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.connect("sectionClicked(int)", self._onHeader)
        self.widget.itemSelectionChanged.connect(self._onSelection)

    @property
    def numbers(self):
        """Numbers of the selected lesions, from top to bottom."""
        rows = sorted({index.row() for index in self.widget.selectionModel().selectedRows()})
        return [self._numbers[row] for row in rows if row < len(self._numbers)]

    @property
    def current(self):
        """Number of the lesion that was clicked last; None where none is selected."""
        row = self.widget.currentRow()
        number = self._numbers[row] if 0 <= row < len(self._numbers) else None
        chosen = self.numbers
        return number if number in chosen else (chosen[0] if chosen else None)

    @property
    def shown(self):
        """Numbers of all rows, from top to bottom."""
        return list(self._numbers)

    def show(self, table, column, isDescending):
        """Fill the table; selected lesions stay selected.

        Parameters
        ----------
        table : lesionTable.Table
            Rows in order.
        column : Column
            That they are sorted by.
        isDescending : bool
            In which direction.
        """
        chosen, current = self.numbers, self.current
        wasBlocked = self.widget.blockSignals(True)
        self._numbers = [line.number for line in table.rows]
        self.widget.setRowCount(len(table.rows))
        for row, line in enumerate(table.rows):
            for index, each in enumerate(Column):
                self.widget.setItem(row, index, _item(line, each))
        order = qt.Qt.DescendingOrder if isDescending else qt.Qt.AscendingOrder
        self.widget.horizontalHeader().setSortIndicator(list(Column).index(column), order)
        self._choose([number for number in chosen if number in self._numbers], current)
        self.widget.blockSignals(wasBlocked)

    def choose(self, number):
        """Select one lesion, or none, and scroll to it; tells nobody."""
        wasBlocked = self.widget.blockSignals(True)
        self._choose([number] if number in self._numbers else [], number)
        self.widget.blockSignals(wasBlocked)

    def _choose(self, numbers, current):
        model = self.widget.selectionModel()
        self.widget.clearSelection()
        flags = qt.QItemSelectionModel.Select | qt.QItemSelectionModel.Rows
        at = self._numbers.index(current) if current in self._numbers else -1
        if at >= 0:
            index = self.widget.model().index(at, 0)
            model.setCurrentIndex(index, qt.QItemSelectionModel.NoUpdate)
            self.widget.scrollTo(index)
        for number in numbers:
            model.select(self.widget.model().index(self._numbers.index(number), 0), flags)

    def _onSelection(self):
        self.chosen.emit()

    def _onHeader(self, index):
        self.sorted.emit(list(Column)[index])


def _item(line, column):
    item = qt.QTableWidgetItem(line.texts[column])
    item.setToolTip(line.tips.get(column, "") or line.texts[column])
    if column is Column.TYPE and line.texts[column]:
        color = qt.QColor(*(round(255 * part) for part in line.color))
        item.setIcon(_dot(color))
    if line.isRejected:
        font = item.font()
        font.setStrikeOut(True)
        item.setFont(font)
    return item


def _dot(color):
    """A square of a colour: text itself in green or yellow could hardly be read."""
    pixmap = qt.QPixmap(12, 12)
    pixmap.fill(color)
    return qt.QIcon(pixmap)
