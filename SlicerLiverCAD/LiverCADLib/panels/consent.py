"""Nothing is sent to another computer before the user has said yes; asked once for each host."""

import slicer


def hasConsent(session):
    """Whether a volume may be sent to the connected server; asks where that is not known.

    Parameters
    ----------
    session : Session
        Connected.

    Returns
    -------
    bool
        True for this computer, and for a host that the user has allowed.
    """
    if not session.needsConsent():
        return True
    if not slicer.util.confirmYesNoDisplay(session.consentQuestion(), windowTitle="LiverCAD"):
        return False
    session.giveConsent()
    return True
