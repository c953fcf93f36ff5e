"""The selected lesion in every phase, cut out as the server's classifier cuts it out."""

import json
from dataclasses import dataclass

import numpy as np

from livercad.core.crops import PHASES, crops_of, side_mm
from livercad.core.enhancement import aorta_hu, enhancement_curve
from livercad.core.phases import Phase, Window, window_of
from livercad.core.roi import DEFAULT_RATIO
from LiverCADLib.scene.pixels import greyOf, laidOver
from LiverCADLib.scene.volumes import volumeOf
from LiverCADLib.signals import Signal

LOWEST_RATIO, HIGHEST_RATIO = 0.1, 1.1
"""D/L as Yamakawa 2020, section 2.3, varies it."""


@dataclass(frozen=True)
class Crop:
    """A lesion in one phase.

    Parameters
    ----------
    phase : Phase
        Which.
    hu : ndarray of float32, shape (rows, columns)
        The plane through the lesion's middle, from front to back, from the patient's right to left.
    isRegistered : bool
        Whether it was cut from the volume on the reference's grid, which the networks see.
    """

    phase: Phase
    hu: np.ndarray
    isRegistered: bool = True


def cutOut(images, center, diameterMm, ratio):
    """Cut a lesion out of every phase that shows it.

    Parameters
    ----------
    images : mapping of Phase to Volume
        HU, laid over each other.
    center : tuple of float
        The lesion's middle, RAS mm.
    diameterMm : float
        Its longest diameter D.
    ratio : float
        D/L; L is the side of the square, which has a least size (`livercad.core.crops`).

    Returns
    -------
    dict of Phase to ndarray of float32, shape (rows, columns)
        HU, in the order in which phases are taken. At the default ratio the middle plane of what the classifier sees.
    """
    crops, present = crops_of(images, center, diameterMm, ratio, planes=1)
    return {phase: crops[n, 0] for n, phase in enumerate(PHASES) if present[n]}


