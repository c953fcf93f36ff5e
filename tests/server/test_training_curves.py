"""What came of a training, in words."""

from __future__ import annotations

import pytest

from livercad.learning.paired import Difference
from livercad.learning.promotion import Decision
from livercad.learning.version import State, Version
from livercad.server.jobs import Jobs
from livercad.server.training_curves import result_of


@pytest.mark.parametrize(
    ("count", "learnt", "looked_at"), [(1, "1 case:", "1 validation case."), (3, "3 cases:", "3 v")]
)
def test_cases_are_counted_in_words(count: int, learnt: str, looked_at: str) -> None:
    version = Version("lesions-leuven", 2, "1+2", "0", State.CANDIDATE, cases={"training": count})
    found = Difference("lesion_dice", 0.6, 0.5, 0.1, None, None, None, count)
    sentence = result_of(version, Decision(False, "", count, count, found))["sentence"]
    assert f"Version 2 of lesions-leuven has learnt from {learnt}" in sentence and f"on {looked_at}" in sentence


def test_what_runs_does_not_wait_for_its_turn() -> None:
    job = Jobs().add("", "lesions", "4 cases")
    assert job.what == "waiting for its turn"
    job.start()
    assert (job.state, job.what) == ("running", "starting")
