"""ctkRangeWidget: two numbers, the lower and the upper end of a range."""

from __future__ import annotations

from typing import Any

import qt
from PySide6 import QtCore

from standin.pythonqt import closed
from standin.uiloader import register
from standin.widgets.qmrmlwidget import UnitAware
from standin.widgets.stored import stored


@register
@closed
class ctkRangeWidget(qt.QWidget):
    """Two spin boxes, the first never above the second."""

    valuesChanged = QtCore.Signal(float, float)
    SIGNALS = ("valuesChanged(double,double)",)
    singleStep = stored(float, 1.0)
    decimals = stored(int, 2)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._lower, self._upper = qt.QDoubleSpinBox(), qt.QDoubleSpinBox()
        layout = qt.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for box in (self._lower, self._upper):
            layout.addWidget(box)
            box.valueChanged.connect(self._on_value)

    def _set(self, box: Any, name: str, value: float) -> None:
        getattr(box, f"set{name}")(value)

    def _set_ends(self, name: str, value: float) -> None:
        for box in (self._lower, self._upper):
            self._set(box, name, value)

    minimum = QtCore.Property(
        float, lambda self: self._lower.minimum, lambda self, value: self._set_ends("Minimum", value)
    )
    maximum = QtCore.Property(
        float, lambda self: self._upper.maximum, lambda self, value: self._set_ends("Maximum", value)
    )
    minimumValue = QtCore.Property(
        float, lambda self: self._lower.value, lambda self, value: self._set(self._lower, "Value", value)
    )
    maximumValue = QtCore.Property(
        float, lambda self: self._upper.value, lambda self, value: self._set(self._upper, "Value", value)
    )

    def setRange(self, minimum: float, maximum: float) -> None:
        """Set between which numbers the range may lie."""
        self._set_ends("Minimum", minimum)
        self._set_ends("Maximum", maximum)

    def setValues(self, lower: float, upper: float) -> None:
        """Set the range."""
        for box in (self._lower, self._upper):
            box.blockSignals(True)
        self._lower.setValue(lower)
        self._upper.setValue(upper)
        for box in (self._lower, self._upper):
            box.blockSignals(False)
        self.valuesChanged.emit(self.minimumValue, self.maximumValue)

    def _on_value(self, value: float) -> None:
        if self._lower.value > self._upper.value:
            moved = self._lower if value == self._upper.value else self._upper
            moved.setValue(value)  # comes back here
            return
        self.valuesChanged.emit(self._lower.value, self._upper.value)


@register
@closed
class qMRMLRangeWidget(UnitAware, ctkRangeWidget):
    """A range with the units of the scene."""