class LesionCrops:
    """Crops of the selected lesion, and how they are shown; kept in the parameter node.

    Parameters
    ----------
    caseScene : CaseScene
        The open case.
    phases : Phases
        Its volumes.
    lesions : LesionList
        Its lesions.

    Attributes
    ----------
    changed : Signal
        No arguments; what is shown of the lesion is something else now, or another lesion.
    """

    def __init__(self, caseScene, phases, lesions):
        self.caseScene, self.phases, self.lesions = caseScene, phases, lesions
        self.changed = Signal()
        self._seen = {}
        for signal in (lesions.changed, lesions.selected, phases.changed, phases.registrationsChanged):
            signal.connect(self._onChange)
        for signal in (caseScene.opened, caseScene.closed, caseScene.restored):
            signal.connect(self._onCase)

    @property
    def lesion(self):
        """Record of the selected lesion; None where none is, or it has no size."""
        record = self.lesions.records.get(self.lesions.selection)
        return record if record is not None and record.diameterMm > 0 else None

    @property
    def ratio(self):
        """D/L."""
        return self._parameters.cropRatio

    def setRatio(self, ratio):
        """Set D/L; see `LOWEST_RATIO`."""
        self._set("cropRatio", min(max(ratio, LOWEST_RATIO), HIGHEST_RATIO))

    @property
    def isAsTheNetworkSees(self):
        """Whether squares are those that the classifier was trained on."""
        return abs(self.ratio - DEFAULT_RATIO) < 1e-6

    @property
    def sideMm(self):
        """Side of the square around the selected lesion; None without one."""
        return side_mm(self.lesion.diameterMm, self.ratio) if self.lesion else None

    @property
    def showsRegion(self):
        """Whether the square is drawn in the slice views."""
        return self._parameters.cropRegion

    def setShowsRegion(self, isShown):
        """Draw the square in the slice views, or not."""
        self._set("cropRegion", isShown)

    @property
    def showsSaliency(self):
        """Whether what spoke for the classifier's choice lies over the crops."""
        return self._parameters.cropSaliency

    def setShowsSaliency(self, isShown):
        """Lay what spoke for the classifier's choice over the crops, or not."""
        self._set("cropSaliency", isShown)

    @property
    def areWindowsLinked(self):
        """Whether all phases have one window."""
        return self._parameters.cropWindowsLinked

    def setWindowsLinked(self, areLinked):
        """Give all phases one window, that of the first phase that was enhanced, or let each have its own."""
        if areLinked and not self.areWindowsLinked:
            shown = [phase for phase in self.phases.volumes() if phase is not Phase.UNENHANCED]
            self._keepWindows(dict.fromkeys(Phase, self.window(shown[0] if shown else Phase.PORTAL)))
        self._set("cropWindowsLinked", areLinked)

    def window(self, phase):
        """The window that a phase is shown in."""
        kept = json.loads(self._parameters.cropWindows).get(phase.value)
        return Window(*kept) if kept else window_of(phase)

    def setWindow(self, phase, window):
        """Show a phase in another window; where they are linked, all phases."""
        if window != self.window(phase):
            self._keepWindows(dict.fromkeys(Phase if self.areWindowsLinked else (phase,), window))
            self.changed.emit()

    def resetWindows(self):
        """Show every phase in its usual window again."""
        self._parameters.cropWindows = "{}"
        self._parameters.cropWindowsLinked = False
        self.changed.emit()

    def crops(self):
        """Crops of the selected lesion, in the order in which phases are taken; an empty tuple without one."""
        lesion = self.lesion
        if lesion is None:
            return ()
        cut = cutOut(self.images(), *placeOf(lesion), self.ratio)
        return tuple(Crop(phase, hu, self.isRegistered(phase)) for phase, hu in cut.items())

    def images(self):
        """The volumes that are cut from, by phase: as registered, or where that is not at hand as they were taken."""
        nodes = {phase: self.phases.registeredVolume(phase) or node for phase, node in self.phases.volumes().items()}
        return {phase: volumeOf(node) for phase, node in nodes.items() if node.GetImageData() is not None}

    def isRegistered(self, phase):
        """Whether a phase is at hand on the reference's grid; a phase alone needs no registration."""
        return len(self.phases.volumes()) == 1 or self.phases.registeredVolume(phase) is not None

    def pictures(self):
        """What to show: pictures of the selected lesion by phase, uint8, shape (rows, columns, 3)."""
        seen = self.seen if self.showsSaliency else None
        return {crop.phase: self._picture(crop, seen) for crop in self.crops()}

    def _picture(self, crop, seen):
        picture = greyOf(crop.hu, self.window(crop.phase))
        if seen is None:
            return picture
        return laidOver(picture, seen.saliencyAt(crop.phase, placeOf(self.lesion)[0], self.sideMm))

    def curve(self):
        """Enhancement curve of the selected lesion, as the report has it; None where it was not measured."""
        found, findings = self.lesion.found if self.lesion else None, self.lesions.findings
        return enhancement_curve(found, aorta_hu(findings) if findings else {}) if found else None

    @property
    def isOutdated(self):
        """Whether the selected lesion was edited since the server measured it."""
        lesion = self.lesion
        return lesion is not None and lesion.isOutdated(self.lesions.measured(lesion.number))

    @property
    def seen(self):
        """What the classifier saw of the selected lesion; None where it is not at hand."""
        found, seen = self._seen.get(self.lesions.selection, (None, None))
        return seen if self.lesion and found is not None and found is self.lesion.found else None

    @property
    def isToBeAsked(self):
        """Whether saliency is wanted that only the server has."""
        found = self.lesion.found if self.lesion else None
        return bool(self.showsSaliency and self.seen is None and found and found.classification)

    def addSeen(self, number, found, seen):
        """Keep what the classifier saw.

        Parameters
        ----------
        number : int
            Of the lesion.
        found : livercad.core.lesion.Lesion
            What was known of it when the server was asked: it is shown as long as that holds.
        seen : Seen
            The answer.
        """
        self._seen[number] = found, seen
        self.changed.emit()

    @property
    def _parameters(self):
        return self.caseScene.parameters

    def _set(self, name, value):
        if getattr(self._parameters, name) != value:
            setattr(self._parameters, name, value)
            self.changed.emit()

    def _keepWindows(self, windows):
        kept = json.loads(self._parameters.cropWindows)
        kept |= {phase.value: [window.level_hu, window.width_hu] for phase, window in windows.items()}
        self._parameters.cropWindows = json.dumps(kept)

    def _onChange(self, *news):
        self.changed.emit()

    def _onCase(self):
        self._seen.clear()
        self.changed.emit()


def placeOf(lesion):
    """Centre and diameter of a lesion."""
    return lesion.center, lesion.diameterMm
