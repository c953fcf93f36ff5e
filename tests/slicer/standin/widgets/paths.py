"""ctkPathLineEdit and ctkDirectoryButton."""

from __future__ import annotations

from typing import Any

import qt
from PySide6 import QtCore

from standin.dialogs import Shown, dialogs
from standin.pythonqt import closed
from standin.uiloader import register
from standin.widgets.stored import stored


@register
@closed
class ctkPathLineEdit(qt.QWidget):
    """A line for a path, with a button that lets choose one."""

    Dirs, Drives, NoDot, Files, Readable, Writable, Executable = 0x01, 0x04, 0x2000, 0x02, 0x10, 0x20, 0x40
    currentPathChanged = QtCore.Signal(str)
    SIGNALS = ("currentPathChanged(QString)",)
    label = stored(str, "")
    nameFilters = stored("QStringList", ())
    filters = stored(int, 0)
    options = stored(int, 0)
    settingKey = stored(str, "")
    showBrowseButton = stored(bool, True)
    showHistoryButton = stored(bool, True)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._edit, self._browse = qt.QLineEdit(), qt.QToolButton()
        self._browse.setText("…")
        layout = qt.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._edit)
        layout.addWidget(self._browse)
        self._edit.textChanged.connect(self.currentPathChanged.emit)
        self._browse.clicked.connect(self.browse)

    def browse(self) -> None:
        """Let the user choose; the test answers."""
        chosen = dialogs.run(Shown("ctkPathLineEdit.browse", self.label, self.currentPath), self)
        if chosen:
            self.setCurrentPath(chosen)

    def setCurrentPath(self, path: str) -> None:
        """Set the path."""
        self._edit.setText(path)

    def addCurrentPathToHistory(self) -> None:
        """Remember the path; here nothing is remembered."""

    currentPath = QtCore.Property(
        str,
        lambda self: self._edit.text,
        lambda self, path: self._edit.setText(path),
    )


@register
@closed
class ctkDirectoryButton(qt.QPushButton):
    """A button that shows a folder and lets choose another."""

    directoryChanged = QtCore.Signal(str)
    directorySelected = QtCore.Signal(str)
    SIGNALS = ("directoryChanged(QString)", "directorySelected(QString)")
    caption = stored(str, "")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._directory = "."
        self.clicked.connect(self.browse)

    def browse(self) -> None:
        """Let the user choose; the test answers."""
        chosen = dialogs.run(Shown("ctkDirectoryButton.browse", self.caption, self._directory), self)
        if chosen:
            self._set(chosen)
            self.directorySelected.emit(chosen)

    def _set(self, directory: str) -> None:
        if directory != self._directory:
            self._directory = directory
            self.setText(directory)
            self.directoryChanged.emit(directory)

    directory = QtCore.Property(str, lambda self: self._directory, _set)
