"""What stands beside a type in ``Annotated[float, WithinRange(0, 1)]``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class Validator:
    """Refuses values."""

    def validate(self, value: Any) -> None:
        """Raise ValueError where a value is not allowed."""


@dataclass(frozen=True)
class Default:
    """The value of a parameter that has not been set."""

    value: Any


@dataclass(frozen=True)
class WithinRange(Validator):
    """Both ends are allowed."""

    minimum: float
    maximum: float

    def validate(self, value: Any) -> None:
        """Raise ValueError outside of the range."""
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"{value!r} is not within [{self.minimum}, {self.maximum}]")


@dataclass(frozen=True)
class Minimum(Validator):
    """The least value."""

    minimum: float

    def validate(self, value: Any) -> None:
        """Raise ValueError below it."""
        if value < self.minimum:
            raise ValueError(f"{value!r} is below {self.minimum}")


@dataclass(frozen=True)
class Maximum(Validator):
    """The greatest value."""

    maximum: float

    def validate(self, value: Any) -> None:
        """Raise ValueError above it."""
        if value > self.maximum:
            raise ValueError(f"{value!r} is above {self.maximum}")


class Choice(Validator):
    """One of some values."""

    def __init__(self, choices: Iterable) -> None:
        self.choices = list(choices)

    def validate(self, value: Any) -> None:
        """Raise ValueError for any other."""
        if value not in self.choices:
            raise ValueError(f"{value!r} is none of {self.choices}")


class Exclude(Validator):
    """None of some values."""

    def __init__(self, excluded: Iterable) -> None:
        self.excluded = list(excluded)

    def validate(self, value: Any) -> None:
        """Raise ValueError for one of them."""
        if value in self.excluded:
            raise ValueError(f"{value!r} is one of {self.excluded}")


@dataclass(frozen=True)
class Decimals:
    """How many digits a widget shows."""

    value: int


@dataclass(frozen=True)
class SingleStep:
    """The step of a widget's arrows."""

    value: float
