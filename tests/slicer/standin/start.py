"""Starts the stand-in: afterwards `import qt`, `import slicer` and the rest mean in this process what Slicer means."""

from __future__ import annotations

import atexit
import os
import sys
from pathlib import Path
from typing import Any

from standin import uncaught

HERE = Path(__file__).parent
_started: dict[str, Any] = {}


def start() -> Any:
    """Start the stand-in, once, and return `slicer.app`."""
    if not _started:
        _started.update(_start())
    return _started["app"]


def _start() -> dict[str, Any]:
    uncaught.install()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("QT_LOGGING_RULES", "qt.qpa.*=false;qt.core.qobject.connect=false")
    from PySide6 import QtWidgets

    qapplication = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["SlicerStandIn"])
    sys.path.insert(0, str(HERE / "path"))
    import slicer

    slicer.__path__.append(str(HERE / "slicer_path"))
    from standin.scene import make_scene

    scene = make_scene()
    from standin import widgets  # noqa: F401
    from standin.application import qSlicerApplication
    from standin.coreio import qSlicerCoreIOManager
    from standin.loader import qSlicerScriptedLoadableModule
    from standin.mainwindow import qSlicerMainWindow
    from standin.modules import qSlicerModuleManager
    from standin.uiloader import registered

    for name, cls in registered().items():
        if not name.startswith("ctk"):
            setattr(slicer, name, cls)
    slicer.qSlicerScriptedLoadableModule = qSlicerScriptedLoadableModule
    modules = qSlicerModuleManager(scene.logics)
    slicer.app = qSlicerApplication(scene, qSlicerCoreIOManager(scene.mrml), modules)
    atexit.register(_stop, slicer.app, scene)
    slicer.app._main_window = qSlicerMainWindow()
    return {"app": slicer.app, "qapplication": qapplication, "scene": scene}


def _stop(app: Any, scene: Any) -> None:
    """Empty the scene while Python still can answer its observers."""
    app._end_layouts()
    scene.mrml.Clear(True)
    scene.mrml.RemoveAllObservers()
