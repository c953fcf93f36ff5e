"""qMRMLWidget: a widget that knows the scene."""

from __future__ import annotations

from typing import Any

import qt
from PySide6 import QtCore

from standin.pythonqt import closed
from standin.uiloader import register
from standin.widgets.stored import stored


class SceneAware:
    """`setMRMLScene` for widgets that need the scene for nothing else than to have it."""

    def setMRMLScene(self, scene: Any) -> None:
        """Set the scene."""
        self._scene = scene

    def mrmlScene(self) -> Any:
        """The scene, or None."""
        return getattr(self, "_scene", None)


class UnitAware(SceneAware):
    """Properties of widgets that show numbers in the units of the scene, which are not looked up here."""

    quantity = stored(str, "")
    unitAwareProperties = stored(int, 0)


@register
@closed
class qMRMLWidget(SceneAware, qt.QWidget):
    """Tells its children about the scene."""

    mrmlSceneChanged = QtCore.Signal(object)
    SIGNALS: tuple[str, ...] = ("mrmlSceneChanged(vtkMRMLScene*)",)

    def setMRMLScene(self, scene: Any) -> None:
        """Set the scene."""
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)


@register
@closed
class qSlicerWidget(qMRMLWidget):
    """The same in Slicer's base library."""
