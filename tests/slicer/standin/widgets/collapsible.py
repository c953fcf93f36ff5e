"""ctkCollapsibleButton and ctkCollapsibleGroupBox."""

from __future__ import annotations

from typing import Any

import qt
from PySide6 import QtCore, QtWidgets

from standin.pythonqt import closed
from standin.uiloader import register

_HEAD = 26


@register
@closed
class ctkCollapsibleButton(qt.QWidget):
    """A heading that hides what is under it."""

    contentsCollapsed = QtCore.Signal(bool)
    toggled = QtCore.Signal(bool)
    clicked = QtCore.Signal(bool)
    SIGNALS = ("contentsCollapsed(bool)", "toggled(bool)", "clicked(bool)", "clicked()")

    def __init__(self, *args: Any) -> None:
        texts = [each for each in args if isinstance(each, str)]
        super().__init__(*[each for each in args if not isinstance(each, str)])
        self._collapsed = False
        self._head = qt.QToolButton(self)
        self._head.setObjectName("")
        self._head.setToolButtonStyle(qt.Qt.ToolButtonTextBesideIcon)
        self._head.clicked.connect(self._on_click)
        self.setContentsMargins(4, _HEAD + 4, 4, 4)
        self._set_text(texts[0] if texts else "")
        self._show_state()

    def _get_text(self) -> str:
        return self._head.text

    def _set_text(self, text: str) -> None:
        self._head.setText(text)

    def _get_collapsed(self) -> bool:
        return self._collapsed

    def _set_collapsed(self, collapsed: bool) -> None:
        if collapsed != self._collapsed:
            self._collapsed = collapsed
            self._show_state()
            self.contentsCollapsed.emit(collapsed)
            self.toggled.emit(not collapsed)

    text = QtCore.Property(str, _get_text, _set_text)
    collapsed = QtCore.Property(bool, _get_collapsed, _set_collapsed)
    checked = QtCore.Property(bool, lambda self: not self._collapsed, lambda self, on: self._set_collapsed(not on))

    def setText(self, text: str) -> None:
        """Set the heading."""
        self._set_text(text)

    def setCollapsed(self, collapsed: bool) -> None:
        """Hide or show what is under the heading."""
        self._set_collapsed(collapsed)

    def setChecked(self, checked: bool) -> None:
        """Show or hide what is under the heading."""
        self._set_collapsed(not checked)

    def toggle(self) -> None:
        """Change between hidden and shown."""
        self._set_collapsed(not self._collapsed)

    def click(self) -> None:
        """Do what a click on the heading does."""
        self._head.click()

    def _on_click(self) -> None:
        self.toggle()
        self.clicked.emit(not self._collapsed)

    def _show_state(self) -> None:
        self._head.setArrowType(qt.Qt.RightArrow if self._collapsed else qt.Qt.DownArrow)
        self.setMaximumHeight(_HEAD + 4 if self._collapsed else 16777215)
        for child in self.children():
            if isinstance(child, qt.QWidget) and child is not self._head and not child.isWindow():
                child.setVisible(not self._collapsed)

    def resizeEvent(self, event: Any) -> None:
        """Keep the heading as wide as the widget."""
        self._head.setGeometry(0, 0, self.width, _HEAD)

    def showEvent(self, event: Any) -> None:
        """Show no more than the state allows."""
        self._show_state()


@register
@closed
class ctkCollapsibleGroupBox(qt.QGroupBox):
    """A group box that hides what is in it."""

    collapsed = QtCore.Property(bool, lambda self: self._collapsed, lambda self, value: self._set(value))
    collapsedHeight = QtCore.Property(int, lambda self: 14, lambda self, value: None)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._collapsed = False

    def _set(self, collapsed: bool) -> None:
        self._collapsed = collapsed
        self.setFlat(collapsed)
        self.setMaximumHeight(20 if collapsed else 16777215)

    def paintEvent(self, event: Any) -> None:
        """Draw an arrow before the title."""
        option = QtWidgets.QStyleOptionGroupBox()
        self.initStyleOption(option)
        option.text = f"{'▸' if self._collapsed else '▾'} {option.text}"
        painter = QtWidgets.QStylePainter(self)
        painter.drawComplexControl(QtWidgets.QStyle.ComplexControl.CC_GroupBox, option)
        painter.end()
