"""Keys that do what buttons do, while the module is shown."""

from collections.abc import Callable
from dataclasses import dataclass

import qt
import slicer


@dataclass(frozen=True)
class Shortcut:
    """A key.

    Parameters
    ----------
    key : str
        As Qt writes it: "Ctrl+Return".
    text : str
        What it does.
    function : callable
        Does it; takes no arguments.
    """

    key: str
    text: str
    function: Callable


class Shortcuts:
    """Keys in Slicer's main window; without one, as in scripts, there are none.

    Parameters
    ----------
    shortcuts : sequence of Shortcut
        Each key once.
    """

    def __init__(self, shortcuts):
        self.shortcuts = tuple(shortcuts)
        self._installed = []

    def install(self):
        """Listen to the keys."""
        window = slicer.util.mainWindow()
        if window is None or self._installed:
            return
        for shortcut in self.shortcuts:
            installed = qt.QShortcut(window)
            installed.setKey(qt.QKeySequence(shortcut.key))
            installed.connect("activated()", shortcut.function)
            self._installed.append(installed)

    def remove(self):
        """Listen no more: other modules have keys of their own."""
        for installed in self._installed:
            installed.setParent(None)
            installed.deleteLater()
        self._installed = []

    def asTable(self):
        """All keys and what they do, as rich text."""
        rows = "".join(
            f"<tr><td><b>{each.key}</b>&nbsp;&nbsp;</td><td>{each.text}</td></tr>" for each in self.shortcuts
        )
        return f"<table>{rows}</table>"
