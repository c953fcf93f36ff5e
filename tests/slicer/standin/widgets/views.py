"""Views of the scene. They render when they are asked to, by `forceRender` or a screenshot, and not by themselves:
software takes a tenth of a second for it, which a graphics card does not, and which tests of waiting would measure.
"""

from __future__ import annotations

from typing import Any

import qt
import slicer
import vtk
from PySide6 import QtGui, QtWidgets

from standin.pythonqt import closed
from standin.rendering import Rendered
from standin.uiloader import register

SLICE_MANAGERS = (
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager",
)
THREED_MANAGERS = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLMarkupsDisplayableManager",
)


@closed
class ctkVTKAbstractView(qt.QWidget):
    """What slice and 3-D views have in common."""

    def __init__(self, rendered: Rendered) -> None:
        super().__init__()
        self._rendered = rendered
        self._image = QtGui.QImage()
        self.setMinimumSize(60, 60)
        self.setSizePolicy(qt.QSizePolicy.Expanding, qt.QSizePolicy.Expanding)

    def renderWindow(self) -> Any:
        """VTK's render window."""
        return self._rendered.window

    def interactor(self) -> Any:
        """VTK's interactor; events can be sent to it."""
        return self._rendered.interactor

    def renderer(self) -> Any:
        """VTK's renderer."""
        return self._rendered.renderer

    def displayableManagerByClassName(self, name: str) -> Any:
        """The view's displayable manager of a class, or None."""
        return self._rendered.managers.GetDisplayableManagerByClassName(name)

    def scheduleRender(self) -> None:
        """Render soon; here only when a picture is asked for."""

    def forceRender(self) -> None:
        """Render now."""
        self._image = self._rendered.image()
        self.update()

    def paintEvent(self, event: Any) -> None:
        """Show what was rendered last."""
        painter = QtGui.QPainter(self)
        painter.fillRect(self.rect, QtGui.QColor("black"))
        painter.drawImage(0, 0, self._image)
        painter.end()


@register
@closed
class qMRMLSliceView(ctkVTKAbstractView):
    """The image of a slice, with what lies over it."""

    def __init__(self, logic: Any) -> None:
        rendered = Rendered(
            slicer.vtkMRMLSliceViewDisplayableManagerFactory, SLICE_MANAGERS, logic.GetMRMLApplicationLogic()
        )
        super().__init__(rendered)
        self._logic = logic
        self._node = logic.GetSliceNode()
        rendered.renderer.GetActiveCamera().ParallelProjectionOn()
        self._mapper = vtk.vtkImageMapper()
        self._mapper.SetColorWindow(255)
        self._mapper.SetColorLevel(127.5)
        actor = vtk.vtkActor2D()
        actor.SetMapper(self._mapper)
        actor.GetProperty().SetDisplayLocationToBackground()
        rendered.renderer.AddViewProp(actor)
        rendered.show(self._node)

    def mrmlSliceNode(self) -> Any:
        """The view's node."""
        return self._node

    def forceRender(self) -> None:
        """Render now."""
        self._mapper.SetInputConnection(self._logic.GetImageDataConnection())
        super().forceRender()

    def resizeEvent(self, event: Any) -> None:
        """Tell the scene the view's size."""
        self._rendered.resize(self.width, self.height)
        self._logic.ResizeSliceNode(self.width, self.height)

    def convertRASToXYZ(self, point: Any) -> list[float]:
        """Where a point in RAS (mm) lies in the view: pixels from the left, from below, and the slice."""
        inverse = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(self._node.GetXYToRAS(), inverse)
        return list(inverse.MultiplyPoint((*point, 1))[:3])

    def convertXYZToRAS(self, point: Any) -> list[float]:
        """Which point in RAS (mm) lies at pixels from the left, from below, and the slice."""
        return list(self._node.GetXYToRAS().MultiplyPoint((*point, 1))[:3])


@register
@closed
class qMRMLThreeDView(ctkVTKAbstractView):
    """Models, segments and markups in space."""

    def __init__(self, node: Any, application_logic: Any) -> None:
        factory = slicer.vtkMRMLThreeDViewDisplayableManagerFactory
        super().__init__(Rendered(factory, THREED_MANAGERS, application_logic))
        self._node = node
        self._rendered.show(node)

    def mrmlViewNode(self) -> Any:
        """The view's node."""
        return self._node

    def resizeEvent(self, event: Any) -> None:
        """Render as large as the view is."""
        self._rendered.resize(self.width, self.height)

    def resetCamera(
        self, resetRotation: bool = True, resetTranslation: bool = True, resetDistance: bool = True
    ) -> None:
        """Look at everything that is shown, from the front."""
        manager = self.displayableManagerByClassName("vtkMRMLCameraDisplayableManager")
        manager.GetCameraNode().Reset(resetRotation, resetTranslation, resetDistance, self._rendered.renderer)

    def resetFocalPoint(self) -> None:
        """Turn to the middle of all but the box, which is laid around it then."""
        node, renderer = self._node, self._rendered.renderer
        were_visible = node.GetBoxVisible(), node.GetAxisLabelsVisible()
        node.SetBoxVisible(False)
        node.SetAxisLabelsVisible(False)
        bounds = renderer.ComputeVisiblePropBounds()
        renderer.GetActiveCamera().SetFocalPoint(*((bounds[i] + bounds[i + 1]) / 2 for i in (0, 2, 4)))
        node.SetBoxVisible(were_visible[0])
        node.SetAxisLabelsVisible(were_visible[1])
        node.InvokeEvent(node.ResetFocalPointRequestedEvent)


def bar(label: str, color: tuple[float, float, float]) -> QtWidgets.QLabel:
    """Make the coloured bar over a view."""
    shown = QtWidgets.QLabel(label)
    shown.setStyleSheet(
        f"background: {QtGui.QColor.fromRgbF(*color).name()}; color: black; padding: 1px 6px; font-weight: bold"
    )
    shown.setFixedHeight(20)
    return shown
