"""Dataclasses to plain JSON values and back, by their annotations. Pydantic would do it, but Slicer has none."""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import StrEnum
from typing import Any, Union


def to_plain(value: Any) -> Any:
    """Turn dataclasses, tuples and enums into dicts, lists and strings.

    Parameters
    ----------
    value : object
        Made of these, and of strings, numbers and None.

    Returns
    -------
    object
        Ready for JSON.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, StrEnum):
        return value.value
    return value


def from_plain(kind: Any, value: Any, where: str, *, ignore_unknown: bool) -> Any:
    """Build a value of an annotated type from what `to_plain` made of it.

    Parameters
    ----------
    kind : type
        A dataclass, or what annotates a field of one.
    value : object
        Parsed JSON.
    where : str
        What to call the value in a message.
    ignore_unknown : bool
        Whether fields that a dataclass does not have are passed over.

    Returns
    -------
    object
        Of that type.

    Raises
    ------
    ValueError
        If the value does not fit the type; the message names the field.
    """

    def inner(kind: Any, value: Any, where: str) -> Any:
        return from_plain(kind, value, where, ignore_unknown=ignore_unknown)

    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return None if value is None else inner(next(a for a in arguments if a is not type(None)), value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{where}: expected a list, found {value!r}.")
        kinds = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
        if len(kinds) != len(value):
            raise ValueError(f"{where}: expected {len(kinds)} values, found {len(value)}.")
        return tuple(inner(k, item, f"{where}[{n}]") for n, (k, item) in enumerate(zip(kinds, value, strict=True)))
    if origin is dict:
        return {key: inner(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return kind(**{name: inner(*part) for name, part in _parts(kind, value, where, ignore_unknown).items()})
    if issubclass(kind, StrEnum):
        return kind(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{where}: expected {kind.__name__}, found {value!r}.")
    return value


def from_versioned(kind: Any, data: dict[str, Any], version: str, what: str) -> Any:
    """Build a dataclass from what `to_plain` made of it, unless its schema is another.

    Parameters
    ----------
    kind : type
        A dataclass.
    data : dict
        Parsed JSON, with its `schema_version`.
    version : str
        The schema that is known here, as ``1.0``. What a newer one of the same first number adds is passed over.
    what : str
        What to call the data in a message, in the plural.

    Returns
    -------
    object
        Of that type.

    Raises
    ------
    ValueError
        If the schema's first number is another, or something does not fit.
    """
    written = str(data.get("schema_version", "none"))
    if written.split(".")[0] != version.split(".")[0]:
        raise ValueError(f"{what.capitalize()} of schema version {written} cannot be read; this is version {version}.")
    newer = int(written.split(".")[1]) > int(version.split(".")[1])
    return from_plain(kind, data, what, ignore_unknown=newer)


def _parts(kind: type, value: Any, where: str, ignore_unknown: bool) -> dict[str, tuple[Any, Any, str]]:
    """The fields of a dataclass that are given: their types, values and names for a message."""
    hints = typing.get_type_hints(kind)
    missing, default = dataclasses.MISSING, {f.name: (f.default, f.default_factory) for f in dataclasses.fields(kind)}
    required = {name for name, given in default.items() if given == (missing, missing)}
    if not isinstance(value, dict) or required - set(value) or (set(value) - set(hints) and not ignore_unknown):
        found = sorted(value) if isinstance(value, dict) else repr(value)
        raise ValueError(f"{where}: expected the fields {sorted(hints)}, found {found}.")
    return {name: (hint, value[name], f"{where}.{name}") for name, hint in hints.items() if name in value}
