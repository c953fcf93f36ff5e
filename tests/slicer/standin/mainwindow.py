"""The main window: a module's panel on the left, the views beside it."""

from __future__ import annotations

from typing import Any

import qt
import slicer
from PySide6 import QtCore, QtWidgets

from standin.pythonqt import closed


class _WidthFollower(QtCore.QObject):
    """Keeps the dock as wide as the module at least, as qSlicerModulePanel does: it never scrolls sideways."""

    def __init__(self, dock: QtWidgets.QDockWidget, area: QtWidgets.QScrollArea) -> None:
        super().__init__(dock)
        self._dock, self._area = dock, area

    def eventFilter(self, watched: Any, event: Any) -> bool:
        """Follow the module's size."""
        if event.type() in (QtCore.QEvent.Type.Resize, QtCore.QEvent.Type.LayoutRequest):
            self.follow()
        return False

    def follow(self) -> None:
        """Set the dock's least width."""
        module = QtWidgets.QScrollArea.widget(self._area)
        if module is not None:
            hint = QtWidgets.QWidget.minimumSizeHint(module).width()
            bar = QtWidgets.QWidget.sizeHint(QtWidgets.QScrollArea.verticalScrollBar(self._area)).width()
            QtWidgets.QWidget.setMinimumWidth(self._dock, max(NARROWEST, hint + bar))


NARROWEST = 400
"""Pixels that the panel has at least."""


@closed
class qSlicerModuleSelectorToolBar(qt.QObject):
    """Switches between modules that are open."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._window = window
        self._current: Any = None

    selectedModule = property(lambda self: self._current.name if self._current is not None else "")

    def selectModule(self, name: str) -> None:
        """Leave the module that is shown, and enter another."""
        module = slicer.util.getModule(name)
        shown = self._current.widgetRepresentation() if self._current is not None else None
        if shown is not None and shown.isEntered:
            shown.exit()
        self._current = module
        widget = module.widgetRepresentation()
        self._window._show_panel(widget)
        if widget is not None and not widget.isEntered:
            widget.enter()


@closed
class qSlicerMainWindow(qt.QMainWindow):
    """What `slicer.util.mainWindow()` answers. It has no menus and no tool bars."""

    def __init__(self) -> None:
        super().__init__()
        self.objectName = "qSlicerMainWindow"
        self.windowTitle = "Stand-in for 3D Slicer"
        self.resize(1280, 800)
        self._panel_dock = qt.QDockWidget(self)
        self._panel_dock.objectName = "PanelDockWidget"
        self._panel_dock.setTitleBarWidget(qt.QWidget())
        self._panel_dock.minimumWidth = NARROWEST
        self._scroll = qt.QScrollArea()
        self._scroll.widgetResizable = True
        self._scroll.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
        self._panel_dock.setWidget(self._scroll)
        self._follower = _WidthFollower(self._panel_dock, self._scroll)
        self.addDockWidget(qt.Qt.LeftDockWidgetArea, self._panel_dock)
        self._selector = qSlicerModuleSelectorToolBar(self)

    def moduleSelector(self) -> Any:
        """What switches between modules."""
        return self._selector

    def _show_panel(self, widget: Any) -> None:
        """Show an open module's widget beside the views, or none."""
        self._scroll.takeWidget()
        if widget is not None:
            self._scroll.setWidget(widget)
            widget.installEventFilter(self._follower)
            widget.show()
            self._follower.follow()
