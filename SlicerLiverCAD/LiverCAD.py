"""The LiverCAD module of 3D Slicer: registers it and says how to reach the LiverCAD server."""

import qt
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)

DEFAULT_SERVER = "http://127.0.0.1:8000"


class LiverCAD(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("LiverCAD")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = []
        parent.contributors = ["The LiverCAD contributors"]
        parent.helpText = _(
            "Finds the liver and its lesions on CT and measures them. The work is done by a LiverCAD server, "
            "on this computer or one of your own. Research software, not a medical device."
        )
        parent.acknowledgementText = _(
            "The server's liver and lesion networks are those of X. Tang, G. Schramm and others, KU Leuven "
            "(European Journal of Nuclear Medicine and Molecular Imaging, 2020)."
        )


class LiverCADLogic(ScriptedLoadableModuleLogic):
    """What the module knows about the server."""

    def connectionHelp(self, server=DEFAULT_SERVER):
        """Tell how results come into Slicer.

        Parameters
        ----------
        server : str
            The server's address.

        Returns
        -------
        str
            Rich text.
        """
        return _(
            "<p>Start a server in the LiverCAD folder: <tt>scripts/run.sh STUDIES</tt></p>"
            "<p>Then, in Slicer's <b>MONAI Label</b> module, enter <tt>{server}</tt> as the server and press the "
            "refresh button beside it. <b>Next Sample</b> loads a study; under <b>Auto Segmentation</b> run "
            "<b>liver</b>, <b>lesions</b> or <b>lesion_detection</b>.</p>"
            "<p>Research software, not a medical device.</p>"
        ).format(server=server)


class LiverCADWidget(ScriptedLoadableModuleWidget):
    """Shows how to connect; it sends nothing anywhere."""

    def setup(self):
        """Build the panel when the module is first opened."""
        ScriptedLoadableModuleWidget.setup(self)
        self.logic = LiverCADLogic()
        self.help = qt.QLabel(self.logic.connectionHelp())
        self.help.wordWrap = True
        self.layout.addWidget(self.help)
        self.layout.addStretch(1)


class LiverCADTest(ScriptedLoadableModuleTest):
    """Runs in Slicer's own self-test."""

    def runTest(self):
        """Run every test of the module."""
        self.setUp()
        self.test_the_help_names_the_server()

    def test_the_help_names_the_server(self):
        """The help names the server that it is asked about."""
        self.assertIn("http://liver:1", LiverCADLogic().connectionHelp("http://liver:1"))
