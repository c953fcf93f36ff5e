"""Nothing that was not submitted is replaced before the user has said yes."""

import slicer

from LiverCADLib.translation import _


def mayReplace(caseScene):
    """Whether what is in the scene of the open case may be replaced; asks where something was not submitted.

    Parameters
    ----------
    caseScene : CaseScene
        The open case, or volumes that are no case of a server's.

    Returns
    -------
    bool
        True where nothing would be lost, or where the user lets it go.
    """
    if not caseScene.isUnsaved:
        return True
    question = _("The corrections of {case} have not been submitted and will be lost. Go on?")
    name = caseScene.case or (caseScene.reference.GetName() if caseScene.reference else "")
    return isAgreed(question.format(case=name))


def isAgreed(question):
    """Whether the user says yes to a question."""
    return slicer.util.confirmYesNoDisplay(question, windowTitle="LiverCAD")
