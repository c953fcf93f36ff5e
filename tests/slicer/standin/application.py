"""`slicer.app`, what qSlicerApplication offers of it to a module."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import qt
from PySide6 import QtCore, QtWidgets

from standin.pythonqt import adopt, closed
from standin.scene import Scene

VERSION = (5, 12)


@closed
class qSlicerApplication(qt.QObject):
    """The application object. Settings are in a temporary folder; nothing of the user's is read or written."""

    startupCompleted = QtCore.Signal()
    aboutToQuit = QtCore.Signal()
    SIGNALS = ("startupCompleted()", "aboutToQuit()")

    def __init__(self, scene: Scene, core_io: Any, modules: Any) -> None:
        super().__init__()
        self._scene, self._core_io, self._modules = scene, core_io, modules
        self._layout: Any = None
        self._testing = False
        self._paused = 0
        self._folder = Path(tempfile.mkdtemp(prefix="slicer-standin-"))
        self._settings = {
            name: qt.QSettings(str(self._folder / f"{name}.ini"), qt.QSettings.IniFormat) for name in ("app", "user")
        }

    applicationName = property(lambda self: "SlicerStandIn")
    applicationVersion = property(lambda self: f"{VERSION[0]}.{VERSION[1]}.0")
    majorVersion = property(lambda self: VERSION[0])
    minorVersion = property(lambda self: VERSION[1])
    temporaryPath = property(lambda self: str(self._folder))
    documentationBaseUrl = property(lambda self: "https://slicer.readthedocs.io/en/latest/")

    def applicationLogic(self) -> Any:
        """Slicer's vtkSlicerApplicationLogic."""
        return self._scene.application_logic

    def mrmlScene(self) -> Any:
        """The scene."""
        return self._scene.mrml

    def coreIOManager(self) -> Any:
        """What reads and writes files."""
        return self._core_io

    ioManager = coreIOManager

    def moduleManager(self) -> Any:
        """What knows the modules."""
        return self._modules

    def layoutManager(self) -> Any:
        """What arranges the views. They are made when they are first asked for; in Slicer they always are there."""
        if self._layout is None:
            from standin.layoutmanager import qSlicerLayoutManager

            self._layout = qSlicerLayoutManager(self._scene.application_logic)
        return self._layout

    def _end_layouts(self) -> None:
        """Let the layout logic follow the scene no more: it writes to its node after an emptied scene has freed it."""
        if self._layout is not None:
            self._layout.layoutLogic().SetMRMLScene(None)

    def settings(self) -> Any:
        """Settings of the application."""
        return self._settings["app"]

    def userSettings(self) -> Any:
        """Settings of the user."""
        return self._settings["user"]

    def testingEnabled(self) -> bool:
        """Tell whether message boxes are left out; here they are not, but answered: see `dialogs`."""
        return self._testing

    def translate(self, context: str, text: str) -> str:
        """Answer the text: there are no translations."""
        return text

    def processEvents(self, *flags: Any) -> None:
        """Let Qt work off what waits."""
        QtWidgets.QApplication.processEvents(*flags)

    def topLevelWidgets(self) -> list:
        """All windows."""
        return list(adopt(QtWidgets.QApplication.topLevelWidgets()))

    def setOverrideCursor(self, cursor: Any) -> None:
        """Show a cursor, as that of waiting."""
        QtWidgets.QApplication.setOverrideCursor(cursor)

    def restoreOverrideCursor(self) -> None:
        """Show the cursor before it again."""
        QtWidgets.QApplication.restoreOverrideCursor()

    def pauseRender(self) -> None:
        """Let no view render."""
        self._paused += 1

    def resumeRender(self) -> None:
        """Let views render."""
        assert self._paused, "resumeRender without pauseRender"
        self._paused -= 1
