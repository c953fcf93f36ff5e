"""A module as Slicer's template makes it, to try the stand-in on: it thresholds a volume."""

from pathlib import Path
from typing import Annotated, Optional

import numpy as np
import slicer
import vtk
from slicer import vtkMRMLScalarVolumeNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


class ThresholdDemo(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("Threshold demo")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Examples")]
        self.parent.dependencies = []
        self.parent.contributors = ["The LiverCAD contributors"]
        self.parent.helpText = _("Thresholds a volume.")
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData():
    import SampleData
    import SimpleITK

    path = Path(slicer.app.temporaryPath) / "Ramp.nrrd"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(np.arange(1000.0).reshape(10, 10, 10)), str(path))
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="ThresholdDemo", sampleName="Ramp", uris=path.as_uri(), fileNames=path.name, nodeNames="Ramp"
    )


@parameterNodeWrapper
class ThresholdDemoParameterNode:
    inputVolume: vtkMRMLScalarVolumeNode
    imageThreshold: Annotated[float, WithinRange(-100, 500)] = 100
    invertThreshold: bool = False
    thresholdedVolume: vtkMRMLScalarVolumeNode


class ThresholdDemoWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self._parameterNode = None
        self._parameterNodeGuiTag = None

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/ThresholdDemo.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = ThresholdDemoLogic()
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.ui.applyButton.connect("clicked(bool)", self.onApplyButton)
        self.initializeParameterNode()

    def cleanup(self):
        self.removeObservers()

    def enter(self):
        self.initializeParameterNode()

    def exit(self):
        if self._parameterNode:
            self._parameterNode.disconnectGui(self._parameterNodeGuiTag)
            self._parameterNodeGuiTag = None
            self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self._checkCanApply)

    def onSceneStartClose(self, caller, event):
        self.setParameterNode(None)

    def onSceneEndClose(self, caller, event):
        if self.parent.isEntered:
            self.initializeParameterNode()

    def initializeParameterNode(self):
        self.setParameterNode(self.logic.getParameterNode())
        if not self._parameterNode.inputVolume:
            firstVolumeNode = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
            if firstVolumeNode:
                self._parameterNode.inputVolume = firstVolumeNode

    def setParameterNode(self, inputParameterNode: Optional[ThresholdDemoParameterNode]):  # noqa: UP045
        if self._parameterNode:
            if self._parameterNodeGuiTag is not None:
                self._parameterNode.disconnectGui(self._parameterNodeGuiTag)
            self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self._checkCanApply)
        self._parameterNode = inputParameterNode
        if self._parameterNode:
            self._parameterNodeGuiTag = self._parameterNode.connectGui(self.ui)
            self.addObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self._checkCanApply)
            self._checkCanApply()

    def _checkCanApply(self, caller=None, event=None):
        canApply = bool(self._parameterNode and self._parameterNode.inputVolume)
        self.ui.applyButton.toolTip = _("Compute the output") if canApply else _("Select an input volume")
        self.ui.applyButton.enabled = canApply

    def onApplyButton(self):
        with slicer.util.tryWithErrorDisplay(_("Failed to compute results."), waitCursor=True):
            parameters = self._parameterNode
            if not parameters.thresholdedVolume:
                parameters.thresholdedVolume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
            self.logic.process(
                parameters.inputVolume,
                parameters.thresholdedVolume,
                parameters.imageThreshold,
                parameters.invertThreshold,
            )


class ThresholdDemoLogic(ScriptedLoadableModuleLogic):
    def getParameterNode(self):
        return ThresholdDemoParameterNode(super().getParameterNode())

    def process(self, inputVolume, outputVolume, imageThreshold, invert=False):
        if not inputVolume or not inputVolume.GetImageData():
            raise ValueError(_("Input volume is missing or empty."))
        voxels = slicer.util.arrayFromVolume(inputVolume)
        kept = voxels < imageThreshold if invert else voxels >= imageThreshold
        slicer.util.updateVolumeFromArray(outputVolume, np.where(kept, voxels, 0))


class ThresholdDemoTest(ScriptedLoadableModuleTest):
    def setUp(self):
        slicer.mrmlScene.Clear()

    def runTest(self):
        self.setUp()
        self.test_ThresholdDemo1()

    def test_ThresholdDemo1(self):
        import SampleData

        self.delayDisplay("Starting the test")
        registerSampleData()
        inputVolume = SampleData.SampleDataLogic().downloadSamples("Ramp")[0]
        outputVolume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
        ThresholdDemoLogic().process(inputVolume, outputVolume, 500)
        self.assertEqual(np.count_nonzero(slicer.util.arrayFromVolume(outputVolume)), 500)
        self.delayDisplay("Test passed")
