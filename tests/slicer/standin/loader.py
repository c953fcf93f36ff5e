"""Opens a scripted module as Slicer does."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import qt
import slicer
from PySide6 import QtCore

from standin.pythonqt import closed
from standin.uiloader import register
from standin.widgets.qmrmlwidget import qMRMLWidget


@closed
class qSlicerScriptedLoadableModule(qt.QObject):
    """The C++ side of a scripted module, which its class fills with words."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__()
        self._name, self._path = name, str(path)
        self._widget: Any = None
        self._texts: dict[str, Any] = {}

    name = property(lambda self: self._name)
    path = property(lambda self: self._path)

    @staticmethod
    def _text(name: str, kind: str | type) -> QtCore.Property:
        return QtCore.Property(
            kind, lambda self: self._texts.get(name), lambda self, value: self._texts.__setitem__(name, value)
        )

    title = _text("title", str)
    categories = _text("categories", "QStringList")
    dependencies = _text("dependencies", "QStringList")
    contributors = _text("contributors", "QStringList")
    helpText = _text("helpText", str)
    acknowledgementText = _text("acknowledgementText", str)
    hidden = _text("hidden", bool)
    icon = _text("icon", "QIcon")

    def widgetRepresentation(self) -> Any:
        """The module's panel."""
        return self._widget

    def logic(self) -> Any:
        """The module's logic in C++, which a scripted module has not to speak of."""
        return None


@register
@closed
class qSlicerScriptedLoadableModuleWidget(qMRMLWidget):
    """What the panel lies in; Slicer calls the panel's `enter` and `exit` when the user comes and goes."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._panel: Any = None
        self._entered = False
        self.setLayout(qt.QVBoxLayout())

    isEntered = property(lambda self: self._entered)

    def self(self) -> Any:
        """The panel, an object of the module's widget class."""
        return self._panel

    def enter(self) -> None:
        """Come to the module."""
        self._entered = True
        if hasattr(self._panel, "enter"):
            self._panel.enter()

    def exit(self) -> None:
        """Go to another module."""
        self._entered = False
        if hasattr(self._panel, "exit"):
            self._panel.exit()


@dataclass
class OpenModule:
    """An open module: its Python module, its `ScriptedLoadableModule`, its panel and what the panel lies in."""

    module: ModuleType
    instance: Any
    panel: Any
    widget: Any

    def close(self) -> None:
        """Leave the module and destroy its panel."""
        if self.widget.isEntered:
            self.widget.exit()
        self.panel.cleanup()
        self.instance.parent._widget = None
        self.widget.setMRMLScene(None)
        self.widget.delete()


def openModule(path: str | Path, enter: bool = True) -> OpenModule:
    """Load ``NAME.py`` and open its panel.

    Does what qSlicerScriptedLoadableModule and its widget do: sets ``slicer.modules.name``, ``nameInstance`` and
    ``nameWidget``, and announces that the start is completed.
    """
    path = Path(path).resolve()
    name = path.stem
    python = _import(name, path)
    module = qSlicerScriptedLoadableModule(name, path)
    instance = getattr(python, name)(module)
    slicer.app.moduleManager()._add(name, module)
    setattr(slicer.modules, f"{name}Instance", instance)
    slicer.app.startupCompleted.emit()
    widget = qSlicerScriptedLoadableModuleWidget()
    widget.setMRMLScene(slicer.mrmlScene)
    module._widget = widget
    panel = getattr(python, f"{name}Widget")(widget)
    widget._panel = panel
    setattr(slicer.modules, f"{name}Widget", panel)
    panel.setup()
    if enter:
        widget.enter()
    return OpenModule(python, instance, panel, widget)


def _import(name: str, path: Path) -> ModuleType:
    """Import the module from its file, as new as it would be after a start of Slicer."""
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None, f"{path} is no Python file"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
