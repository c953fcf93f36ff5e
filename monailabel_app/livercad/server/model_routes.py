"""``/livercad/models``: the models, their cards and versions; promotion and rollback."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from livercad.errors import ModelError
from livercad.learning.names import TASKS
from livercad.models.champions import champion, pointer, stamps
from livercad.models.install import weights_path
from livercad.models.registry import ModelEntry, load_registry
from livercad.server.errors import ConflictError, UnknownNameError
from livercad.server.instance import livercad_app
from livercad.server.releases import champion_of

router = APIRouter(prefix="/livercad/models", tags=["App"])

_checking = threading.Lock()


class Wish(BaseModel):
    """Who wants a change."""

    model_config = ConfigDict(extra="forbid")

    who: str = Field("", max_length=200)


class Promotion(Wish):
    """Which version somebody wants in use."""

    version: int = Field(ge=0, description="Its number; 0 is the base.")
    force: bool = Field(False, description="Also one that was kept aside or rolled back.")


class Rollback(Wish):
    """What somebody wants to be taken back."""

    leaving: int | None = Field(
        None, ge=0, alias="from", description="Number of the version in use, so that who asks twice goes back once."
    )


@router.get("")
def list_models() -> list[dict[str, Any]]:
    """List every model with its card, the version in use, and whether its weights are there and whole."""
    served = {model.name: model.version for model in livercad_app().analyses.served()}
    with _checking:  # two clients at once need not read all weights twice
        return [{**_described(entry), "served": served.get(entry.name)} for entry in load_registry().values()]


@router.get("/{name}/versions")
def list_versions(name: str) -> list[dict[str, Any]]:
    """List the versions of a model, the base first: what they scored, what became of them and why."""
    name = _known(name)
    number = pointer(name).champion.number
    versions = livercad_app().releases.versions.of(name)
    return [{**version.to_dict(), "is_champion": version.number == number} for version in versions]


@router.post("/{name}/promote")
def promote(name: str, wish: Promotion) -> dict[str, Any]:
    """Put a version of a model into use; when this is answered, it is."""
    name = _known(name)
    releases = livercad_app().releases
    numbers = [version.number for version in releases.versions.of(name)]
    if wish.version not in numbers:
        raise UnknownNameError(
            f"version {wish.version} of {name}",
            found="no such version",
            expected="one of " + ", ".join(map(str, numbers)),
            todo=f"GET /livercad/models/{name}/versions lists them.",
        )
    return releases.promote(name, wish.version, wish.who, force=wish.force)


@router.post("/{name}/rollback")
def roll_back(name: str, wish: Rollback) -> dict[str, Any]:
    """Put the version before back into use; when this is answered, it is."""
    name = _known(name)
    present = _champion_of(name)
    if present is not None and not present["former"]:
        raise ConflictError(
            f"model {name}",
            found="no former version",
            expected="one to go back to",
            todo=f"GET /livercad/models/{name}/versions lists those that can be promoted.",
        )
    return livercad_app().releases.roll_back(name, wish.who, wish.leaving)


def _known(name: str) -> str:
    """A model's name in the registry, from that or a task's."""
    name = TASKS.get(name, name)
    if name not in load_registry():
        raise UnknownNameError(
            f"model {name!r}",
            found="no such model",
            expected=f"one of {', '.join(load_registry())}",
            todo="GET /livercad/models lists them.",
        )
    return name


def _described(entry: ModelEntry) -> dict[str, Any]:
    problem, present = _problem_of(entry.name), _champion_of(entry.name)
    return {
        "name": entry.name,
        "version": present["version"] if present else entry.version,
        "title": entry.title,
        "licence": entry.licence,
        "installed": not problem,
        "problem": problem,
        "task": entry.task,
        "card": entry.read_card(),
        "champion": present,
    }


def _champion_of(name: str) -> dict[str, Any] | None:
    try:
        return champion_of(name)
    except ModelError:  # `problem` tells it
        return None


def _problem_of(name: str) -> str:
    """What keeps a model's champion from being used; weights are read again only when a file has changed."""
    path = weights_path(load_registry()[name])
    stat = path.stat() if path.is_file() else None
    return _checked(name, stamps(), (stat.st_size, stat.st_mtime_ns) if stat else None)


@lru_cache(maxsize=64)
def _checked(name: str, pointers: object, base: tuple[int, int] | None) -> str:
    try:
        champion(name)
    except ModelError as error:
        return str(error)
    return ""
