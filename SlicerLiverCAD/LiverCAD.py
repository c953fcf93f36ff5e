"""The LiverCAD module of 3D Slicer: registers it; all it does is in LiverCADLib."""

import tempfile
from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)

NEEDED = (5, 10)
"""The first Slicer whose Python is new enough (3.12, before that 3.9)."""
TUTORIAL = "https://github.com/SlicerLiverCAD/SlicerLiverCAD/blob/main/docs/slicer.md"


def whyNot():
    """Why the module cannot run in this Slicer, as a sentence; empty where it can."""
    version = slicer.app.majorVersion, slicer.app.minorVersion
    if version >= NEEDED:
        return ""
    sentence = _("LiverCAD needs 3D Slicer {needed} or newer; this is {version}. Install a newer Slicer.")
    return sentence.format(needed="{}.{}".format(*NEEDED), version="{}.{}".format(*version))


class LiverCAD(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("LiverCAD")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = ["SegmentEditor", "Markups"]
        parent.contributors = ["The LiverCAD contributors"]
        parent.helpText = _(
            "Finds the liver and its lesions on multi-phase CT, measures and classifies them, and takes your "
            "corrections. On 2-D ultrasound images, classifies lesions that you mark by circles. The work is done by a "
            "LiverCAD server, on this computer or one of your own. Images are sent to another computer only after you "
            "have agreed. Research software, not a medical device."
        )
        parent.helpText += "<p><a href='{}'>{}</a></p>".format(TUTORIAL, _("Tutorial"))
        parent.acknowledgementText = _(
            "The server's liver and lesion networks are those of X. Tang, G. Schramm and others, KU Leuven "
            "(European Journal of Nuclear Medicine and Molecular Imaging, 2020)."
        )
        if not whyNot():
            slicer.app.connect("startupCompleted()", _register)


def _register():
    """Tell Slicer, before the module is opened, of its sample data and of the layouts that a saved scene may need."""
    from LiverCADLib.sampleData import registerSampleData
    from LiverCADLib.scene.layouts import registerLayouts

    registerSampleData()
    registerLayouts()


class LiverCADLogic(ScriptedLoadableModuleLogic):
    """The module without its panel: its state, which is saved with the scene."""

    def getParameterNode(self):
        """State of the module in the scene as it is.

        Returns
        -------
        LiverCADParameters
            A wrapper of the module's node.
        """
        from LiverCADLib.parameters import LiverCADParameters

        return LiverCADParameters(super().getParameterNode())


class LiverCADWidget(ScriptedLoadableModuleWidget):
    """Gives the module's panel its place."""

    def setup(self):
        """Build the panel when the module is first opened."""
        ScriptedLoadableModuleWidget.setup(self)
        self.module = None
        if whyNot():
            self.reasonLabel = qt.QLabel(whyNot())
            self.reasonLabel.wordWrap = True
            self.layout.addWidget(self.reasonLabel)
            return
        from LiverCADLib.module import LiverCADModuleWidget

        self.logic = LiverCADLogic()
        self.module = LiverCADModuleWidget(self.logic.getParameterNode)
        self.layout.addWidget(self.module.widget)

    def enter(self):
        """Come back to the module."""
        if self.module:
            self.module.enter()

    def exit(self):
        """Leave the module."""
        if self.module:
            self.module.exit()

    def cleanup(self):
        """Come before the panel is destroyed."""
        if self.module:
            self.module.close()


class LiverCADTest(ScriptedLoadableModuleTest):
    """Runs in Slicer's own self-test, without a server."""

    def setUp(self):
        """Start with an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):
        """Run every test of the module."""
        for name in sorted(dir(self)):
            if name.startswith("test_"):
                self.setUp()
                getattr(self, name)()
                self.delayDisplay(f"{name} passed")

    def test_aPanelOpensAndSaysWhenNoServerAnswers(self):
        """Connect to a port where nothing listens: a sentence, and a button that is ready again."""
        module = self._openPanel()
        module.serverPanel.addressEdit.text = "http://127.0.0.1:9"
        module.serverPanel.connectButton.click()
        module.workspace.session.runner.wait()
        self.assertIn("127.0.0.1:9", module.serverPanel.stateLabel.text)
        self.assertTrue(module.serverPanel.connectButton.enabled)
        self.assertFalse(module.casePanel.nextButton.enabled)
        module.close()

    def test_lesionsKeepTheirNumbers(self):
        """Deleting a lesion, and marking another one, changes nobody's number."""
        module = self._openPanel()
        lesions, editor = self._openCase(module), module.workspace.workbench.editor
        for x in (-20.0, 0.0, 20.0):
            editor.addMark((x, 0.0, 0.0), 8.0)
        self.assertEqual(lesions.numbers, [1, 2, 3])
        editor.delete([2])
        editor.addMark((0.0, 20.0, 0.0), 8.0)
        self.assertEqual(lesions.numbers, [1, 3, 4])
        self.assertGreater(lesions.measured(3).volumeMl, 0.1)
        module.close()

    def test_theCaseComesBackWithTheScene(self):
        """Save the scene, close it and load it again: the case is open as it was."""
        module = self._openPanel()
        lesions = self._openCase(module)
        module.workspace.workbench.editor.addMark((0.0, 0.0, 0.0), 8.0)
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "scene.mrb")
            self.assertTrue(slicer.util.saveScene(path, properties={}))
            slicer.mrmlScene.Clear()
            self.assertEqual((module.workspace.caseScene.case, lesions.numbers), ("", []))
            slicer.util.loadScene(path, properties={})
        self.assertEqual((module.workspace.caseScene.case, lesions.numbers), ("self-test", [1]))
        module.close()

    def test_aCircleFollowsItsLine(self):
        """Mark a lesion on a 2-D image and drag an end of its line: centre and diameter follow, in pixels."""
        import numpy as np

        module = self._openPanel()
        pictures, marks = module.workspace.pictures, module.workspace.circleMarks
        picture = slicer.util.addVolumeFromArray(np.full((1, 60, 80), 90, np.uint8), name="picture")
        picture.SetIJKToRASDirections(-1, 0, 0, 0, -1, 0, 0, 0, 1)
        pictures.adopt(picture)
        module.workspace.circleEditor.add(np.array([(10.0, 20.0), (30.0, 20.0)]), "cyst")
        marks.lines[1].SetNthControlPointPositionWorld(1, -50.0, -20.0, 0.0)
        self.assertEqual(pictures.selected.circle.center, (30.0, 20.0))
        self.assertEqual(pictures.selected.circle.diameter, 40.0)
        self.assertTrue(module.sections["Segment"].isHidden())
        module.close()

    def _openPanel(self):
        from LiverCADLib.module import LiverCADModuleWidget
        from LiverCADLib.settings import MemoryStore, Settings

        return LiverCADModuleWidget(LiverCADLogic().getParameterNode, Settings(MemoryStore()))

    def _openCase(self, module):
        """Open a case of one even volume of 80 mm; return its lesions."""
        import numpy as np

        from livercad.core.phases import Phase
        from LiverCADLib.cases import CaseImage

        volume = slicer.util.addVolumeFromArray(np.full((40, 40, 40), 60, np.int16), name="portal")
        volume.SetSpacing(2.0, 2.0, 2.0)
        volume.SetOrigin(-39.0, -39.0, -39.0)
        image = CaseImage("portal", Phase.PORTAL, isReference=True)
        module.workspace.caseScene.adopt("self-test", "", [image], {"portal": volume})
        return module.workspace.workbench.lesions
