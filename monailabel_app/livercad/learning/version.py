"""What is known of one version of a model that was trained here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from livercad.evaluation.intervals import Estimate
from livercad.learning.metrics import MEASURES
from livercad.models.registry import find
from livercad.models.version import BASE, UNNUMBERED, version_text

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion as Registered


class State(StrEnum):
    """What became of a version."""

    BASE = "base"
    CANDIDATE = "candidate"
    PROMOTED = "promoted"
    """It is the champion, or was and gave way to another one."""
    KEPT_ASIDE = "kept_aside"
    ROLLED_BACK = "rolled_back"
    """It was the champion, and was taken back."""

    @property
    def words(self) -> str:
        """For people."""
        return self.value.replace("_", " ")


REFUSED = frozenset({State.KEPT_ASIDE, State.ROLLED_BACK})
"""Versions that are not promoted unless somebody insists on it."""


@dataclass(frozen=True)
class Version:
    """One version of a model.

    Parameters
    ----------
    name : str
        In the registry of models.
    number : int
        `BASE`, else from 1.
    version : str
        What Findings call it.
    sha256 : str
        Of its weights.
    state : State
        What became of it.
    reason : str
        Why.
    created : datetime or None
        When it was registered; None for the base.
    by : str
        Who has started the training.
    parent : int
        The version that it was trained from; -1 is from scratch.
    measures : dict of str to Estimate
        On its pool, by name; `n` counts patients.
    cases : dict of str to int
        How many cases the training had on each side of the pool.
    livercad_version, code : str
        Version of the software that has trained it, and hash of what its code did then.
    identity : str
        Of weights and record together: the same training is one version.
    run : str
        MLflow's id of its run.
    """

    name: str
    number: int
    version: str
    sha256: str
    state: State
    reason: str = ""
    created: datetime | None = None
    by: str = ""
    parent: int = UNNUMBERED
    measures: Mapping[str, Estimate] = field(default_factory=dict)
    cases: Mapping[str, int] = field(default_factory=dict)
    livercad_version: str = ""
    code: str = ""
    identity: str = ""
    run: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        created = self.created.isoformat() if self.created else None
        return {**asdict(self), "state": self.state.value, "created": created}


def base_version(name: str) -> Version:
    """The published or shipped weights, installed or not."""
    entry = find(name)
    reason = f"by {entry.authors}"
    return Version(name, BASE, entry.version, entry.weights.sha256, State.BASE, reason)


def tags_of(version: Version) -> dict[str, str]:
    """What MLflow keeps of a version besides its number and date; `version_of` reads it."""
    return {
        "sha256": version.sha256,
        "state": version.state.value,
        "reason": version.reason,
        "by": version.by,
        "parent": str(version.parent),
        "measures": json.dumps({name: asdict(found) for name, found in version.measures.items()}),
        "cases": json.dumps(dict(version.cases)),
        "livercad_version": version.livercad_version,
        "code": version.code,
        "identity": version.identity,
    }


def version_of(registered: Registered) -> Version:
    """Read what MLflow keeps of a version."""
    tags, number = registered.tags, int(registered.version)
    measures = json.loads(tags["measures"])
    return Version(
        name=registered.name,
        number=number,
        version=version_text(registered.name, number),
        sha256=tags["sha256"],
        state=State(tags["state"]),
        reason=tags["reason"],
        created=datetime.fromtimestamp(registered.creation_timestamp / 1000, UTC),
        by=tags["by"],
        parent=int(tags["parent"]),
        measures={name: Estimate(**found) for name, found in measures.items()},
        cases=json.loads(tags["cases"]),
        livercad_version=tags["livercad_version"],
        code=tags["code"],
        identity=tags["identity"],
        run=registered.run_id or "",
    )


def in_words(found: Estimate) -> str:
    """A number with its interval: ``0.612 (0.541 to 0.683)``."""
    return f"{found.value:.3f}" + (f" ({found.low:.3f} to {found.high:.3f})" if found.low is not None else "")


def card_of(version: Version) -> str:
    """A version's card, in Markdown."""
    entry = find(version.name)
    made_from = "from scratch" if version.parent == UNNUMBERED else f"from version {version.parent}"
    cases = ", ".join(f"{count} {side}" for side, count in version.cases.items()) or "not told"
    lines = [
        f"# {version.name}, trained here",
        "",
        f"{entry.title}: trained {made_from} by {version.by or 'nobody who was named'}, with LiverCAD "
        f"{version.livercad_version} (code {version.code}). Research use only; not for diagnosis.",
        "",
        f"- Cases: {cases}. The record names each with the version of its label.",
        f"- Weights: SHA-256 {version.sha256}",
        f"- Licence of the base: {entry.licence}",
        "",
        "| on the pool (95% interval) | patients |",
        "|---|---|",
        *(f"| {MEASURES[name].title} {in_words(found)} | {found.n} |" for name, found in version.measures.items()),
    ]
    return "\n".join(lines) + "\n"
