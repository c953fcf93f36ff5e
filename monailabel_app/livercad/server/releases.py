"""Versions of models put into use and taken back while the server runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from livercad.errors import LiverCADError, ModelError
from livercad.learning import release
from livercad.learning.audit import AuditLog
from livercad.learning.promotion import Decision
from livercad.learning.versions import ModelVersions
from livercad.models.champions import Pointer, Reign, pointer
from livercad.models.version import version_text
from livercad.server.analyses import Analyses

logger = logging.getLogger(__name__)


class Releases:
    """Promotes and rolls back, one at a time; when it returns, the new champion answers.

    Parameters
    ----------
    analyses : Analyses
        Follow the champion.
    audit : callable
        Returns the audit log of the studies folder.
    """

    def __init__(self, analyses: Analyses, audit: Callable[[], AuditLog]) -> None:
        self.versions = ModelVersions()
        self._analyses = analyses
        self._audit = audit
        self._lock = threading.Lock()

    def consider(self, name: str, version: int, who: str) -> Decision:
        """Promote a version that was trained if it is better on the pool; see `release.consider`."""
        with self._lock:
            decision = release.consider(self.versions, name, version, who, self._audit())
            try:
                self._analyses.follow_champions()
            except ModelError as error:  # it is decided all the same; what is wrong is told wherever models are
                logger.warning("The former models go on: %s", error)
        return decision

    def promote(self, name: str, version: int, who: str, *, force: bool = False) -> dict[str, Any]:
        """Make a version the champion; see `release.promote`. Returns `champion_of` the model."""
        with self._lock:
            release.promote(self.versions, name, version, who, self._audit(), force=force)
            self._analyses.follow_champions()
        return champion_of(name)

    def roll_back(self, name: str, who: str, leaving: int | None = None) -> dict[str, Any]:
        """Go back to the champion before; see `release.roll_back`. Returns `champion_of` the model."""
        with self._lock:
            release.roll_back(self.versions, name, who, self._audit(), leaving)
            self._analyses.follow_champions()
        return champion_of(name)

    def write_down(self) -> None:
        """Tell the audit log of champions that other processes have changed."""
        self._catch_up(None)

    def catch_up(self) -> None:
        """Bring audit log and registry in step with what other processes have done, or a kill has left."""
        self._catch_up(self.versions)

    def _catch_up(self, versions: ModelVersions | None) -> None:
        try:
            release.catch_up(self._audit(), versions)
        except (LiverCADError, OSError) as error:
            logger.warning("Versions of models: %s", error)


def champion_of(name: str) -> dict[str, Any]:
    """Tell which version of a model is in use, since when, by whom and why, and those that a rollback goes back to.

    Parameters
    ----------
    name : str
        In the registry of models.

    Returns
    -------
    dict
        For JSON.
    """
    present: Pointer = pointer(name)

    def told(reign: Reign) -> dict[str, Any]:
        return {**reign.model_dump(mode="json"), "version": version_text(name, reign.number)}

    return {**told(present.champion), "name": name, "former": [told(reign) for reign in reversed(present.former)]}
