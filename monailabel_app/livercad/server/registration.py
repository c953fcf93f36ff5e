"""What was trained on the server becomes a version: at once, or later where the model registry does not answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from livercad.errors import LiverCADError
from livercad.learning.trained import RECORD, WEIGHTS
from livercad.server.errors import reason_of
from livercad.server.releases import Releases
from livercad.server.training_curves import promotion_of, result_of
from livercad.server.training_orders import Stage, Training

AGAIN_S = 300.0
"""So often it is tried again. Our choice."""


class NotRegisteredError(LiverCADError):
    """That what was trained is not registered yet: nothing of it is lost."""

    def __init__(self, reason: str) -> None:
        Exception.__init__(self, reason)


def registered(releases: Releases, training: Training, place: Path) -> dict[str, Any]:
    """Register what was trained, and use it if it is better; once more, as after a kill, changes nothing.

    Parameters
    ----------
    releases : Releases
        Told of it.
    training : Training
        One whose weights are written.
    place : Path
        Its folder.

    Returns
    -------
    dict
        What changes of the training: it is done.

    Raises
    ------
    NotRegisteredError
        If that fails for now. Where weights or record are gone, the error is raised as it is.
    """
    try:
        version = releases.versions.add(training.task, place, training.who)
        decision = releases.consider(training.task, version.number, training.who)
    except Exception as error:
        if not all((place / name).is_file() for name in (WEIGHTS, RECORD)):
            raise
        kept = "What was trained is kept, and registered by itself when this is mended, also after a restart."
        raise NotRegisteredError(f"{reason_of(error)} {kept}") from error
    told = {"result": result_of(version, decision), "promotion": promotion_of(decision)}
    return {"stage": Stage.DONE, "error": "", **told}
