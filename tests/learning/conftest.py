"""Tests kill processes and not machines, so what is written need not reach the disk."""

from __future__ import annotations

import os

import pytest

from learning.releases import place  # noqa: F401, a fixture


@pytest.fixture(autouse=True)
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Files that were brought to the disk, as far as the software knows."""
    found: list[int] = []
    monkeypatch.setattr(os, "fsync", found.append)
    return found
