"""The name that submissions carry: one field, which shows the same wherever it stands."""

import qt

from LiverCADLib.translation import _


class AnnotatorField:
    """A field for the annotator's name.

    Parameters
    ----------
    session : Session
        Remembers the name, and tells other fields of it.

    Attributes
    ----------
    widget : qt.QLineEdit
        To be laid out.
    """

    def __init__(self, session):
        self._session = session
        self.widget = qt.QLineEdit(session.settings.annotator)
        self.widget.toolTip = _("Your name, which the submission carries")
        self.widget.editingFinished.connect(self.keep)
        session.annotatorChanged.connect(self._show)

    @property
    def name(self):
        """What is written, without blanks around it; empty for nothing."""
        return self.widget.text.strip()

    def keep(self):
        """Remember the name, for the next start of Slicer as well."""
        self._session.rememberAnnotator(self.name)

    def close(self):
        """Follow other fields no more: the widget is about to go."""
        self._session.annotatorChanged.disconnect(self._show)

    def _show(self, name):
        if name != self.name:
            self.widget.text = name
