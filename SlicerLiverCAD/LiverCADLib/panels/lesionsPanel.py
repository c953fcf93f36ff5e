"""The lesions of the case: a table, and what can be done to them."""

import ctk
import qt

from livercad.core.annotation import Verdict
from LiverCADLib.classWords import CLASS_WORDS, TYPE_WORDS
from LiverCADLib.panels.consent import hasConsent
from LiverCADLib.panels.lesionTableView import LesionTableView
from LiverCADLib.panels.parts import column, comboBox, messageLabel, pushButton, row, styleOf, wrappingLabel
from LiverCADLib.panels.segmentPanel import whyNoServer
from LiverCADLib.scene.analysis import takeDescriptions
from LiverCADLib.scene.lesionTable import CHOICES, Column, counted, tableOf
from LiverCADLib.scene.placing import HINTS, LesionPlacing, Way
from LiverCADLib.segmenting import describe
from LiverCADLib.translation import _

DEFAULT_MM = 20.0
"""Diameter of a lesion that is marked by one click."""


class LesionsPanel:
    """The section "Lesions".

    Parameters
    ----------
    workbench : Workbench
        Masks and lesions of the open case.
    session : Session
        The server, which describes lesions.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    """

    def __init__(self, workbench, session):
        self._workbench, self._session = workbench, session
        self._lesions, self._editor = workbench.lesions, workbench.editor
        self._column, self._isDescending = Column.NUMBER, False
        self._job, self._isChoosing, self._commented = None, False, None
        self.placing = LesionPlacing(lambda function: qt.QTimer.singleShot(0, function))
        self.widget, layout = column()
        self._buildTable(layout)
        self._buildActions(layout)
        self._buildPlacing(layout)
        self.messageLabel, self._say = messageLabel()
        layout.addWidget(self.messageLabel)
        self._say("")
        self._listen()
        self._refresh()

    def _buildTable(self, layout):
        self.scoreSlider = ctk.ctkSliderWidget()
        self.scoreSlider.decimals = 2
        self.scoreSlider.minimum = 0.0
        self.scoreSlider.maximum = 1.0
        self.scoreSlider.singleStep = 0.05
        self.scoreSlider.value = self._workbench.scene.parameters.minimumScore
        self.scoreSlider.toolTip = _("Hide lesions that the model found with a lower score; they are kept.")
        self.scoreLabel = qt.QLabel(_("Score from"))
        layout.addLayout(row((self.scoreLabel, 0), (self.scoreSlider, 1)))
        self.summaryLabel = wrappingLabel()
        layout.addWidget(self.summaryLabel)
        self.table = LesionTableView()
        layout.addWidget(self.table.widget)

    def _buildActions(self, layout):
        self.acceptButton = pushButton(_("Accept"), _("It is a lesion."), "accept")
        self.rejectButton = pushButton(_("Reject"), _("It is no lesion: it is not in the label map."), "reject")
        self.openButton = pushButton(_("Leave open"), _("Take the verdict back."))
        layout.addLayout(row((self.acceptButton, 1), (self.rejectButton, 1), (self.openButton, 1)))
        words = [TYPE_WORDS.get(choice) or CLASS_WORDS[choice] for choice in CHOICES]
        self.typeBox = comboBox((_("As the classifier says"), *words), _("What the selected lesions are"))
        self.typeButton = pushButton(_("Set type"), _("Say that the selected lesions are of this type."))
        self.describeButton = pushButton(
            _("Describe again"), _("Let the server measure and classify lesions that were marked or corrected.")
        )
        layout.addLayout(row((self.typeBox, 1), (self.typeButton, 0), (self.describeButton, 0)))
        self.mergeButton = pushButton(_("Merge"), _("Make one lesion of the selected ones."), "merge")
        self.deleteButton = pushButton(_("Delete"), _("Delete the selected lesions with their voxels."), "delete")
        self.undoButton = pushButton(_("Undo"), icon="undo")
        layout.addLayout(row((self.mergeButton, 1), (self.deleteButton, 1), (self.undoButton, 1)))
        self.commentEdit = qt.QLineEdit()
        self.commentEdit.placeholderText = _("Comment on the selected lesion")
        layout.addWidget(self.commentEdit)

    def _buildPlacing(self, layout):
        titles = {Way.CLICK: _("Click"), Way.LINE: _("Line"), Way.CIRCLE: _("Circle")}
        self.placeButtons = {}
        for way, title in titles.items():
            button = pushButton(title, HINTS[way], "add")
            button.checkable = True
            self.placeButtons[way] = button
        self.diameterBox = qt.QDoubleSpinBox()
        self.diameterBox.setRange(1.0, 300.0)
        self.diameterBox.decimals = 1
        self.diameterBox.suffix = _(" mm")
        self.diameterBox.value = DEFAULT_MM
        self.diameterBox.toolTip = _("Diameter of a lesion that is marked by a click")
        widgets = [(button, 1) for button in self.placeButtons.values()]
        layout.addWidget(qt.QLabel(_("Add a lesion by")))
        layout.addLayout(row(*widgets, (self.diameterBox, 0)))

    def _listen(self):
        self.scoreSlider.valueChanged.connect(self._onScore)
        self.table.chosen.connect(self._onChosen)
        self.table.sorted.connect(self._onSorted)
        for button, verdict in (
            (self.acceptButton, Verdict.ACCEPTED),
            (self.rejectButton, Verdict.REJECTED),
            (self.openButton, Verdict.OPEN),
        ):
            button.clicked.connect(lambda checked=False, verdict=verdict: self.judge(verdict))
        self.typeButton.clicked.connect(self._onType)
        self.describeButton.clicked.connect(self.describeAgain)
        self.mergeButton.clicked.connect(self._onMerge)
        self.deleteButton.clicked.connect(self._onDelete)
        self.undoButton.clicked.connect(self._editor.undo)
        self.commentEdit.editingFinished.connect(self._onComment)
        for way, button in self.placeButtons.items():
            button.clicked.connect(lambda checked=False, way=way: self._onPlace(way))
        self.placing.placed.connect(self._onPlaced)
        self.placing.waitingChanged.connect(self._onWaiting)
        self._lesions.changed.connect(self._refresh)
        self._lesions.selected.connect(self._onSelected)
        self._editor.undoChanged.connect(self._update)
        scene = self._workbench.scene
        for signal in (
            self._session.connected,
            self._session.disconnected,
            self._workbench.opened,
            scene.imagesChanged,
        ):
            signal.connect(self._update)
        self._workbench.closed.connect(self.placing.cancel)
        scene.restored.connect(self._onRestored)

    @property
    def shown(self):
        """Numbers of the lesions in the table, from top to bottom: keys go through them in this order."""
        return self.table.shown

    def judge(self, verdict):
        """Accept or reject the selected lesions, or leave them open."""
        self._try(self._editor.setVerdict, self.table.numbers, verdict)

    def describeAgain(self):
        """Let the server describe the selected lesions, or all that it has not described as they are."""
        if not hasConsent(self._session):
            return
        segmentation, numbers = self._workbench.segmentation, self._toDescribe()
        masks = {number: mask for number in numbers if (mask := segmentation.lesion(number))}
        sent = {number: mask.fingerprint for number, mask in masks.items()}
        self._say("")
        client, case = self._session.client, self._workbench.scene.case
        title = _("Describing the lesions")
        self._job = self._session.run(title, describe, client, case, segmentation.grid, masks)
        self._job.done.connect(lambda findings: self._onDescribed(segmentation, findings, sent))
        self._job.failed.connect(lambda error: self._say(str(error), "bad"))
        self._job.ended.connect(self._onEnded)
        self._update()

    def close(self):
        """Let go of the views, before the panel is destroyed."""
        self.placing.cancel()

    def _toDescribe(self):
        """Selected lesions that have voxels; without a selection those that the server has not seen as they are."""
        chosen = self.table.numbers
        known = [number for number in self._lesions.numbers if self._lesions.measured(number)]
        if chosen:
            return [number for number in known if number in chosen]
        records = self._lesions.records
        due = [n for n in known if not records[n].found or records[n].isOutdated(self._lesions.measured(n))]
        return [number for number in due if not records[number].isRejected]

    def _onDescribed(self, segmentation, findings, sent):
        if self._workbench.segmentation is segmentation:
            described = takeDescriptions(self._lesions, findings, sent)
            self._say(_("{lesions} described.").format(lesions=counted(len(described))), "good")

    def _onEnded(self):
        self._job = None
        self._update()

    def _onScore(self, value):
        self._workbench.scene.parameters.minimumScore = value
        self._refresh()

    def _onSorted(self, column):
        self._isDescending = column is self._column and not self._isDescending
        self._column = column
        self._refresh()

    def _onChosen(self):
        self._isChoosing = True
        self._lesions.select(self.table.current)
        self._isChoosing = False
        self._update()

    def _onSelected(self, number):
        if not self._isChoosing:  # several rows stay selected when one of them is gone to
            self.table.choose(number)
        self._update()

    def _onType(self):
        index = self.typeBox.currentIndex
        self._editor.setType(self.table.numbers, CHOICES[index - 1] if index else None)

    def _onMerge(self):
        self._try(self._editor.merge, self.table.numbers)

    def _onDelete(self):
        self._editor.delete(self.table.numbers)

    def _onComment(self):
        """Keep the text with the lesion that it was written on: another one may be selected by now."""
        number, text = self._commented, self.commentEdit.text.strip()
        if number in self._lesions.numbers and text != self._lesions.records[number].comment:
            self._editor.setComment(number, text)
        self._showComment()

    def _showComment(self):
        self._commented = self._lesions.selection
        text = self._lesions.records[self._commented].comment if self._commented is not None else ""
        if self.commentEdit.text != text:  # else the cursor would move
            self.commentEdit.text = text

    def _onPlace(self, way):
        if self.placing.way is way:
            self.placing.cancel()
        else:
            self.placing.start(way)

    def _onWaiting(self, way):
        for each, button in self.placeButtons.items():
            button.checked = each is way
        self._say(HINTS[way] if way else "")

    def _onPlaced(self, center, diameterMm):
        self._try(self._editor.addMark, center, self.diameterBox.value if diameterMm is None else diameterMm)

    def _onRestored(self):
        self.scoreSlider.value = self._workbench.scene.parameters.minimumScore
        self._refresh()

    def _try(self, function, *arguments):
        """Do what may be refused, in words."""
        self._say("")
        try:
            function(*arguments)
        except ValueError as error:
            self._say(str(error), "bad")

    def _refresh(self):
        minimum = self._workbench.scene.parameters.minimumScore
        table = tableOf(self._lesions, minimum, self._column, self._isDescending)
        self.table.show(table, self._column, self._isDescending)
        self.summaryLabel.text = table.summary
        self.summaryLabel.styleSheet = styleOf("bad" if table.hidden else "")
        self._update()

    def _update(self, *arguments):
        numbers, isOpen = self.table.numbers, self._workbench.segmentation is not None
        for button in (self.acceptButton, self.rejectButton, self.openButton, self.typeButton, self.deleteButton):
            button.enabled = bool(numbers)
        self.mergeButton.enabled = len(numbers) > 1
        undoText = self._editor.undoText
        self.undoButton.enabled = bool(undoText)
        self.undoButton.toolTip = _("Undo {what}").format(what=undoText) if undoText else ""
        for widget in (*self.placeButtons.values(), self.diameterBox):
            widget.enabled = isOpen
        isDue = isOpen and self._job is None and bool(self._toDescribe())
        self.describeButton.enabled = isDue and not whyNoServer(self._workbench.scene, self._session)
        if not self.commentEdit.hasFocus():
            self._showComment()
        self.commentEdit.enabled = self._lesions.selection is not None
