"""Fixtures for tests in the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import slicer

from standin import rendering, uncaught
from standin.dialogs import dialogs as all_dialogs
from standin.helpers import Heartbeat, process_events
from standin.widgets.observing import Observations


@pytest.fixture
def slicer_app() -> Any:
    """`slicer.app`."""
    return slicer.app


@pytest.fixture(autouse=True)
def nothing_uncaught(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test where a slot or an observer raised and Qt or VTK went on; mark ``expects_uncaught`` allows it."""
    uncaught.clear()
    all_dialogs.clear()
    yield
    process_events()
    errors, is_allowed = list(uncaught.recorded), request.node.get_closest_marker("expects_uncaught")
    uncaught.clear()
    assert is_allowed or not errors, "raised in a slot or an observer:\n" + "\n".join(errors)


@pytest.fixture(autouse=True)
def followers_end() -> Iterator[None]:
    """Let widgets that a test leaves behind follow the scene no more: each would take time of every later test."""
    before = set(Observations.made)
    yield
    for observations in set(Observations.made) - before:
        observations.end()


@pytest.fixture
def scene() -> Iterator[Any]:
    """The scene, empty before and after."""
    slicer.mrmlScene.Clear(False)
    yield slicer.mrmlScene
    slicer.mrmlScene.Clear(False)


@pytest.fixture
def dialogs() -> Iterator[Any]:
    """Answers to dialogs, and what was shown; every answer must have been asked for."""
    all_dialogs.clear()
    yield all_dialogs
    unused = list(all_dialogs._answers)
    all_dialogs.clear()
    assert not unused, f"these dialogs were expected and not shown: {unused}"


@pytest.fixture
def heartbeat() -> Iterator[Heartbeat]:
    """A running measure of how long the GUI thread stands still."""
    beat = Heartbeat().start()
    yield beat
    beat.stop()


@pytest.fixture
def main_window(scene: Any) -> Iterator[Any]:
    """The main window with Slicer's views; skips where nothing can be rendered."""
    if rendering.why_not():
        pytest.skip(rendering.why_not())
    window, layouts = slicer.util.mainWindow(), slicer.app.layoutManager()
    before = layouts.layout
    window.setCentralWidget(layouts.viewport())
    window.show()
    for _ in range(3):
        process_events()
    yield window
    window._show_panel(None)
    layouts.setLayout(before)
    window.hide()
