"""The champion: the version of a model that is in use.

Without a word on it that is the base, the published or shipped weights. A version that was trained here becomes the
champion by a pointer file, ``<models folder>/<name>/champion.json``, and a copy of its weights beside it,
``<models folder>/<name>/champions/<SHA-256>.safetensors``. Copies stay, so that every former champion can come back.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from livercad import settings
from livercad.errors import InputError, ModelError
from livercad.models import registry
from livercad.models.install import State, state_of, state_of_file, weights_path
from livercad.models.registry import Sha256, find
from livercad.models.version import BASE, ModelVersion, base, version_text
from livercad.studies.atomic import replacing, write_text

POINTER, COPIES = "champion.json", "champions"


class ChampionChangedError(InputError):
    """That another version has become champion meanwhile."""


class Event(StrEnum):
    """How a version became champion."""

    PROMOTION = "promotion"
    ROLLBACK = "rollback"


class Reign(BaseModel):
    """A version's time as champion."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=BASE)
    sha256: Sha256
    since: datetime | None = Field(None, description="None: from the beginning.")
    by: str = Field("", description="Who has made it champion.")
    reason: str = ""
    event: Event = Event.PROMOTION


class Pointer(BaseModel):
    """Content of a pointer file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    champion: Reign
    former: tuple[Reign, ...] = Field((), description="Those that a rollback goes back to, the latest last.")


def champion(name: str) -> ModelVersion:
    """The version of a model that is in use.

    Parameters
    ----------
    name : str
        As in the registry, for example ``lesions-leuven``.

    Returns
    -------
    ModelVersion
        Its weights are there and whole.

    Raises
    ------
    ModelError
        If they are not; the message says how to get them, or how to go back.
    """
    reign = pointer(name).champion
    if reign.number == BASE:
        return base(name)
    path = _copy_of(name, reign.sha256)
    state = state_of_file(path, reign.sha256)
    if state is not State.INSTALLED:
        raise ModelError(
            f"weights of {name} {version_text(name, reign.number)}",
            found=f"{state.value} ({path})",
            expected="the weights that were promoted",
            todo=f"Run `livercad models rollback {name}` to use the version before it.",
        )
    return ModelVersion(name, reign.number, version_text(name, reign.number), path, reign.sha256)


def once_in_use(name: str, number: int, sha256: str) -> ModelVersion:
    """A version that is or was champion, whichever is now.

    Parameters
    ----------
    name : str
        As in the registry.
    number : int
        The version's; `BASE` for the base.
    sha256 : str
        Of its tensors.

    Returns
    -------
    ModelVersion
        Its weights are there and whole.

    Raises
    ------
    ModelError
        If they are not, or the base is another one now.
    """
    path = weights_path(find(name)) if number == BASE else _copy_of(name, sha256)
    is_another_base = number == BASE and find(name).weights.sha256 != sha256
    state = "another base's" if is_another_base else state_of_file(path, sha256).value
    if state != State.INSTALLED.value:
        raise ModelError(
            f"weights of {name} {version_text(name, number)} ({sha256[:12]})",
            found=f"{state} ({path})",
            expected="those that were in use",
            todo="Put the file back, or begin again with the weights in use now.",
        )
    return ModelVersion(name, number, version_text(name, number), path, sha256)


def pointer(name: str) -> Pointer:
    """Which version is champion and which were, without a look at weights; ModelError if that cannot be read."""
    entry = find(name)
    file = _folder(name) / POINTER
    try:
        return Pointer.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return Pointer(champion=Reign(number=BASE, sha256=entry.weights.sha256))
    except (ValidationError, NotADirectoryError) as error:
        raise ModelError(
            file,
            found="no pointer to a version",
            expected="what a promotion has written",
            todo=f"Run `livercad models rollback {name}`, which goes back to the base, and promote again.",
        ) from error


def crown(version: ModelVersion, by: str, reason: str, over: int | None = None) -> ModelVersion:
    """Make a version the champion.

    Parameters
    ----------
    version : ModelVersion
        The base, or a trained version, whose weights are copied.
    by, reason : str
        Who wants it, and why.
    over : int, optional
        Number of the champion whose place it is to take: what was decided about one does not hold for another.

    Returns
    -------
    ModelVersion
        The champion from now on.

    Raises
    ------
    ModelError
        If its weights are not those that it names. The champion is the former one then.
    ChampionChangedError
        If another version than `over` is champion by now, who stays.
    """
    reign = Reign(number=version.number, sha256=version.sha256, since=_now(), by=by, reason=reason)
    with _locked(version.name):
        present = pointer(version.name)
        if over not in (None, present.champion.number):
            raise ChampionChangedError(
                f"the promotion of {version.name} {version.version}",
                found=f"version {present.champion.number} in use by now",
                expected=f"version {over}, over which this one was to be put",
                todo="Compare it with the one in use, and promote it again if you still want to.",
            )
        if version.number != BASE:
            _keep(version, _copy_of(version.name, reign.sha256))
        _point(version.name, Pointer(champion=reign, former=(*present.former, present.champion)))
    return champion(version.name)


def roll_back(name: str, by: str, leaving: int | None = None) -> ModelVersion:
    """Make the champion's predecessor champion again: the latest whose weights are whole.

    Parameters
    ----------
    name : str
        As in the registry.
    by : str
        Who wants it.
    leaving : int, optional
        Number of the champion that is to be taken back: who asks twice goes back once. A damaged pointer file cannot
        tell it, so it does not count then.

    Returns
    -------
    ModelVersion
        The champion from now on. If the pointer file is damaged, that is the base.

    Raises
    ------
    ModelError
        If there is nothing to go back to.
    ChampionChangedError
        If another one than `leaving` is champion.
    """
    with _locked(name):
        former, left, present = _predecessors(name)
        if leaving is not None and present not in (None, leaving):
            raise ChampionChangedError(
                f"the rollback of {name}",
                found=f"version {present} in use by now",
                expected=f"version {leaving}, which was to be taken back",
                todo="It has been taken back, or followed by another one; nothing is changed.",
            )
        for place in reversed(range(len(former))):
            back = former[place]
            if _is_whole(name, back):
                changes = {"since": _now(), "by": by, "reason": f"rolled back {left}", "event": Event.ROLLBACK}
                _point(name, Pointer(champion=back.model_copy(update=changes), former=former[:place]))
                return champion(name)
    raise ModelError(
        f"model {name}",
        found="no former champion whose weights are whole",
        expected="one to go back to",
        todo=f"See `livercad models list {name}`.",
    )


def stamps() -> tuple[tuple[str, int, int], ...]:
    """What changes when any model's champion does: name, inode and date of the pointer files."""
    files = ((name, _folder(name) / POINTER) for name in registry.load_registry())
    return tuple(
        (name, stat.st_ino, stat.st_mtime_ns) for name, file in files if file.is_file() for stat in (file.stat(),)
    )


