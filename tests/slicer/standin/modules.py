"""`slicer.modules` and the module manager."""

from __future__ import annotations

import types
from typing import Any

import qt
import slicer
from PySide6 import QtCore

from standin.pythonqt import closed


@closed
class qSlicerCoreModule(qt.QObject):
    """One of Slicer's own modules: it has a logic and no widget here."""

    def __init__(self, name: str, logic: Any) -> None:
        super().__init__()
        self._name, self._logic = name, logic

    name = property(lambda self: self._name)
    title = property(lambda self: self._name)

    def logic(self) -> Any:
        """The module's logic."""
        return self._logic

    def widgetRepresentation(self) -> None:
        """The module's panel, which the stand-in has not."""
        return None


@closed
class qSlicerModuleManager(qt.QObject):
    """Knows the modules by name."""

    moduleLoaded = QtCore.Signal(str)
    moduleAboutToBeUnloaded = QtCore.Signal(str)

    def __init__(self, logics: dict[str, Any]) -> None:
        super().__init__()
        self._modules: dict[str, Any] = {}
        slicer.modules = types.ModuleType("slicer.modules")
        for name, logic in logics.items():
            self._add(name, qSlicerCoreModule(name, logic))

    def _add(self, name: str, module: Any) -> None:
        self._modules[name] = module
        setattr(slicer.modules, name.lower(), module)
        self.moduleLoaded.emit(name)

    def module(self, name: str) -> Any:
        """The module of a name, or None."""
        return self._modules.get(name)

    def modulesNames(self) -> list[str]:
        """Names of all modules."""
        return sorted(self._modules)

    def isLoaded(self, name: str) -> bool:
        """Tell whether there is such a module."""
        return name in self._modules
