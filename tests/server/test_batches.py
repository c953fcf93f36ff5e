"""A batch by itself, and files that vanish under a server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from livercad.errors import Cancelled, InputError
from livercad.server import batches
from livercad.server.batches import Batch
from livercad.server.images import stamp_of
from livercad.server.jobs import Job, State
from livercad.server.turns import Turns
from livercad.studies.study import Series


def run(monkeypatch: pytest.MonkeyPatch, error: Exception) -> Batch:
    def infer(request: dict) -> dict:
        if request["image"] == "bad":
            raise error
        return {"label": request["image"], "file": "x"}

    monkeypatch.setattr(batches, "livercad_app", lambda: SimpleNamespace(infer=infer))
    batch = Batch(Job("1", "liver", "2 cases"), ["bad", "good"], {"model": "liver"})
    with pytest.raises((InputError, Cancelled)):
        asyncio.run(batch.run(Turns(lambda: 1)))
    return batch


def test_a_defect_in_one_case_does_not_stop_a_batch_and_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    batch = run(monkeypatch, ZeroDivisionError("division by zero"))
    assert batch.results == {"bad": {}, "good": {"label": "good"}}
    assert batch.details == ["bad: ZeroDivisionError: division by zero", "good: done"]
    assert "Traceback" in caplog.text


def test_cancelling_stops_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = run(monkeypatch, Cancelled("enough"))
    assert (batch.job.state, batch.results) == (State.CANCELLED, {})


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found that gone\.dcm cannot be read any more"):
        stamp_of(Series((tmp_path / "gone.dcm",), None, "unknown", "1.2.3"))
