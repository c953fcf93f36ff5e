"""The selected lesion in squares of several sizes, as networks see it, live while its circle is dragged."""

import numpy as np
import qt

from livercad.core.circle import SMALLEST_SIDE
from livercad.core.planar_roi import planar_square
from LiverCADLib.panels.drawing import pixmapOf
from LiverCADLib.panels.parts import column, comboBox, quietly, row, timer
from LiverCADLib.scene.pixels import laidOver
from LiverCADLib.translation import _

RATIOS = (0.2, 0.4, 0.6, 0.8, 1.0)
"""D/L, of those that Yamakawa 2020, section 2.3, compares."""
PIXELS = round(SMALLEST_SIDE)
"""Along a side: the input of its network, pixel for pixel."""
SHOWN = 136
"""Side of a picture on the screen, in pixels."""
COLUMNS = 3
SOON_MS = 15
"""While a circle is dragged, pictures are drawn at most so often."""


class CircleCropsPanel:
    """The section "D/L previews".

    Parameters
    ----------
    pictures : PictureCase
        The open ultrasound case.
    asking : Asking
        Has what spoke for a model's answer.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    """

    def __init__(self, pictures, asking):
        self._pictures, self._asking = pictures, asking
        self._due = timer(SOON_MS, self.draw)
        self._due.setSingleShot(True)
        self.widget, layout = column()
        self.captions, self.views = {}, {}
        self._build(layout)
        self._followed = pictures.changed, asking.changed
        for signal in self._followed:
            signal.connect(self._onChange)
        self.draw()

    def _build(self, layout):
        grid = qt.QGridLayout()
        layout.addLayout(grid)  # first: a layout without a parent does not keep its widgets in PythonQt
        for n, ratio in enumerate(RATIOS):
            caption, view = qt.QLabel(), qt.QLabel()
            view.setFixedSize(SHOWN, SHOWN)
            view.scaledContents = True
            view.styleSheet = "background: #18191b"
            self.captions[ratio], self.views[ratio] = caption, view
            line, place = divmod(n, COLUMNS)
            grid.addWidget(caption, 2 * line, place)
            grid.addWidget(view, 2 * line + 1, place)
        grid.setColumnStretch(COLUMNS, 1)
        self.squareBox = comboBox((_("none"), *(_("D/L {ratio}").format(ratio=ratio) for ratio in RATIOS)))
        self.squareBox.toolTip = _("Draw the square of this D/L around the selected circle.")
        self.squareBox.connect("currentIndexChanged(int)", self._onSquare)
        self.squareLabel = qt.QLabel(_("Square in the view:"))
        layout.addLayout(row((self.squareLabel, 0), (self.squareBox, 1)))

    def draw(self):
        """Show the selected lesion as it now is."""
        ratio = self._pictures.scene.parameters.pictureRatio
        quietly(self.squareBox, self.squareBox.setCurrentIndex, RATIOS.index(ratio) + 1 if ratio in RATIOS else 0)
        mark, shown = self._pictures.selected, self._pictures.shown
        pixels = self._pictures.pixels(shown.name) if mark else None
        self.widget.enabled = pixels is not None
        for each, view in self.views.items():
            caption = _("D/L {ratio}").format(ratio=each)
            if pixels is None:
                view.clear()
            else:
                side = mark.circle.side(each)
                caption = _("{caption}: {side:.0f} px").format(caption=caption, side=side)
                view.setPixmap(pixmapOf(self._pictureOf(pixels, mark.circle, each)))
            self.captions[each].text = caption

    def close(self):
        """Follow nothing any more: the widget is about to go."""
        self._due.stop()
        for signal in self._followed:
            signal.disconnect(self._onChange)

    def _pictureOf(self, pixels, circle, ratio):
        grey = np.rint(planar_square(pixels, circle, PIXELS, ratio=ratio)).astype(np.uint8)
        picture = np.repeat(grey[..., None], 3, axis=-1)
        told = self._asking.answer() if self._pictures.scene.parameters.pictureSaliency else None
        if told is None or told.saliency is None:
            return picture
        return laidOver(picture, planar_square(told.saliency, circle, PIXELS, ratio=ratio) / 255)

    def _onSquare(self, index):
        self._pictures.scene.parameters.pictureRatio = RATIOS[index - 1] if index > 0 else 0.0
        self._pictures.refresh()

    def _onChange(self, *news):
        if not self._due.active:
            self._due.start()
