"""Waiting for work that goes on beside the networks."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from livercad.pipeline.background import Background


class EndsAsTheWaitDoes(Future[int]):
    """Done at the very moment at which somebody has waited for it long enough."""

    def result(self, timeout: float | None = None) -> int:
        if self.done():
            return super().result()
        self.set_result(7)
        raise TimeoutError


def test_work_that_ends_as_a_wait_for_it_runs_out_is_not_lost() -> None:
    future, calls = EndsAsTheWaitDoes(), []

    def progress(*told: Any) -> None:
        calls.append(told)
        if len(calls) == 2 and not future.done():
            future.set_result(7)

    with Background() as background:
        assert background.result(future, progress, "reading") == 7


def test_what_the_work_raised_is_raised() -> None:
    def late() -> None:
        raise TimeoutError("the disk does not answer")

    with Background() as background, pytest.raises(TimeoutError, match="the disk"):
        background.result(background.submit(late), lambda *told: None, "reading")
