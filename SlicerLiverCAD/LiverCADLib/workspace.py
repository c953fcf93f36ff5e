"""All logic of the module, put together: what panels show and scripts can use."""

from LiverCADLib.asking import Asking
from LiverCADLib.circleSubmitting import CircleSubmitting
from LiverCADLib.jobs import JobRunner
from LiverCADLib.registrationLoading import RegistrationLoader
from LiverCADLib.scene.caseScene import CaseScene
from LiverCADLib.scene.circleEditor import CircleEditor
from LiverCADLib.scene.circleMarks import CircleMarks
from LiverCADLib.scene.cropRegion import CropRegion
from LiverCADLib.scene.crops import LesionCrops
from LiverCADLib.scene.layouts import SideBySide
from LiverCADLib.scene.outbox import Outbox
from LiverCADLib.scene.phases import Phases
from LiverCADLib.scene.pictureCase import PictureCase
from LiverCADLib.scene.pictureView import PictureView
from LiverCADLib.scene.workbench import Workbench
from LiverCADLib.session import Session
from LiverCADLib.settings import Settings
from LiverCADLib.submitting import Submitting
from LiverCADLib.training import Training


class Workspace:
    """The logic behind one open module.

    Parameters
    ----------
    parameters : LiverCADParameters
        State of the module in the scene.
    settings : Settings, optional
        Slicer's own by default.
    later : callable, optional
        As of `LesionList`.

    Attributes
    ----------
    session : Session
        The server.
    training : Training
        What it trains.
    caseScene : CaseScene
        The open case.
    phases : Phases
        Its volumes.
    sideBySide : SideBySide
        Their views.
    workbench : Workbench
        Its masks and lesions.
    submitting : Submitting
        Takes them to the server and back.
    registrations : RegistrationLoader
        Fetches how the phases are registered.
    crops : LesionCrops
        The selected lesion in every phase.
    cropRegion : CropRegion
        Its square in the views.
    pictures : PictureCase
        The open case where it is one of 2-D ultrasound images.
    pictureView : PictureView
        Shows them.
    circleEditor : CircleEditor
        Changes the circles on them.
    circleMarks : CircleMarks
        The circles on them, in the views.
    asking : Asking
        Asks the server's models about them.
    circleSubmitting : CircleSubmitting
        Takes the circles to the server.
    """

    def __init__(self, parameters, settings=None, later=None):
        self.session = Session(settings or Settings(), JobRunner())
        self.training = Training(self.session)
        self.caseScene = CaseScene(parameters)
        self.phases = Phases(self.caseScene)
        self.sideBySide = SideBySide(self.phases)
        self.workbench = Workbench(self.caseScene, later)
        self.submitting = Submitting(self.workbench, self.session, Outbox(self.session.settings.outboxFolder))
        self.registrations = RegistrationLoader(self.caseScene, self.phases, self.workbench.lesions, self.session)
        self.crops = LesionCrops(self.caseScene, self.phases, self.workbench.lesions)
        self.cropRegion = CropRegion(self.crops)
        self.pictures = PictureCase(self.caseScene)
        self.pictureView = PictureView(self.pictures)
        self.circleEditor = CircleEditor(self.pictures)
        self.circleMarks = CircleMarks(self.pictures, self.circleEditor)
        self.asking = Asking(self.pictures, self.pictureView, self.session)
        self.circleSubmitting = CircleSubmitting(self.pictures, self.session)

    def close(self):
        """Stop what is at work and let the server go; the case stays in the scene."""
        for runner in (self.session.runner, self.session.background):
            runner.cancelAll()
        self.session.disconnect()
        self.submitting.drafts.keepNow()
        self.submitting.close()
        self.circleSubmitting.close()
        self.circleMarks.close()
        self.pictureView.close()
        self.workbench.release()
        self.cropRegion.close()
