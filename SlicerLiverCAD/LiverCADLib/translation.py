"""The words of the interface in the user's language; as they are where Slicer's translations are absent (in tests).

Slicer is asked only in the GUI thread. A sentence that a worker thread makes keeps what it is made of, and is put into
the user's language when it is shown: by `str`, or inside another text.
"""

import sys
import threading

try:
    from slicer.i18n import getContext, translate
except ImportError:  # the client and the logic also work without the application
    translate = None


def _(text):
    """Translate a text, which may have fields to be filled by `format`.

    Parameters
    ----------
    text : str
        In English, literally: the translators' tools look for it.

    Returns
    -------
    str
        In the user's language; in a worker thread a `Sentence`.
    """
    if translate is None:
        return text
    context = getContext(sys._getframe(1).f_code.co_filename)
    return translate(context, text) if _isGuiThread() else Sentence(text, context)


class Sentence(str):
    """A text whose characters are English, and which `str` gives in the user's language in the GUI thread.

    Parameters
    ----------
    text : str
        As of `_`.
    context : str
        Where Slicer looks for it.
    values : dict, optional
        Of the fields; None where they are not filled yet.
    """

    def __new__(cls, text, context, values=None):
        sentence = super().__new__(cls, text if values is None else text.format(**values))
        sentence._made = text, context, values
        return sentence

    def format(self, **values):
        """Fill the fields; a Sentence again."""
        text, context, _none = self._made
        return Sentence(text, context, values)

    def __str__(self):
        text, context, values = self._made
        if _isGuiThread():
            text = translate(context, text)
        return text if values is None else text.format(**values)

    def __format__(self, specification):
        return format(str(self), specification)


def _isGuiThread():
    return threading.current_thread() is threading.main_thread()


__all__ = ["_"]
