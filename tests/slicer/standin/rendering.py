"""Rendering without a display: EGL or OSMesa in software, with Slicer's own displayable managers."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from typing import Any

import slicer
import vtk
from PySide6 import QtGui
from vtk.util.numpy_support import vtk_to_numpy

_TRIAL = """
import vtkmodules.vtkRenderingOpenGL2
from vtkmodules.vtkRenderingCore import vtkRenderWindow, vtkRenderer
window = vtkRenderWindow()
window.SetOffScreenRendering(1)
window.SetMultiSamples(0)
renderer = vtkRenderer()
renderer.SetBackground(1, 0, 0)
window.AddRenderer(renderer)
window.Render()
print("rendered", window.GetClassName(), window.SupportsOpenGL())
"""
_CHOICE = "VTK_DEFAULT_OPENGL_WINDOW"


@functools.cache
def why_not() -> str:
    """Tell why nothing can be rendered on this machine; empty where it can.

    It is tried in a process that may crash, and what worked there is chosen here.
    """
    tried = subprocess.run([sys.executable, "-c", _TRIAL], capture_output=True, text=True, check=False, timeout=120)
    answer = tried.stdout.split()
    if tried.returncode == 0 and answer[:1] == ["rendered"] and answer[-1] == "1":
        os.environ.setdefault(_CHOICE, answer[1])
        return ""
    return "VTK found neither EGL nor OSMesa: install Debian's packages libegl1 and libgl1-mesa-dri, or libosmesa6"


class Rendered:
    """A render window that nobody sees, and the displayable managers that fill it."""

    def __init__(self, factory: Any, managers: tuple[str, ...], application_logic: Any) -> None:
        why_not()
        self.renderer = vtk.vtkRenderer()
        self.window = vtk.vtkRenderWindow()
        self.window.SetOffScreenRendering(1)
        self.window.SetMultiSamples(0)
        self.window.AddRenderer(self.renderer)
        self.interactor = vtk.vtkRenderWindowInteractor()
        self.interactor.SetRenderWindow(self.window)
        instance = factory.GetInstance()
        instance.SetMRMLApplicationLogic(application_logic)
        for name in managers:
            if not instance.IsDisplayableManagerRegistered(name):
                instance.RegisterDisplayableManager(name)
        self.managers = slicer.vtkMRMLDisplayableManagerGroup()
        self.managers.Initialize(instance, self.renderer)

    def show(self, node: Any) -> None:
        """Fill the window with what a view node shows."""
        self.managers.SetMRMLDisplayableNode(node)

    def resize(self, width: int, height: int) -> None:
        """Set the size in pixels."""
        self.window.SetSize(width, height)
        self.interactor.UpdateSize(width, height)

    def image(self) -> QtGui.QImage:
        """Render, and copy what was rendered."""
        self.window.Render()
        grabber = vtk.vtkWindowToImageFilter()
        grabber.SetInput(self.window)
        grabber.ReadFrontBufferOff()
        grabber.Update()
        pixels = grabber.GetOutput()
        width, height, _ = pixels.GetDimensions()
        data = vtk_to_numpy(pixels.GetPointData().GetScalars()).reshape(height, width, 3)[::-1].tobytes()
        return QtGui.QImage(data, width, height, 3 * width, QtGui.QImage.Format.Format_RGB888).copy()

    def finalize(self) -> None:
        """Let go of the scene and of the graphics."""
        self.managers.SetMRMLDisplayableNode(None)
        self.window.Finalize()
