"""The words of the interface in the user's language; as they are where Slicer's translations are absent (in tests)."""

try:
    from slicer.i18n import tr as _
except ImportError:  # the client and the logic also work without the application

    def _(text):
        """Return the text as it is."""
        return text


__all__ = ["_"]
