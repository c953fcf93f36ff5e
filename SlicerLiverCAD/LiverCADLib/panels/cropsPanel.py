"""The selected lesion in every phase, as the server's classifier sees it."""

from pathlib import Path

import ctk
import qt

from livercad.core.crops import SMALLEST_SIDE_MM
from livercad.core.phases import Phase
from livercad.core.roi import DEFAULT_RATIO
from LiverCADLib.cases import fileNameOf
from LiverCADLib.panels.drawing import curvePixmap, pictureOfText
from LiverCADLib.panels.parts import column, pushButton, quietly, row, say, wrappingLabel
from LiverCADLib.panels.phaseView import PhaseView
from LiverCADLib.saliencyLoading import SaliencyLoader
from LiverCADLib.scene.contactSheet import acceptedIn, sheetOf, typeWord
from LiverCADLib.scene.crops import HIGHEST_RATIO, LOWEST_RATIO
from LiverCADLib.scene.lesionTable import tableOf
from LiverCADLib.scene.sheetPicture import writeSheet
from LiverCADLib.translation import _


class CropsPanel:
    """The section "Crops".

    Parameters
    ----------
    crops : LesionCrops
        What is shown.
    session : Session
        The server, which alone has the saliency.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    """

    def __init__(self, crops, session):
        self._crops, self._session = crops, session
        self._saliency = SaliencyLoader(crops, session)
        self._making, self._fault = None, ""
        self.widget, layout = column()
        self._buildLesion(layout)
        self._buildSquare(layout)
        self._buildPictures(layout)
        self._buildCurve(layout)
        self._followed = crops.changed, self._saliency.changed, session.connected, session.disconnected
        for signal in self._followed:
            signal.connect(self._update)
        self._update()

    def close(self):
        """Follow nothing any more: the widget is about to go."""
        for signal in self._followed:
            signal.disconnect(self._update)

    def _buildLesion(self, layout):
        self.previousButton = qt.QToolButton()
        self.previousButton.setArrowType(qt.Qt.LeftArrow)
        self.previousButton.toolTip = _("Previous lesion")
        self.previousButton.clicked.connect(self.selectPrevious)
        self.nextButton = qt.QToolButton()
        self.nextButton.setArrowType(qt.Qt.RightArrow)
        self.nextButton.toolTip = _("Next lesion")
        self.nextButton.clicked.connect(self.selectNext)
        self.lesionLabel = qt.QLabel()
        self.lesionLabel.alignment = qt.Qt.AlignCenter
        layout.addLayout(row((self.previousButton, 0), (self.lesionLabel, 1), (self.nextButton, 0)))

    def _buildSquare(self, layout):
        self.ratioSlider = ctk.ctkSliderWidget()
        self.ratioSlider.decimals = 2
        self.ratioSlider.minimum = LOWEST_RATIO
        self.ratioSlider.maximum = HIGHEST_RATIO
        self.ratioSlider.singleStep = 0.05
        self.ratioSlider.toolTip = _("D/L: the lesion's longest diameter over the side of the square")
        self.ratioSlider.valueChanged.connect(self._onRatio)
        self.ratioButton = pushButton(_("As the classifier"))
        self.ratioButton.toolTip = _("D/L {ratio:.1f}, on which the server's classifier was trained").format(
            ratio=DEFAULT_RATIO
        )
        self.ratioButton.clicked.connect(self._onDefaultRatio)
        self.sideLabel = wrappingLabel()
        self.ratioLabel = qt.QLabel(_("D/L"))
        layout.addLayout(row((self.ratioLabel, 0), (self.ratioSlider, 1), (self.ratioButton, 0)))
        layout.addWidget(self.sideLabel)

    def _buildPictures(self, layout):
        self.views = {phase: PhaseView(phase) for phase in Phase}
        grid = qt.QGridLayout()
        for n, view in enumerate(self.views.values()):
            grid.addWidget(view.widget, n // 2, n % 2)
            view.windowChanged.connect(self._crops.setWindow)
        grid.setColumnStretch(2, 1)
        layout.addLayout(grid)
        self.linkedBox = qt.QCheckBox(_("One window"))
        self.linkedBox.toolTip = _("Show all phases in the same window.")
        self.linkedBox.toggled.connect(self._crops.setWindowsLinked)
        self.windowsButton = pushButton(_("Usual windows"), _("Show every phase in its usual window again."))
        self.windowsButton.clicked.connect(self._onUsualWindows)
        self.regionBox = qt.QCheckBox(_("Square in the views"))
        self.regionBox.toolTip = _("Draw the square in the slice views.")
        self.regionBox.toggled.connect(self._crops.setShowsRegion)
        self.saliencyBox = qt.QCheckBox(_("Saliency"))
        self.saliencyBox.toolTip = _("Lay over the crops what spoke for the class that the server's classifier chose.")
        self.saliencyBox.toggled.connect(self._onSaliency)
        rows = qt.QGridLayout()
        for n, widget in enumerate((self.linkedBox, self.windowsButton, self.regionBox, self.saliencyBox)):
            rows.addWidget(widget, n // 2, n % 2)
        rows.setColumnStretch(2, 1)
        layout.addLayout(rows)

    def _buildCurve(self, layout):
        self.curvePicture, self.curveLabel = qt.QLabel(), qt.QLabel()
        self.curveLabel.wordWrap = True  # and a label that wraps gives a picture no height
        layout.addWidget(self.curvePicture)
        layout.addWidget(self.curveLabel)
        self.sheetButton = pushButton(_("Save contact sheet …"))
        self.sheetButton.clicked.connect(self.saveSheet)
        layout.addWidget(self.sheetButton)
        self.messageLabel = wrappingLabel()
        layout.addWidget(self.messageLabel)
        layout.addStretch(1)

    def selectNext(self):
        """Go to the next lesion, after the last one to the first."""
        self._crops.lesions.selectNext(self._shown())

    def selectPrevious(self):
        """Go to the lesion before, from the first one to the last."""
        self._crops.lesions.selectNext(self._shown(), -1)

    def _shown(self):
        """Numbers of the lesions that the score slider does not hide."""
        table = tableOf(self._crops.lesions, self._crops.caseScene.parameters.minimumScore)
        return [row.number for row in table.rows]

    def saveSheet(self):
        """Ask for a file and save the accepted lesions in all phases as one picture."""
        records = acceptedIn(self._crops.lesions)
        if self._making or not records:
            return
        case = self._crops.caseScene.case or _("Lesions")
        title, kinds = _("Save contact sheet"), _("Pictures (*.png)")
        path = qt.QFileDialog.getSaveFileName(self.widget, title, f"{fileNameOf(case)}_lesions.png", kinds)
        if not path:
            return
        self._fail("")
        path = Path(path)
        path = path if path.suffix.lower() == ".png" else path.with_name(f"{path.name}.png")
        windows = {phase: self._crops.window(phase) for phase in Phase}
        images, ratio = self._crops.images(), self._crops.ratio
        making = self._session.run(_("Contact sheet"), sheetOf, case, records, images, ratio, windows)
        making.done.connect(lambda sheet: self._write(sheet, path))
        self._follow(making)

    def _write(self, sheet, path):
        words = [pictureOfText(text) for text in sheet.texts()]
        self._follow(self._session.run(_("Contact sheet"), writeSheet, sheet, words, path))

    def _follow(self, making):
        self._making = making
        making.failed.connect(lambda error: self._fail(str(error)))
        making.ended.connect(lambda: self._onMade(making))
        self._update()

    def _onMade(self, making):
        if self._making is making:
            self._making = None
        self._update()

    def _onRatio(self, ratio):
        self._crops.setRatio(round(ratio, 2))

    def _onDefaultRatio(self):
        self._crops.setRatio(DEFAULT_RATIO)

    def _onUsualWindows(self):
        self._crops.resetWindows()

    def _onSaliency(self, isOn):
        if isOn:
            self._saliency.retry()  # asks nothing yet: that comes with the one update, which takes a moment
            self._crops.setShowsSaliency(True)
        else:
            self._crops.setShowsSaliency(False)
            self._saliency.retry()
            self._update()

    def _fail(self, fault):
        self._fault = fault
        self._update()

    def _update(self, *news):
        lesion, numbers = self._crops.lesion, self._crops.lesions.numbers
        self._saliency.ask()
        self._updateLesion(lesion, numbers)
        quietly(self.ratioSlider, self.ratioSlider.setValue, self._crops.ratio)
        quietly(self.linkedBox, self.linkedBox.setChecked, self._crops.areWindowsLinked)
        quietly(self.regionBox, self.regionBox.setChecked, self._crops.showsRegion)
        quietly(self.saliencyBox, self.saliencyBox.setChecked, self._crops.showsSaliency)
        self.sideLabel.text = self._sideText(lesion)
        self.saliencyBox.text = self._saliencyText(lesion)
        pictures, there = self._crops.pictures(), self._crops.phases.volumes()
        for phase, view in self.views.items():
            view.widget.setVisible(lesion is not None and phase in there)
            view.show(pictures.get(phase), self._crops.window(phase), self._crops.isRegistered(phase))
        self._updateCurve(lesion)
        say(self.messageLabel, self._fault or self._saliency.error, "bad")
        accepted = acceptedIn(self._crops.lesions)
        self.sheetButton.enabled = bool(accepted) and self._making is None
        self.sheetButton.toolTip = (
            _("All accepted lesions in all phases, as one picture") if accepted else _("No lesion is accepted yet.")
        )

    def _updateLesion(self, lesion, numbers):
        for button in (self.previousButton, self.nextButton):
            button.enabled = bool(numbers)
        if lesion is None:
            self.lesionLabel.text = _("No lesion is selected.") if numbers else _("There are no lesions.")
        else:
            self.lesionLabel.text = _("Lesion {number}: {type}, {size:.0f} mm").format(
                number=lesion.number, type=typeWord(lesion), size=lesion.diameterMm
            )

    def _sideText(self, lesion):
        if lesion is None:
            return ""
        text = _("Square of {side:.0f} mm").format(side=self._crops.sideMm)
        if self._crops.sideMm <= SMALLEST_SIDE_MM:
            text = _("{text}, the smallest that is used").format(text=text)
        there = self._crops.phases.volumes()
        if not all(self._crops.isRegistered(phase) for phase in there):
            return _("{text}; not all phases are registered yet, see the section Phases").format(text=text)
        return _("{text}; as the classifier sees it").format(text=text) if self._crops.isAsTheNetworkSees else text

    def _saliencyText(self, lesion):
        if not self._crops.showsSaliency or lesion is None or self._crops.seen:
            return _("Saliency")
        if not self._crops.isToBeAsked:
            return _("Saliency (lesion not classified)")
        if self._saliency.isAsking:
            return _("Saliency (being fetched)")
        return _("Saliency (not at hand)") if self._saliency.isOnServer else _("Saliency (connect first)")

    def _updateCurve(self, lesion):
        curve = self._crops.curve()
        self.curvePicture.setVisible(curve is not None)
        self.curveLabel.setVisible(lesion is not None and curve is None)
        if curve is not None:
            self.curvePicture.setPixmap(curvePixmap(curve))
            self.curvePicture.toolTip = _("Measured before the lesion was corrected") if self._crops.isOutdated else ""
        elif lesion is not None and lesion.found is None:
            self.curveLabel.text = _("Its enhancement has not been measured; let the server analyse the lesions.")
        else:
            self.curveLabel.text = _("A curve of the enhancement needs two phases.")
