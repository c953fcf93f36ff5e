"""What can be taken back of the open case, step by step."""

from LiverCADLib.signals import Signal

MOST = 30
"""Steps that are remembered."""


class UndoSteps:
    """Changes with what was there before each of them, the latest last.

    Attributes
    ----------
    changed : Signal
        No arguments; `text` is another.
    """

    def __init__(self):
        self.changed = Signal()
        self._steps = []

    @property
    def text(self):
        """What the latest step has done, in words; empty where there is none."""
        return self._steps[-1][0] if self._steps else ""

    def remember(self, text, before):
        """Note a step.

        Parameters
        ----------
        text : str
            What it does, in words.
        before : object
            What `take` is to give back.
        """
        self._steps = [*self._steps, (text, before)][-MOST:]
        self.changed.emit()

    def take(self):
        """Take the latest step out, of which there has to be one: what was there before it."""
        _text, before = self._steps.pop()
        self.changed.emit()
        return before

    def forget(self):
        """Note that nothing can be taken back any more."""
        self._steps = []
        self.changed.emit()
