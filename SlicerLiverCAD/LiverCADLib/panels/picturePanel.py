"""Which 2-D image is looked at: one of the open ultrasound case, or one that is in the scene already."""

import qt
import slicer

from LiverCADLib.panels.parts import column, comboBox, messageLabel, pushButton, quietly, row, say, wrappingLabel
from LiverCADLib.panels.replacing import mayReplace
from LiverCADLib.scene.pictureNodes import whyNoPicture
from LiverCADLib.translation import _


class PicturePanel:
    """The section "Ultrasound image".

    Parameters
    ----------
    pictures : PictureCase
        The open ultrasound case.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    """

    def __init__(self, pictures):
        self._pictures, self._titles = pictures, []
        self.widget, layout = column()
        self._buildImages(layout)
        self._buildScene(layout)
        self.messageLabel, self._say = messageLabel()
        layout.addWidget(self.messageLabel)
        self._say("")
        self._followed = pictures.opened, pictures.closed, pictures.changed
        for signal in self._followed:
            signal.connect(self._update)
        self._update()

    def _buildImages(self, layout):
        self.previousButton, self.nextButton = qt.QToolButton(), qt.QToolButton()
        for button, arrow, toolTip, step in (
            (self.previousButton, qt.Qt.LeftArrow, _("Previous image"), -1),
            (self.nextButton, qt.Qt.RightArrow, _("Next image"), 1),
        ):
            button.setArrowType(arrow)
            button.toolTip = toolTip
            button.clicked.connect(lambda checked=False, step=step: self._pictures.showNext(step))
        self.imageBox = comboBox(toolTip=_("Images of the case; a dot marks those with changes not submitted"))
        self.imageBox.connect("currentIndexChanged(int)", self._onImage)
        layout.addLayout(row((self.previousButton, 0), (self.imageBox, 1), (self.nextButton, 0)))
        self.sizeLabel = wrappingLabel()
        layout.addWidget(self.sizeLabel)
        self.leftOutLabel = wrappingLabel()
        layout.addWidget(self.leftOutLabel)

    def _buildScene(self, layout):
        self.selector = slicer.qMRMLNodeComboBox()
        self.selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
        self.selector.noneEnabled = True
        self.selector.noneDisplay = _("Image that is in the scene")
        self.selector.addEnabled = False
        self.selector.removeEnabled = False
        self.selector.setMRMLScene(slicer.mrmlScene)
        self.selector.toolTip = _("A picture or another 2-D image that was loaded by hand")
        self.selector.connect("currentNodeChanged(vtkMRMLNode*)", self._onNode)
        self.useButton = pushButton(_("Use"), _("Mark and classify lesions on this image."))
        self.useButton.clicked.connect(self.use)
        layout.addLayout(row((self.selector, 1), (self.useButton, 0)))

    def use(self):
        """Take the chosen image of the scene for a case of its own."""
        node = self.selector.currentNode()
        reason = whyNoPicture(node)
        self._say(reason, "bad")
        if not reason and mayReplace(self._pictures.scene):
            self._pictures.adopt(node)

    def close(self):
        """Follow nothing any more: the widget is about to go."""
        for signal in self._followed:
            signal.disconnect(self._update)

    def _onNode(self, node):
        self._say("")
        self._update()

    def _onImage(self, index):
        if 0 <= index < len(self._pictures.pictures):
            self._pictures.show(self._pictures.pictures[index].name)

    def _update(self, *news):
        pictures, shown = self._pictures.pictures, self._pictures.shown
        titles = [f"{picture.name} \u2022" if picture.isChanged else picture.name for picture in pictures]
        if titles != self._titles:  # asked at every move of the mouse while a circle is dragged
            self._titles = titles
            wasBlocked = self.imageBox.blockSignals(True)
            self.imageBox.clear()
            self.imageBox.addItems(titles)
            self.imageBox.blockSignals(wasBlocked)
        if shown is not None:
            quietly(self.imageBox, self.imageBox.setCurrentIndex, pictures.index(shown))
        for widget in (self.previousButton, self.nextButton):
            widget.enabled = len(pictures) > 1
        self.imageBox.enabled = bool(pictures)
        self.useButton.enabled = self.selector.currentNode() is not None
        self.sizeLabel.text = sizeText(shown) if shown is not None else _("No ultrasound image is open.")
        say(self.leftOutLabel, leftOutText(self._pictures.leftOut), "bad")


def leftOutText(reasons):
    """Tell which images of the case are not shown, and why; empty where all are."""
    if not reasons:
        return ""
    one, several = _("1 image of this case is left out."), _("{count} images of this case are left out.")
    return "\n".join([one if len(reasons) == 1 else several.format(count=len(reasons)), *reasons])


def sizeText(picture):
    """How large an image is, in pixels and where that is known in mm."""
    size = _("{columns} \u00d7 {rows} pixels").format(columns=picture.columns, rows=picture.rows)
    if picture.spacingMm is None:
        return _("{size} of unknown size, shown as 1 mm each").format(size=size)
    down, across = picture.spacingMm
    sentence = _("{size} of {across:.2f} \u00d7 {down:.2f} mm")
    return sentence.format(size=size, across=across, down=down)
