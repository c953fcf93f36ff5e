"""Types of parameters: what they take, and how the node in the scene keeps them."""

from __future__ import annotations

import enum
import json
import pathlib
import types
import typing
from typing import Any

import slicer
from slicer.parameterNodeWrapper.annotations import Validator

_SIMPLE = {str: "", int: 0, float: 0.0, bool: False, pathlib.Path: pathlib.Path()}


class UnsupportedTypeError(TypeError):
    """A parameter is declared with a type that the stand-in has not."""


def is_node(cls: Any) -> bool:
    """Tell whether a type is that of a MRML node."""
    return isinstance(cls, type) and issubclass(cls, slicer.vtkMRMLNode)


class Kind:
    """A parameter's type with its validators."""

    def __init__(self, declared: Any) -> None:
        self.annotations: tuple = ()
        if typing.get_origin(declared) is typing.Annotated:
            declared, *annotations = typing.get_args(declared)
            self.annotations = tuple(annotations)
        self.type, self.optional = _without_none(declared)
        self.origin = typing.get_origin(self.type) or self.type
        self.items = [Kind(each) for each in typing.get_args(self.type)]
        self._refuse_unsupported()

    @property
    def is_node(self) -> bool:
        """Tell whether the parameter is a node."""
        return is_node(self.type)

    @property
    def is_list_of_nodes(self) -> bool:
        """Tell whether the parameter is a list of nodes."""
        return self.origin is list and self.items[0].is_node

    @property
    def default(self) -> Any:
        """The value where none is declared."""
        if self.optional or self.is_node:
            return None
        if isinstance(self.type, type) and issubclass(self.type, enum.Enum):
            return next(iter(self.type))
        return self.origin() if self.items else _SIMPLE[self.type]

    def check(self, value: Any) -> None:
        """Raise TypeError or ValueError for a value that the parameter does not take."""
        if value is not None or not (self.optional or self.is_node):
            self._check_type(value)
            self._check_items(value)

    def _check_type(self, value: Any) -> None:
        wanted = (int, float) if self.type is float else (self.origin,)
        if not isinstance(value, wanted) or (isinstance(value, bool) and self.type is not bool):
            raise TypeError(f"{value!r} ({type(value).__name__}) is no {self.type}")
        for validator in self.annotations:
            if isinstance(validator, Validator):
                validator.validate(value)

    def _check_items(self, value: Any) -> None:
        if self.origin is list:
            for each in value:
                self.items[0].check(each)
        if self.origin is dict:
            for key, each in value.items():
                self.items[0].check(key)
                self.items[1].check(each)

    def to_text(self, value: Any) -> str:
        """Write a value as the node's parameter."""
        plain = self._to_plain(value)
        return plain if self.type is str and not self.optional else json.dumps(plain)

    def from_text(self, text: str) -> Any:
        """Read a value from the node's parameter."""
        return text if self.type is str and not self.optional else self._from_plain(json.loads(text))

    def _to_plain(self, value: Any) -> Any:
        if value is None:
            return None
        if self.origin is list:
            return [self.items[0]._to_plain(each) for each in value]
        if self.origin is dict:
            return [[self.items[0]._to_plain(key), self.items[1]._to_plain(each)] for key, each in value.items()]
        if isinstance(value, enum.Enum):
            return value.name
        return str(value) if isinstance(value, pathlib.Path) else self.type(value)

    def _from_plain(self, plain: Any) -> Any:
        if plain is None:
            return None
        if self.origin is list:
            return [self.items[0]._from_plain(each) for each in plain]
        if self.origin is dict:
            return {self.items[0]._from_plain(key): self.items[1]._from_plain(each) for key, each in plain}
        if issubclass(self.type, enum.Enum):
            return self.type[plain]
        return self.type(plain)

    def _refuse_unsupported(self) -> None:
        is_enum = isinstance(self.type, type) and issubclass(self.type, enum.Enum)
        is_container = (self.origin is list and len(self.items) == 1) or (self.origin is dict and len(self.items) == 2)
        if not (self.type in _SIMPLE or is_enum or self.is_node or is_container):
            raise UnsupportedTypeError(f"{self.type} is no type of a parameter, or the stand-in has it not")
        nested_node = any(item.is_node for item in self.items) and self.origin is not list
        if nested_node or any(item.is_list_of_nodes for item in self.items):
            raise UnsupportedTypeError(f"{self.type}: nodes can stand alone or in a list")


def _without_none(declared: Any) -> tuple[Any, bool]:
    """Take Optional[X] apart."""
    if typing.get_origin(declared) not in (typing.Union, types.UnionType):
        return declared, False
    others = [each for each in typing.get_args(declared) if each is not type(None)]
    if len(others) != 1:
        raise UnsupportedTypeError(f"{declared}: of unions the stand-in has Optional alone")
    return others[0], True
