"""The namespace `qt.Qt`, whose values PythonQt has without the name of their enumeration."""

from __future__ import annotations

import enum
from typing import Any


class Scopeless:
    """Shows ``Qt.AlignCenter`` and hides ``Qt.AlignmentFlag.AlignCenter``."""

    def __init__(self, namespace: type) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._namespace, name)
        if isinstance(value, type) and issubclass(value, enum.Enum):
            raise AttributeError(f"Qt.{name}: PythonQt has no scoped enumerations; write the value's name alone")
        return value
