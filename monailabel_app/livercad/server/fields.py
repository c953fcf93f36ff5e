"""What is wrong with settings that were given, in plain words: pydantic's own are about Python's types."""

from __future__ import annotations

from types import NoneType
from typing import Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from livercad.errors import InputError

BOUNDS = {"ge": "from", "gt": "above", "le": "to", "lt": "below"}
"""Attributes of a field's bounds, by pydantic's names."""
KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def unfit(error: ValidationError, model: type[BaseModel], word: str, todo: str, hidden: str = "") -> InputError:
    """Make one sentence of what pydantic says first.

    Parameters
    ----------
    error : ValidationError
        From validating settings.
    model : type of BaseModel
        What they were to be; without models in it.
    word : str
        What a setting is called: "option".
    todo : str
        What to do.
    hidden : str
        A field that is not for people.

    Returns
    -------
    InputError
        Names the setting, its value, and what it takes; or the settings that there are.
    """
    first = error.errors()[0]
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        known = ", ".join(field for field in model.model_fields if field != hidden)
        return InputError(f"{word} {name}", found=f"no such {word}", expected=f"one of {known}", todo=todo)
    expected = expectation(model.model_fields[name])
    return InputError(f"{word} {name}", found=repr(first["input"]), expected=expected, todo=todo)


def expectation(field: FieldInfo) -> str:
    """Say what a field takes: "a number above 0 and below 1", "auto, cpu or cuda".

    Parameters
    ----------
    field : FieldInfo
        A bool, int, float, str or Literal, perhaps with bounds, perhaps optional.

    Returns
    -------
    str
        The end of a sentence.
    """
    kinds = [kind for kind in (get_args(field.annotation) or (field.annotation,)) if kind is not NoneType]
    if get_origin(field.annotation) is Literal:
        *first, last = map(str, kinds)
        return f"{', '.join(first)} or {last}" if first else last
    return " ".join(filter(None, (KINDS[kinds[0]], _bounds(field))))


def _bounds(field: FieldInfo) -> str:
    told = {
        word: getattr(bound, name) for bound in field.metadata for name, word in BOUNDS.items() if hasattr(bound, name)
    }
    if list(told) == ["from"]:
        return f"from {told['from']} on"
    between = " " if list(told) == ["from", "to"] else " and "
    return between.join(f"{word} {value}" for word, value in told.items())
