"""ctkSliderWidget and its kin: a slider and a spin box that agree."""

from __future__ import annotations

from typing import Any

import qt
from PySide6 import QtCore

from standin.pythonqt import closed
from standin.uiloader import register
from standin.widgets.qmrmlwidget import UnitAware
from standin.widgets.stored import stored

_STEPS = 1000


def _of_box(kind: type, name: str) -> QtCore.Property:
    setter = f"set{name[0].upper()}{name[1:]}"
    return QtCore.Property(
        kind, lambda self: getattr(self._box, name), lambda self, value: getattr(self._box, setter)(value)
    )


@closed
class _NumberWidget(qt.QWidget):
    """What shows one number: a spin box, perhaps with something in front of it."""

    valueChanged = QtCore.Signal(float)
    SIGNALS: tuple[str, ...] = ("valueChanged(double)",)

    value = _of_box(float, "value")
    minimum = _of_box(float, "minimum")
    maximum = _of_box(float, "maximum")
    singleStep = _of_box(float, "singleStep")
    decimals = _of_box(int, "decimals")
    prefix = _of_box(str, "prefix")
    suffix = _of_box(str, "suffix")

    def __init__(self, parent: Any = None, *in_front: Any) -> None:
        super().__init__(parent)
        self._box = qt.QDoubleSpinBox()
        layout = qt.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (*in_front, self._box):
            layout.addWidget(widget)
        self._box.valueChanged.connect(self._on_value)

    def setValue(self, value: float) -> None:
        """Set the number."""
        self._box.setValue(value)

    def setMinimum(self, value: float) -> None:
        """Set the least number."""
        self._box.setMinimum(value)

    def setMaximum(self, value: float) -> None:
        """Set the greatest number."""
        self._box.setMaximum(value)

    def setRange(self, minimum: float, maximum: float) -> None:
        """Set both ends."""
        self._box.setRange(minimum, maximum)

    def setDecimals(self, count: int) -> None:
        """Set how many digits are behind the point."""
        self._box.setDecimals(count)

    def setSingleStep(self, step: float) -> None:
        """Set the step of the arrows."""
        self._box.setSingleStep(step)

    def _on_value(self, value: float) -> None:
        self.valueChanged.emit(value)


@register
@closed
class ctkDoubleSpinBox(_NumberWidget):
    """A spin box."""


@register
@closed
class ctkSliderWidget(_NumberWidget):
    """A slider with a spin box."""

    valueChanging = QtCore.Signal(float)
    SIGNALS = ("valueChanging(double)",)

    pageStep = stored(float, 1.0)
    tracking = stored(bool, True)
    spinBoxVisible = QtCore.Property(
        bool, lambda self: not self._box.isHidden(), lambda self, shown: self._box.setVisible(shown)
    )

    def __init__(self, parent: Any = None) -> None:
        self._slider = qt.QSlider(qt.Qt.Horizontal)
        self._slider.setRange(0, _STEPS)
        super().__init__(parent, self._slider)
        self._slider.sliderMoved.connect(self._on_slider)

    def _on_slider(self, step: int) -> None:
        self._box.setValue(self.minimum + step / _STEPS * (self.maximum - self.minimum))

    def _on_value(self, value: float) -> None:
        span = self.maximum - self.minimum
        self._slider.setValue(round(_STEPS * (value - self.minimum) / span) if span else 0)
        self.valueChanging.emit(value)
        super()._on_value(value)


@register
@closed
class qMRMLSliderWidget(UnitAware, ctkSliderWidget):
    """A slider with the units of the scene."""


@register
@closed
class qMRMLSpinBox(UnitAware, ctkDoubleSpinBox):
    """A spin box with the units of the scene."""
