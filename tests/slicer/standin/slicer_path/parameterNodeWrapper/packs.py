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

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if len(args) > len(parameters):
            raise TypeError(f"{cls.__name__} has {len(parameters)} parameters, got {len(args)}")
        given = dict(zip(parameters, args, strict=False)) | kwargs
        unknown = set(given) - set(parameters)
        if unknown:
            raise TypeError(f"{cls.__name__} has no parameters {sorted(unknown)}")
        object.__setattr__(self, "_values", {})
        object.__setattr__(self, "_written", None)
        for name, declared in parameters.items():
            default = declared() if isParameterPack(declared) else copy.deepcopy(declared.default)
            setattr(self, name, given.get(name, default))

    def __getattr__(self: Any, name: str) -> Any:
        values = object.__getattribute__(self, "_values")
        if name not in values:
            raise AttributeError(f"{cls.__name__} has no parameter {name!r}")
        return values[name]

    def __setattr__(self: Any, name: str, value: Any) -> None:
        if name not in parameters:
            raise AttributeError(f"{cls.__name__} has no parameter {name!r}")
        _check(parameters[name], value)
        self._values[name] = value
        if self._written is not None:
            self._written(name, value)

    def __eq__(self: Any, other: object) -> bool:
        return type(other) is type(self) and other._values == self._values

    def __repr__(self: Any) -> str:
        return f"{cls.__name__}({', '.join(f'{name}={value!r}' for name, value in self._values.items())})"

    for name in parameters:
        if name in vars(cls):
            delattr(cls, name)
    for function in (__init__, __getattr__, __setattr__, __eq__, __repr__):
        setattr(cls, function.__name__, function)
    cls._pack_parameters = parameters  # type: ignore[attr-defined]
    return cls


def _check(declared: Any, value: Any) -> None:
    if not isParameterPack(declared):
        declared.kind.check(value)
    elif not isinstance(value, declared):
        raise TypeError(f"{value!r} is no {declared.__name__}")
