"""What speaks for the phase of a volume: its name, what the server recognised, the annotator's word."""

from dataclasses import dataclass

from livercad.core.names import phase_of
from livercad.core.phases import Phase
from LiverCADLib.translation import _

CONTRADICTION = 0.1
"""Probability below which a phase contradicts what the server recognised in the image, if that is not unsure."""


@dataclass(frozen=True)
class Evidence:
    """What a panel shows beside a phase's selector.

    Parameters
    ----------
    text : str
        In a few words; empty where nothing is known.
    details : str
        Probabilities, a line each; empty until the image was recognised.
    isWarning : bool
        Whether the annotator should look.
    """

    text: str = ""
    details: str = ""
    isWarning: bool = False


def guessFromNames(names):
    """Tell the phases of volumes by their names.

    Parameters
    ----------
    names : dict of object to str
        Name by whatever stands for the volume.

    Returns
    -------
    dict of Phase to object
        Phases that exactly one name tells.
    """
    told = {}
    for volume, name in names.items():
        told.setdefault(phase_of(name), []).append(volume)
    return {phase: volumes[0] for phase, volumes in told.items() if phase and len(volumes) == 1}


def phaseTitle(phase):
    """A phase in the user's language, as a title."""
    return {
        Phase.UNENHANCED: _("Unenhanced"),
        Phase.ARTERIAL: _("Arterial"),
        Phase.PORTAL: _("Portal venous"),
        Phase.DELAYED: _("Delayed"),
    }[phase]


def referenceWarning(caseScene):
    """Say that masks lie on another image than the server takes as the reference; empty where they do not."""
    if not caseScene.case or not caseScene.isReferenceLeft:
        return ""
    sentence = _(
        "The server now takes {told} as the reference, and what you have outlined lies on {mine}, on another grid: the "
        "server would refuse it. Set the phases back as they were; or export the case, close it and open it again."
    )
    return sentence.format(told=caseScene.toldReference.GetName(), mine=caseScene.reference.GetName())


def evidenceFor(phase, image):
    """Say what speaks for, or against, an image being of a phase.

    Parameters
    ----------
    phase : Phase
        As it is set.
    image : CaseImage or None
        What the server says of the image; None for a volume it does not know.

    Returns
    -------
    Evidence
        For the panel.
    """
    if image is None:
        return Evidence()
    details = "\n".join(
        _("{phase}: {percent:.0f} %").format(phase=phaseTitle(Phase(name)), percent=100 * probability)
        for name, probability in sorted(image.probabilities.items(), key=lambda item: -item[1])
    )
    against = _contradiction(phase, image)
    if against:
        return Evidence(against, details, True)
    if image.toldBy == "image" and image.phase is phase:
        percent = 100 * image.probabilities.get(phase.value, 0)
        if image.isUnsure:
            return Evidence(_("unsure ({percent:.0f} %)").format(percent=percent), details, True)
        return Evidence(_("recognised ({percent:.0f} %)").format(percent=percent), details)
    if image.phase is not phase or image.toldBy == "annotator":
        return Evidence(_("set by hand"), details)
    return Evidence({"name": _("by its name"), "table": _("by the table")}.get(image.toldBy, ""), details)


def _contradiction(phase, image):
    if not image.probabilities or image.isUnsure:
        return ""
    likeliest = max(image.probabilities, key=image.probabilities.get)
    if likeliest == phase.value or image.probabilities.get(phase.value, 0) >= CONTRADICTION:
        return ""
    percent = 100 * image.probabilities[likeliest]
    return _("looks {phase} ({percent:.0f} %)").format(phase=phaseTitle(Phase(likeliest)).lower(), percent=percent)
