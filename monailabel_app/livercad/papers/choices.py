"""What a paper leaves open: decided once, or chosen by the user in a file."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ValidationError

from livercad.errors import InputError
from livercad.papers.settings import Settings

OWN_RULE = "Value error, "
"""What pydantic puts before the words of a rule of ours."""


class FixedChoice(NamedTuple):
    """A decision.

    Parameters
    ----------
    name : str
        What was to be decided.
    value : str
        How it was.
    reason : str
        Why.
    of_phantoms : bool or None
        True where it says how phantoms stand in for the paper's patients, False where it is about patients of one's
        own, None where it holds for both.
    """

    name: str
    value: str
    reason: str
    of_phantoms: bool | None = None


def concerning(choices: Sequence[FixedChoice], is_phantom: bool) -> list[FixedChoice]:
    """Those decisions that concern the data in hand.

    Parameters
    ----------
    choices : sequence of FixedChoice
        All of a paper's.
    is_phantom : bool
        Whether phantoms are made.

    Returns
    -------
    list of FixedChoice
        In order.
    """
    return [choice for choice in choices if choice.of_phantoms in (None, is_phantom)]


def read_choices(path: Path, kind: type[Settings], base: Settings | None = None) -> Settings:
    """Read settings from a TOML file.

    Parameters
    ----------
    path : Path
        A table for each group of settings, for example ``[training]``; what is left out keeps its value.
    kind : type
        The paper's settings.
    base : PaperSettings, optional
        What the file is laid over, `--quick`'s settings for example; the defaults if not given.

    Returns
    -------
    PaperSettings
        Of that kind.

    Raises
    ------
    InputError
        If the file cannot be read, or a setting in it is unknown or out of its range.
    """
    try:
        chosen = kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        return chosen if base is None else base.changed(chosen.model_dump(exclude_unset=True))
    except OSError as error:
        found = f"a file that cannot be read ({error.strerror})"
        raise InputError(path, found=found, expected="a TOML file", todo="Check its name.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(path, found=f"no TOML ({error})", expected="a TOML file", todo="Mend that place.") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{path}, {name}" if name else path,
            found=repr(first["input"]) if name else "settings that do not fit together",
            expected=_expected(kind, first["loc"], first["msg"]),
            todo="Mend that setting, or leave it out to keep its value.",
        ) from error


def _expected(kind: type[BaseModel], place: tuple[int | str, ...], told: str) -> str:
    """What pydantic asks for; for a name that it does not know, the names that there are."""
    fields = kind.model_fields
    for part in place:
        if part not in fields:
            return f"one of {', '.join(fields)}"
        inner = fields[str(part)].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        fields = inner.model_fields
    told = told.removeprefix(OWN_RULE).removesuffix(".")  # the message that it stands in has its own
    return told[0].lower() + told[1:]
