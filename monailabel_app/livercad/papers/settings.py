"""What the settings of all papers have in common: groups that are laid over each other, listed, and compared."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict

Deviations = Mapping[str, tuple[Any, str]]
"""Value and reason by ``group.name``."""


class Choice(NamedTuple):
    """One setting, for people.

    Parameters
    ----------
    name : str
        As a file of settings has it: ``group.name``, or ``name`` of what is in no group.
    value : str
        What is chosen.
    reason : str
        Where it is from, or why.
    """

    name: str
    value: str
    reason: str


class Group(BaseModel):
    """Settings that belong together; numbers are finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PaperSettings(Group):
    """A whole reproduction's: groups, and settings that are in none."""

    def changed(self, *changes: Mapping[str, Any]) -> Self:
        """The same settings with others laid over them, group by group.

        Parameters
        ----------
        *changes : mapping
            Of settings or of groups of settings; later ones win.

        Returns
        -------
        PaperSettings
            Checked.
        """
        merged = self.model_dump()
        for change in changes:
            for name, value in change.items():
                merged[name] = {**merged[name], **value} if isinstance(value, Mapping) else value
        return type(self).model_validate(merged)

    def choices(self) -> list[Choice]:
        """List every setting, those of groups first."""
        grouped: list[Choice] = []
        alone: list[Choice] = []
        for name, value in self:
            if isinstance(value, Group):
                grouped += [_choice(value, own, f"{name}.{own}") for own in type(value).model_fields]
            else:
                alone.append(_choice(self, name, name))
        return grouped + alone


Settings = TypeVar("Settings", bound=PaperSettings)


def with_deviations(paper: Settings, deviations: Deviations) -> Settings:
    """A paper's settings but for some.

    Parameters
    ----------
    paper : PaperSettings
        The paper's size.
    deviations : mapping of str to tuple
        Value and reason by ``group.name``.

    Returns
    -------
    PaperSettings
        Checked.
    """
    groups: dict[str, dict[str, Any]] = {}
    for name, (value, _) in deviations.items():
        group, _, setting = name.partition(".")
        groups.setdefault(group, {})[setting] = value
    return paper.changed(groups)


def deviations_of(settings: Settings, paper: Settings, reasons: Deviations) -> list[tuple[str, str, str, str]]:
    """What differs from the paper's size.

    Parameters
    ----------
    settings : PaperSettings
        What was done.
    paper : PaperSettings
        The paper's size.
    reasons : mapping of str to tuple
        Value and reason by ``group.name``; what is not in it was asked for.

    Returns
    -------
    list of (str, str, str, str)
        Name, the paper's value (or, where it has none, ours at its size), the value, the reason.
    """
    rows = []
    for ours, theirs in zip(settings.choices(), paper.choices(), strict=True):
        if ours.value != theirs.value:
            told = reasons.get(ours.name)
            reason = told[1] if told and text_of(told[0]) == ours.value else "as asked for"
            rows.append((ours.name, theirs.value, ours.value, reason))
    return rows


def text_of(value: object) -> str:
    """A setting's value for people."""
    if isinstance(value, tuple):
        return ", ".join(f"({text_of(each)})" if isinstance(each, tuple) else text_of(each) for each in value) or "none"
    if isinstance(value, IntEnum):
        return value.name.lower().replace("_", " ")
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value)


def _choice(group: BaseModel, field: str, name: str) -> Choice:
    return Choice(name, text_of(getattr(group, field)), type(group).model_fields[field].description or "")
