"""`slicer.ScriptedLoadableModule`: the base classes of a module, as far as modules rely on them."""

from __future__ import annotations

import unittest
from pathlib import Path
from typing import Any

import slicer

__all__ = [
    "ScriptedLoadableModule",
    "ScriptedLoadableModuleLogic",
    "ScriptedLoadableModuleTest",
    "ScriptedLoadableModuleWidget",
]


class ScriptedLoadableModule:
    """What Slicer shows of a module before it is opened. `parent` is the qSlicerScriptedLoadableModule."""

    def __init__(self, parent: Any) -> None:
        self.parent = parent
        self.moduleName = type(self).__name__
        parent.title = self.moduleName
        parent.categories = []
        parent.dependencies = []
        parent.contributors = []
        parent.helpText = ""
        parent.acknowledgementText = ""

    def getDefaultModuleDocumentationLink(self, docPage: str | None = None) -> str:
        """Link to the module's documentation, as rich text."""
        return f'<a href="{slicer.app.documentationBaseUrl}">{self.moduleName}</a>'

    def runTest(self, msec: int = 100, **kwargs: Any) -> None:
        """Run the module's own test."""
        module = __import__(self.moduleName)
        case = getattr(module, self.moduleName + "Test")()
        case.messageDelay = msec
        case.runTest(**kwargs)


class ScriptedLoadableModuleWidget:
    """The module's panel; `parent` is its qSlicerScriptedLoadableModuleWidget."""

    def __init__(self, parent: Any = None) -> None:
        self.parent = parent
        self.layout = parent.layout()
        self.moduleName = type(self).__name__.removesuffix("Widget")
        self.developerMode = False

    def setup(self) -> None:
        """Build the panel. Slicer adds "Reload & Test" here in developer mode."""

    def cleanup(self) -> None:
        """Come before the panel is destroyed."""

    def resourcePath(self, filename: str) -> str:
        """Path of a file in the module's folder of resources."""
        return str(Path(slicer.util.modulePath(self.moduleName)).parent / "Resources" / filename)


class ScriptedLoadableModuleLogic:
    """The module without its panel."""

    def __init__(self, parent: Any = None) -> None:
        self.moduleName = type(self).__name__.removesuffix("Logic")
        self.isSingletonParameterNode = True

    def getParameterNode(self) -> Any:
        """The module's node in the scene; it is made where there is none."""
        node = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        return node if node is not None else self.createParameterNode()

    def createParameterNode(self) -> Any:
        """Make the module's node."""
        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
        node.UnRegister(None)
        if self.isSingletonParameterNode:
            node.SetSingletonTag(self.moduleName)
        node.SetModuleName(self.moduleName)
        node.SetName(slicer.mrmlScene.GenerateUniqueName(self.moduleName))
        return slicer.mrmlScene.AddNode(node)


class ScriptedLoadableModuleTest(unittest.TestCase):
    """A module's own test."""

    def __init__(self, methodName: str = "runTest", *args: Any, **kwargs: Any) -> None:
        super().__init__(methodName, *args, **kwargs)
        self.messageDelay = 0

    def delayDisplay(self, message: str, msec: int | None = None, requestedDelay: int | None = None) -> None:
        """Show a message for a while; here it is only printed."""
        print(message)

    def runTest(self) -> None:
        """Run the test; modules override this."""
