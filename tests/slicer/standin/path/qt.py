"""`import qt` as module code does it."""

from standin.qtmodule import find as __getattr__  # noqa: F401