def _predecessors(name: str) -> tuple[tuple[Reign, ...], str, int | None]:
    """Whom a rollback may go to, from where it comes in words, and the champion's number where it can be told."""
    try:
        present = pointer(name)
    except ModelError:
        return (Reign(number=BASE, sha256=find(name).weights.sha256),), "from a damaged pointer", None
    return present.former, f"from version {present.champion.number}", present.champion.number


def _folder(name: str) -> Path:
    return settings.models_folder() / name


def _copy_of(name: str, sha256: str) -> Path:
    return _folder(name) / COPIES / f"{sha256}.safetensors"


def _is_whole(name: str, reign: Reign) -> bool:
    state = state_of(find(name)) if reign.number == BASE else state_of_file(_copy_of(name, reign.sha256), reign.sha256)
    return state is State.INSTALLED


def _keep(version: ModelVersion, copy: Path) -> None:
    if state_of_file(copy, version.sha256) is State.INSTALLED:
        return
    state = state_of_file(version.path, version.sha256)
    if state is not State.INSTALLED:
        raise ModelError(
            version.path,
            found=f"{state.value} weights",
            expected=f"those of {version.name} {version.version}",
            todo="Train it again.",
        )
    with replacing(copy) as temporary:
        shutil.copyfile(version.path, temporary)


@contextmanager
def _locked(name: str) -> Iterator[None]:
    """Keep other processes from changing the champion meanwhile."""
    _folder(name).mkdir(parents=True, exist_ok=True)
    with FileLock(_folder(name) / f".{POINTER}.lock"):
        for left in (*_folder(name).glob(f".*.{POINTER}"), *_folder(name).glob(f"{COPIES}/.*.safetensors")):
            left.unlink(missing_ok=True)  # of a process that was killed: no other is at work now
        yield


def _point(name: str, to: Pointer) -> None:
    write_text(_folder(name) / POINTER, to.model_dump_json(indent=1) + "\n")


def _now() -> datetime:
    return datetime.now().astimezone()
