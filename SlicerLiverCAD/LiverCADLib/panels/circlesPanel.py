"""The circles that mark lesions on the image that is shown: drawn, listed, named and taken away."""

import numpy as np
import qt

from livercad.core.taxonomy import LesionType
from LiverCADLib.classWords import nameOf, wordOf
from LiverCADLib.panels.opinionWords import shortAnswer
from LiverCADLib.panels.parts import column, messageLabel, pushButton, row
from LiverCADLib.pictureLoading import WHOLE
from LiverCADLib.pictures import classNames
from LiverCADLib.scene.pictureNodes import pixelsAt
from LiverCADLib.scene.placing import HINTS, LesionPlacing, Way
from LiverCADLib.translation import _

USUAL_CLASSES = tuple(str(each) for each in LesionType)
"""As tables of ultrasound images have them; any other word can be written."""
LONGEST_CLASS = 100
"""Letters; the server takes no longer word."""
WAYS = (Way.LINE, Way.CIRCLE)


class CirclesPanel:
    """The section "Circles".

    Parameters
    ----------
    pictures : PictureCase
        The open ultrasound case.
    editor : CircleEditor
        Changes its circles.
    asking : Asking
        What models say of its lesions.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    """

    def __init__(self, pictures, editor, asking):
        self._pictures, self._editor, self._asking, self._named = pictures, editor, asking, None
        self.placing = LesionPlacing(lambda function: qt.QTimer.singleShot(0, function), isInMm=False)
        self.widget, layout = column()
        self._buildPlacing(layout)
        self._buildTable(layout)
        self._buildClass(layout)
        self.messageLabel, self._say = messageLabel()
        layout.addWidget(self.messageLabel)
        self._say("")
        self.placing.pointsPlaced.connect(self._onPlaced)
        self.placing.waitingChanged.connect(self._onWaiting)
        self._followed = pictures.changed, asking.changed, editor.undoChanged
        for signal in self._followed:
            signal.connect(self._update)
        pictures.shownChanged.connect(self.placing.cancel)
        pictures.closed.connect(self.placing.cancel)
        self._update()

    def _buildPlacing(self, layout):
        titles = {Way.LINE: _("Diameter"), Way.CIRCLE: _("Centre and border")}
        self.placeButtons = {}
        for way in WAYS:
            button = pushButton(titles[way], HINTS[way], "add")
            button.checkable = True
            button.clicked.connect(lambda checked=False, way=way: self._onPlace(way))
            self.placeButtons[way] = button
        layout.addWidget(qt.QLabel(_("Mark a lesion by its")))
        layout.addLayout(row(*((button, 1) for button in self.placeButtons.values())))

    def _buildTable(self, layout):
        self.table = qt.QTableWidget()
        self.table.setColumnCount(4)
        self.table.setHorizontalHeaderLabels([_("No."), _("Diameter"), _("Class"), _("Model")])
        self.table.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
        self.table.setSelectionMode(qt.QAbstractItemView.SingleSelection)
        self.table.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        self.table.toolTip = _(
            "Drag an end of a circle's line in the view to change the circle; the middle button moves it as a whole."
        )
        self.table.setMinimumHeight(96)
        self.table.setMaximumHeight(118)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(22)
        header = self.table.horizontalHeader()
        for index in range(4):  # in a narrow panel a long class is cut off, which the box beneath shows as well
            isClass = index == 2
            header.setSectionResizeMode(index, qt.QHeaderView.Stretch if isClass else qt.QHeaderView.ResizeToContents)
        self.table.itemSelectionChanged.connect(self._onSelection)
        layout.addWidget(self.table)

    def _buildClass(self, layout):
        self.classBox = qt.QComboBox()
        self.classBox.setEditable(True)
        toolTip = _("What the selected lesion is, or the image without any shows: choose a word or write another")
        self.classBox.toolTip = toolTip
        self.classBox.connect("activated(int)", self._onClass)
        self.classEdit = self.classBox.lineEdit()
        self.classEdit.setMaxLength(LONGEST_CLASS)
        self.classEdit.editingFinished.connect(self._onClass)
        self.deleteButton = pushButton(_("Delete"), _("Take the selected circle away."), "delete")
        self.deleteButton.clicked.connect(self._onDelete)
        layout.addWidget(self.classBox)
        self.undoButton, self.redoButton = pushButton(_("Undo"), icon="undo"), pushButton(_("Redo"), icon="redo")
        self.undoButton.clicked.connect(self._editor.undo)
        self.redoButton.clicked.connect(self._editor.redo)
        layout.addLayout(row((self.deleteButton, 1), (self.undoButton, 1), (self.redoButton, 1)))

    def close(self):
        """Let go of the views, before the panel is destroyed."""
        self.placing.cancel()
        for signal in self._followed:
            signal.disconnect(self._update)

    def _onPlace(self, way):
        if self.placing.way is way:
            self.placing.cancel()
        else:
            self.placing.start(way)

    def _onWaiting(self, way):
        for each, button in self.placeButtons.items():
            button.checked = each is way
        self._say(HINTS[way] if way else "")

    def _onPlaced(self, way, points):
        ends = pixelsAt(self._pictures.node, points)
        if way is Way.CIRCLE:
            ends = np.array([2 * ends[0] - ends[1], ends[1]])
        reason = self._editor.whyNot(ends)
        self._say(reason, "bad")
        if not reason:
            self._editor.add(ends)

    def _onSelection(self):
        marks, row_ = self._pictures.shown.marks, self.table.currentRow()
        if row_ >= 0:
            self._pictures.select(marks[row_].number if row_ < len(marks) else WHOLE)

    def _onClass(self, *news):
        self._takeClass(self._named)

    def _takeClass(self, named):
        """Let what was written be the class of a lesion, or of the image where it has none."""
        shown, text = self._pictures.shown, self.classEdit.text.strip()
        if shown is None or named is None or named[0] != shown.name:
            return
        mark = shown.mark(named[1])
        if mark is not None and text != wordOf(mark.className):
            self._editor.setClass(mark.number, nameOf(text))
        elif named[1] is None and not shown.marks and text != wordOf(shown.className):
            self._editor.setImageClass(nameOf(text))

    def _onDelete(self):
        self._editor.delete(self._pictures.selection)

    def _update(self, *news):
        before, self._named = self._named, self._whatIsNamed()
        if before != self._named and self.classEdit.modified:
            self._takeClass(before)  # a key has led on while it was written
        if self.placing.way is None:
            self._say("")
        shown, selected = self._pictures.shown, self._pictures.selected
        self._updateTable(shown, selected)
        self._updateClass(shown, selected)
        for widget in self.placeButtons.values():
            widget.enabled = shown is not None
        self.deleteButton.enabled = selected is not None
        self._updateUndo()

    def _updateTable(self, shown, selected):
        rows = [
            (str(mark.number), diameterText(mark, shown), wordOf(mark.className), self._answer(mark.number))
            for mark in (shown.marks if shown else ())
        ]
        if self._answer(WHOLE):
            rows.append((_("image"), "", wordOf(shown.className) if not rows else "", self._answer(WHOLE)))
        wasBlocked = self.table.blockSignals(True)
        self.table.setRowCount(len(rows))
        for line, texts in enumerate(rows):
            for index, text in enumerate(texts):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(line, index, item)
        self.table.setCurrentCell(shown.marks.index(selected) if selected else len(rows) - 1, 0)
        self.table.blockSignals(wasBlocked)

    def _updateUndo(self):
        undoText, redoText = self._editor.undoText, self._editor.redoText
        self.undoButton.enabled, self.redoButton.enabled = bool(undoText), bool(redoText)
        self.undoButton.toolTip = _("Undo {what}").format(what=undoText) if undoText else ""
        self.redoButton.toolTip = _("Do again: {what}").format(what=redoText) if redoText else ""

    def _whatIsNamed(self):
        """Image and lesion that the box for the class stands for; None without an image."""
        shown, selected = self._pictures.shown, self._pictures.selected
        return (shown.name, selected.number if selected else None) if shown else None

    @property
    def _isClassOfImage(self):
        """Whether it is the image as a whole that has a class, for no lesion is marked on it."""
        return self._pictures.shown is not None and not self._pictures.shown.marks

    def _updateClass(self, shown, selected):
        names = list(dict.fromkeys(map(wordOf, classNames(self._pictures.pictures, USUAL_CLASSES))))
        wasBlocked = self.classBox.blockSignals(True)
        if names != [self.classBox.itemText(index) for index in range(self.classBox.count)]:
            self.classBox.clear()
            self.classBox.addItems(names)
        self.classBox.enabled = selected is not None or self._isClassOfImage
        hint = _("Class of the image, without a lesion") if self._isClassOfImage else _("Class of the selected lesion")
        self.classEdit.placeholderText = hint
        text = wordOf(selected.className if selected else shown.className if self._isClassOfImage else "")
        if self.classEdit.text != text:
            self.classEdit.text = text
        self.classBox.blockSignals(wasBlocked)

    def _answer(self, number):
        told = self._asking.answerOf(number)
        if told is None or told.opinion is None:
            return ""
        text = shortAnswer(told.opinion.probabilities)
        return _("{answer} (as it was)").format(answer=text) if self._asking.isOutdated(told) else text


def diameterText(mark, picture):
    """Diameter of a circle in pixels and, where the size of pixels is known and the same both ways, in mm."""
    text = _("{diameter:.0f} px").format(diameter=mark.circle.diameter)
    if picture.spacingMm is None or picture.spacingMm[0] != picture.spacingMm[1]:
        return text
    return _("{text}, {mm:.1f} mm").format(text=text, mm=mark.circle.diameter * picture.spacingMm[0])
