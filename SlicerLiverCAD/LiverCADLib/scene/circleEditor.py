"""What an annotator does to the circles of an ultrasound case, each of it with its way back."""

import numpy as np

from LiverCADLib.pictures import SAME_PX, Mark
from LiverCADLib.scene.undoSteps import UndoSteps
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _


class CircleEditor:
    """Adds, moves, names and deletes circles on the image that is shown.

    Parameters
    ----------
    pictures : PictureCase
        The open ultrasound case.

    Attributes
    ----------
    undoChanged : Signal
        No arguments; `undoText` or `redoText` is another.
    """

    def __init__(self, pictures):
        self.undoChanged = Signal()
        self._pictures, self._done, self._undone = pictures, UndoSteps(), UndoSteps()
        self._moving = None
        for steps in (self._done, self._undone):
            steps.changed.connect(self.undoChanged.emit)
        for signal in (pictures.opened, pictures.closed, pictures.replaced):
            signal.connect(self._forget)

    def whyNot(self, ends):
        """Why a circle cannot be added, as a sentence; empty where it can.

        Parameters
        ----------
        ends : ndarray, shape (2, 2)
            As of `add`.
        """
        if (ends[0] == ends[1]).all():
            return _("Both clicks are at the same place: a circle needs a diameter.")
        reason = self._pictures.shown.whyNot(Mark.fromEnds(0, ends).circle)
        return _("This circle cannot be added: {reason}.").format(reason=reason) if reason else ""

    def add(self, ends, className=""):
        """Mark a lesion, and select it.

        Parameters
        ----------
        ends : ndarray, shape (2, 2)
            Column and row of both ends of its maximum diameter.
        className : str
            What it is.

        Returns
        -------
        int
            Its number.

        Raises
        ------
        ValueError
            If both ends are the same.
        """
        shown = self._pictures.shown
        mark = Mark.fromEnds(shown.lastNumber + 1, ends, className)
        text = _("adding circle {number} on {image}").format(number=mark.number, image=shown.name)
        self._edit(text, shown.withMark(mark), mark.number)
        return mark.number

    def grasp(self, number):
        """Select a lesion that is about to be dragged: its moves until something else is done are one step."""
        self._moving = None
        self._pictures.select(number)

    def move(self, number, ends):
        """Give a lesion another maximum diameter; it stays as it is where that would be no circle that can be added."""
        shown, old = self._pictures.shown, self._pictures.shown.mark(number)
        if (ends[0] == ends[1]).all() or np.abs(ends - old.ends).max() < SAME_PX:
            return
        if self.whyNot(ends) and not shown.whyNot(old.circle):
            self._pictures.refresh()  # what is drawn of it goes back as well
            return
        moved = shown.withMark(Mark.fromEnds(number, ends, old.className))
        if self._moving == (shown.name, number):
            self._pictures.edit(moved, self._pictures.selection)
        else:
            text = _("moving circle {number} on {image}").format(number=number, image=shown.name)
            self._edit(text, moved, self._pictures.selection)
            self._moving = shown.name, number

    def setClass(self, number, className):
        """Say what a lesion is."""
        shown, old = self._pictures.shown, self._pictures.shown.mark(number)
        if old.className != className:
            text = _("the class of circle {number} on {image}").format(number=number, image=shown.name)
            named = shown.withMark(Mark(number, old.circle, className, old.angle))
            self._edit(text, named, self._pictures.selection)

    def delete(self, number):
        """Take a mark away; the first of the others is selected."""
        left = self._pictures.shown.withoutMark(number)
        text = _("deleting circle {number} on {image}").format(number=number, image=left.name)
        self._edit(text, left, left.firstNumber)

    def setImageClass(self, className):
        """Say what the shown image shows as a whole, where no lesion is marked on it."""
        shown = self._pictures.shown
        if className != shown.className:
            text = _("the class of {image}").format(image=shown.name)
            self._edit(text, shown.withClass(className), self._pictures.selection)

    @property
    def undoText(self):
        """What `undo` would take back; empty where there is nothing."""
        return self._done.text

    @property
    def redoText(self):
        """What `redo` would do again; empty where there is nothing."""
        return self._undone.text

    def undo(self):
        """Take the latest change back, and show its image."""
        self._go(self._done, self._undone)

    def redo(self):
        """Do again what was taken back last."""
        self._go(self._undone, self._done)

    def _edit(self, text, picture, selection):
        """Change the image that is shown, so that it can be taken back."""
        self._done.remember(text, (self._pictures.shown, self._pictures.selection))
        self._undone.forget()
        self._moving = None
        self._pictures.edit(picture, selection)

    def _go(self, from_, to):
        """Bring back what the latest of some steps remembers, and let others remember what was there."""
        text = from_.text
        if not text:
            return
        before, selection = from_.take()
        self._moving = None
        self._pictures.show(before.name)
        now = self._pictures.shown
        to.remember(text, (now, self._pictures.selection))
        self._pictures.edit(now.withMarksOf(before), selection)

    def _forget(self):
        self._moving = None
        for steps in (self._done, self._undone):
            steps.forget()
