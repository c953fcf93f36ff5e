"""`parameterPack`: parameters that belong together, as a class."""

from __future__ import annotations

import copy
import typing
from typing import Any

from slicer.parameterNodeWrapper.annotations import Default
from slicer.parameterNodeWrapper.kinds import Kind


class Parameter:
    """A declared parameter: its kind and its default."""

    def __init__(self, kind: Kind, default: Any) -> None:
        self.kind = kind
        self.default = default


def isParameterPack(cls: Any) -> bool:
    """Tell whether a class or an object is one of parameters that belong together."""
    return "_pack_parameters" in vars(cls if isinstance(cls, type) else type(cls))


def declared_parameters(cls: type) -> dict[str, Any]:
    """Read a class's declarations: a `Parameter`, or a pack's class, by name.

    Raises
    ------
    ValueError
        A default is not allowed by its own type, or declared twice.
    """
    found: dict[str, Any] = {}
    for name, declared in typing.get_type_hints(cls, include_extras=True).items():
        if isinstance(declared, type) and isParameterPack(declared):
            found[name] = declared
            continue
        kind = Kind(declared)
        defaults = [each.value for each in kind.annotations if isinstance(each, Default)]
        defaults += [vars(cls)[name]] if name in vars(cls) else []
        if len(defaults) > 1:
            raise ValueError(f"{cls.__name__}.{name} has two defaults")
        for default in defaults:
            kind.check(default)
        found[name] = Parameter(kind, defaults[0] if defaults else kind.default)
    return found


def parameterPack(cls: type) -> type:
    """Make a class of declarations one whose objects hold these parameters and nothing else."""
    parameters = declared_parameters(cls)
    namespace = {
        name: value for name, value in vars(cls).items() if name not in (*parameters, "__dict__", "__weakref__")
    }
    return type(cls.__name__, (Pack,), {**namespace, "_pack_parameters": parameters})


class Pack:
    """What every pack does."""

    _pack_parameters: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        parameters, name = self._pack_parameters, type(self).__name__
        if len(args) > len(parameters):
            raise TypeError(f"{name} has {len(parameters)} parameters, got {len(args)}")
        given = dict(zip(parameters, args, strict=False)) | kwargs
        unknown = set(given) - set(parameters)
        if unknown:
            raise TypeError(f"{name} has no parameters {sorted(unknown)}")
        vars(self).update(_values={}, _written=None)
        for part, declared in parameters.items():
            default = declared() if isParameterPack(declared) else copy.deepcopy(declared.default)
            setattr(self, part, given.get(part, default))

    def __getattr__(self, name: str) -> Any:
        if name not in self._pack_parameters:
            raise AttributeError(f"{type(self).__name__} has no parameter {name!r}")
        return vars(self)["_values"][name]

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._pack_parameters:
            raise AttributeError(f"{type(self).__name__} has no parameter {name!r}")
        _check(self._pack_parameters[name], value)
        vars(self)["_values"][name] = value
        if vars(self)["_written"] is not None:
            vars(self)["_written"](name, value)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other)["_values"] == vars(self)["_values"]

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        values = vars(self)["_values"].items()
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in values)})"


def _check(declared: Any, value: Any) -> None:
    if not isParameterPack(declared):
        declared.kind.check(value)
    elif not isinstance(value, declared):
        raise TypeError(f"{value!r} is no {declared.__name__}")
