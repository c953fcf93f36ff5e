"""One phase in the crop previews: its picture, and the window that it is shown in."""

import qt

from livercad.core.phases import Window
from LiverCADLib.panels.drawing import pixmapOf
from LiverCADLib.scene.phaseEvidence import phaseTitle
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _

SIZE = 176
"""Side of a picture on the screen, in pixels."""
LOWEST_HU, HIGHEST_HU, WIDEST_HU = -1024, 3071, 4000


class PhaseView:
    """A crop with its name and window.

    Parameters
    ----------
    phase : Phase
        Which.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    windowChanged : Signal
        (Phase, Window); the user set another window.
    """

    def __init__(self, phase):
        self.phase, self.windowChanged = phase, Signal()
        self.widget = qt.QWidget()
        layout = qt.QVBoxLayout(self.widget)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self.title = qt.QLabel()
        self.picture = qt.QLabel()
        self.picture.setFixedSize(SIZE, SIZE)
        self.picture.scaledContents = True
        self.picture.alignment = qt.Qt.AlignCenter
        self.picture.wordWrap = True
        self.picture.styleSheet = "background: #18191b; color: #c0c4c8"
        self.level = self._spinBox(LOWEST_HU, HIGHEST_HU, _("Level: the HU shown as middle grey"), _("L "))
        self.width = self._spinBox(1, WIDEST_HU, _("Width: how many HU lie between black and white"), _("W "))
        row = qt.QHBoxLayout()
        row.addWidget(self.level)
        row.addWidget(self.width)
        layout.addWidget(self.title)
        layout.addWidget(self.picture)
        layout.addLayout(row)

    def show(self, picture, window, isRegistered):
        """Show a picture.

        Parameters
        ----------
        picture : ndarray of uint8, shape (rows, columns, 3), or None
            None where the phase does not show the lesion.
        window : Window
            That it is shown in.
        isRegistered : bool
            Whether it comes from the volume on the reference's grid.
        """
        name = phaseTitle(self.phase)
        self.title.text = name if isRegistered else _("{phase} (as taken)").format(phase=name)
        self.title.toolTip = "" if isRegistered else _("Not registered to the reference: it may show another place.")
        if picture is None:
            self.picture.text = _("does not show the lesion")
        else:
            self.picture.setPixmap(pixmapOf(picture))
        for box, value in ((self.level, window.level_hu), (self.width, window.width_hu)):
            wasBlocked = box.blockSignals(True)
            box.value = round(value)
            box.blockSignals(wasBlocked)

    def _spinBox(self, lowest, highest, tip, prefix):
        box = qt.QSpinBox()
        box.setRange(lowest, highest)
        box.singleStep = 10
        box.prefix = prefix
        box.toolTip = tip
        box.connect("valueChanged(int)", self._onWindow)
        return box

    def _onWindow(self):
        self.windowChanged.emit(self.phase, Window(float(self.level.value), float(self.width.value)))
