"""Lists and dictionaries as they are read from a node.

Slicer's write back what is changed in them; here a change raises, so that nothing relies on it. Assign a new one.
"""

from __future__ import annotations

from typing import Any, NoReturn

_WHY = "this is what the parameter node had; assign a new {} to the parameter instead of changing this one"


def _refuse(kind: str) -> Any:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(_WHY.format(kind))

    return refuse


class ReadOnlyList(list):
    """A list that cannot be changed."""

    append = extend = insert = remove = pop = clear = sort = reverse = _refuse("list")
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse("list")


class ReadOnlyDict(dict):
    """A dictionary that cannot be changed."""

    update = setdefault = pop = popitem = clear = _refuse("dictionary")
    __setitem__ = __delitem__ = __ior__ = _refuse("dictionary")
