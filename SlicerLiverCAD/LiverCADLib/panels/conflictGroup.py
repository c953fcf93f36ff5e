"""What to do where somebody else has submitted a newer version meanwhile: of a case, or of circles."""

import qt

from LiverCADLib.panels.parts import pushButton, row, wrappingLabel
from LiverCADLib.translation import _


def conflictGroup(title, *more):
    """Make the group that tells of a newer version on the server, with a button for each way to go on.

    Parameters
    ----------
    title : str
        Of the group.
    *more : qt.QPushButton
        Further ways.

    Returns
    -------
    box : qt.QGroupBox
        To be laid out, and hidden without a conflict.
    label : qt.QLabel
        For the server's sentence: which version, and whose.
    forceButton, theirsButton : qt.QPushButton
        To submit what is here all the same, and to open what is there.
    """
    box = qt.QGroupBox(title)
    layout = qt.QVBoxLayout(box)
    label = wrappingLabel()
    layout.addWidget(label)
    toolTip = _("The other version stays in the server's history.")
    forceButton = pushButton(_("Submit mine as the newest"), toolTip)
    theirsButton = pushButton(_("Open theirs"), _("Yours is set aside on this computer."))
    layout.addLayout(row(*((button, 1) for button in (forceButton, theirsButton, *more))))
    return box, label, forceButton, theirsButton
