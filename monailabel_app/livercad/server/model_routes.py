"""``GET /livercad/models``: the models and their cards."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

from fastapi import APIRouter

from livercad.models.install import State, how_to_get, state_of, weights_path
from livercad.models.registry import ModelEntry, load_registry

router = APIRouter(prefix="/livercad/models", tags=["App"])

_checking = threading.Lock()


@router.get("")
def list_models() -> list[dict[str, Any]]:
    """List every model with its card, and whether its weights are there and whole."""
    with _checking:  # two clients at once need not read all weights twice
        return [_described(entry) for entry in load_registry().values()]


def _described(entry: ModelEntry) -> dict[str, Any]:
    state = _state_of(entry.name)
    return {
        "name": entry.name,
        "version": entry.version,
        "title": entry.title,
        "licence": entry.licence,
        "installed": state is State.INSTALLED,
        "problem": "" if state is State.INSTALLED else f"The weights are {state.value}. {how_to_get(entry)}",
        "task": entry.task,
        "card": entry.read_card(),
    }


def _state_of(name: str) -> State:
    """State of a model's weights; they are read again only when the file has changed."""
    path = weights_path(load_registry()[name])
    stat = path.stat() if path.is_file() else None
    return _checked(name, (stat.st_size, stat.st_mtime_ns) if stat else None)


@lru_cache(maxsize=64)
def _checked(name: str, stamp: tuple[int, int] | None) -> State:
    return state_of(load_registry()[name])
