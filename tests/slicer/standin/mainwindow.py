"""The main window: a module's panel on the left, the views beside it."""

from __future__ import annotations

from typing import Any

import qt
import slicer

from standin.pythonqt import closed


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
        self._panel_dock.minimumWidth = 400
        self._scroll = qt.QScrollArea()
        self._scroll.widgetResizable = True
        self._scroll.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
        self._panel_dock.setWidget(self._scroll)
        self.addDockWidget(qt.Qt.LeftDockWidgetArea, self._panel_dock)

    def _show_panel(self, widget: Any) -> None:
        """Show an open module's widget beside the views."""
        self._scroll.takeWidget()
        self._scroll.setWidget(widget)
        self.setCentralWidget(slicer.app.layoutManager().viewport())
