"""What `livercad train` has made, as a version: a server does the same with its own trainings by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from livercad.errors import InputError
from livercad.learning.audit import AuditLog, Event
from livercad.learning.names import registry_name
from livercad.learning.promotion import Decision
from livercad.learning.release import compare, consider
from livercad.learning.trained import RECORD, WEIGHTS, TrainingRecord, read_record
from livercad.learning.version import Version
from livercad.learning.versions import ModelVersions
from livercad.models.champions import pointer
from livercad.models.version import BASE, check_weights

ENDED = "done"
"""How the training has ended, as the audit log has it of those on a server."""


def add_training(
    versions: ModelVersions, name: str, folder: Path, who: str, audit: AuditLog, *, promote: bool = False
) -> tuple[Version, Decision]:
    """Register what a training has left in its folder, and say whether it is better than the champion.

    Parameters
    ----------
    versions : ModelVersions
        Where.
    name : str
        The model's name in the registry, or a task's.
    folder : Path
        The training's.
    who : str
        Who wants it.
    audit : AuditLog
        Told of the training.
    promote : bool, default False
        Whether the version becomes the champion if it is better, and is kept aside if not; see `release.consider`.

    Returns
    -------
    version : Version
        A candidate, unless `promote`.
    decision : Decision
        What comes of the comparison, or would come of it.

    Raises
    ------
    InputError
        If the training is another model's, rests on versions that are not registered here, or its weights are.
    ModelError
        If the folder holds no training that has ended, its weights are damaged, or MLflow fails.
    """
    name = registry_name(name)
    known = versions.of(name)
    champion = versions.get(name, pointer(name).champion.number)
    record = read_record(folder / RECORD)
    if (model := record.model or (record.start or {}).get("name", name)) != name:
        raise InputError(
            folder,
            found=f"a training of {model}",
            expected=f"one of {name}",
            todo=f"Run `livercad models add {model} {folder}`.",
        )
    _refuse_known(folder, check_weights(name, folder / WEIGHTS), known, audit)
    _refuse_strange(folder, record, known)
    version = versions.add(name, folder, who)
    decision = (
        consider(versions, name, version.number, who, audit)
        if promote
        else compare(versions, name, version.number, champion.number)
    )
    told = {"model": name, "training": str(folder), "version": version.number, "sha256": version.sha256}
    audit.record(Event.TRAINING_ENDED, who, **told, cases=version.cases, result=ENDED, reason=decision.reason)
    return versions.get(name, version.number), decision


def _refuse_known(folder: Path, sha256: str, known: tuple[Version, ...], audit: AuditLog) -> None:
    """Unless a kill has kept the version from the log: then it is written down now."""
    for version in known:
        told = {"model": version.name, "version": version.number}
        if version.sha256 == sha256 and (version.number == BASE or audit.read(1, Event.TRAINING_ENDED, **told)):
            raise InputError(
                folder,
                found=f"the weights of version {version.number}, which is registered",
                expected="weights that are no version yet",
                todo="Where a training finds nothing better, it ends with those that it began with. "
                f"See `livercad models list {version.name}`.",
            )


def _refuse_strange(folder: Path, record: TrainingRecord, known: tuple[Version, ...]) -> None:
    """Numbers of another registry would be taken for versions of this one, and their scores with them."""
    here = {version.number: version.sha256 for version in known}
    for number, sha256, what in _rests_on(record):
        if here.get(number) != sha256:
            raise InputError(
                folder / RECORD,
                found=f"version {number} ({sha256[:12]}) as the one {what}",
                expected="a version that is registered here" if number != BASE else "the base that is installed here",
                todo="Add it where that version is, or train again with the versions of here.",
            )


def _rests_on(record: TrainingRecord) -> Iterator[tuple[int, str, str]]:
    if record.start and "sha256" in record.start:
        yield int(record.start["number"]), str(record.start["sha256"]), "that it began with"
    if record.pool.champion_sha256:
        yield record.pool.champion_number, record.pool.champion_sha256, "in use that it was measured beside"
