"""Putting versions into use and taking them back: champion, registry and audit log in step.

What is in use is told by the champion's pointer file alone, which changes in one step. The audit log and MLflow follow
it; where a kill has come in between, or another process has changed the champion, `catch_up` brings them in step.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace

from livercad.errors import InputError, ModelError
from livercad.learning.audit import AuditLog, Event
from livercad.learning.names import TASKS, registry_name
from livercad.learning.promotion import RULES, Decision, Rule, decide
from livercad.learning.version import REFUSED, State, Version
from livercad.learning.versions import ModelVersions
from livercad.models import champions
from livercad.models.version import ModelVersion

logger = logging.getLogger(__name__)


def consider(
    versions: ModelVersions, name: str, number: int, who: str, audit: AuditLog, rule: Rule | None = None
) -> Decision:
    """Promote a version if it is better than the champion on the pool; else keep it aside, and say why.

    Doing so once more, as after a kill, changes nothing; also where it was taken back meanwhile.

    Parameters
    ----------
    versions : ModelVersions
        Where it is registered.
    name : str
        The model's name in the registry, or a task's.
    number : int
        The version's.
    who : str
        Who has started its training.
    audit : AuditLog
        Told of what comes of it.
    rule : Rule, optional
        The model's of `RULES` by default.

    Returns
    -------
    Decision
        With the reason.

    Raises
    ------
    InputError
        If there is no such version.
    ModelError
        If its weights or record are gone, or MLflow fails.
    """
    name = registry_name(name)
    version, present = versions.get(name, number), champions.pointer(name)
    is_champion = present.champion.number == number
    rival = present.former[-1] if is_champion and present.former else present.champion
    decision = compare(versions, name, number, rival.number, rule)
    if version.state is State.ROLLED_BACK:
        return replace(decision, promoted=False, reason=f"It was taken back. {decision.reason}")
    if is_champion:
        catch_up(audit, versions)
    elif decision.promoted:
        try:
            _crown(versions, versions.weights(name, number), who, decision.reason, audit, over=rival.number)
        except champions.ChampionChangedError:  # better than one that is not in use any more
            return consider(versions, name, number, who, audit, rule)
    else:
        _keep_aside(versions, version, who, decision.reason, audit)
    return decision


def compare(versions: ModelVersions, name: str, challenger: int, champion: int, rule: Rule | None = None) -> Decision:
    """Compare two versions on the cases that both were measured on, as `promotion.decide` does.

    Parameters
    ----------
    versions : ModelVersions
        Where they are registered.
    name : str
        The model's name in the registry, or a task's.
    challenger, champion : int
        Their numbers.
    rule : Rule, optional
        The model's of `RULES` by default.

    Returns
    -------
    Decision
        What would come of it.
    """
    name = registry_name(name)
    for number in (challenger, champion):
        versions.get(name, number)
    return decide(versions.measured(name, challenger), versions.measured(name, champion), rule or RULES[name])


def promote(
    versions: ModelVersions, name: str, number: int, who: str, audit: AuditLog, *, force: bool = False
) -> ModelVersion:
    """Make a version the champion because somebody wants it.

    Parameters
    ----------
    versions : ModelVersions
        Where it is registered.
    name : str
        The model's name in the registry, or a task's.
    number : int
        The version's; 0 is the base.
    who : str
        Who wants it.
    audit : AuditLog
        Told of it.
    force : bool, default False
        Also a version that was kept aside or taken back; what was said of it stays in the reason.

    Returns
    -------
    ModelVersion
        The champion from now on.

    Raises
    ------
    InputError
        If there is no such version, it is in use already, it was kept aside or taken back, or another one is promoted
        meanwhile.
    ModelError
        If its weights are gone or damaged.
    """
    name = registry_name(name)
    present = champions.pointer(name).champion.number
    version = versions.get(name, number)
    if present == number:
        raise InputError(
            f"version {number} of {name}", found="the champion", expected="another version", todo="It is in use."
        )
    if version.state in REFUSED and not force:
        raise InputError(
            f"version {number} of {name}",
            found=f"a version that was {version.state.words} ({version.reason})",
            expected="one that was found better, or is not judged yet",
            todo="Promote it with force if you know better.",
        )
    verdict = f", though {version.state.words} ({version.reason})" if version.state in REFUSED else ""
    reason = f"promoted by {who or 'hand'}{verdict}"
    return _crown(versions, versions.weights(name, number), who, reason, audit, over=present)


def roll_back(
    versions: ModelVersions, name: str, who: str, audit: AuditLog, leaving: int | None = None
) -> ModelVersion:
    """Go back to the champion's predecessor; see `livercad.models.champions.roll_back`.

    It does not need MLflow: where that fails, the registry follows later.

    Parameters
    ----------
    versions : ModelVersions
        Brought in step.
    name : str
        The model's name in the registry, or a task's.
    who : str
        Who wants it.
    audit : AuditLog
        Told of it.
    leaving : int, optional
        The version that is to be taken back, so that who asks twice goes back once.

    Returns
    -------
    ModelVersion
        The champion from now on.

    Raises
    ------
    ModelError
        If there is no predecessor.
    ChampionChangedError
        If another one than `leaving` is champion.
    """
    name = registry_name(name)
    with suppress(ModelError):  # a damaged pointer tells nothing, and this is what mends it
        write_down(audit, name)  # before its reign is forgotten: a kill may have kept its promotion from the log
    champion = champions.roll_back(name, who, leaving)
    write_down(audit, name)
    _follow(versions, name)
    return champion


def catch_up(audit: AuditLog, versions: ModelVersions | None = None) -> None:
    """Bring the audit log, and MLflow if `versions` are given, in step with the champions in use."""
    for name in TASKS.values():
        try:
            write_down(audit, name)
        except ModelError as error:
            logger.warning("%s", error)
        if versions:
            _follow(versions, name)


def write_down(audit: AuditLog, name: str) -> None:
    """Tell the audit log how the champion and those before it became it, as far as it does not know."""
    present = champions.pointer(name)
    reigns = [reign for reign in (*present.former, present.champion) if reign.since]
    with audit.locked():  # a server that catches up after its start may be asked for a release meanwhile
        known = {record.get("since") for record in audit.read(model=name)} if reigns else set()
        for reign in reigns:
            since = reign.since.isoformat() if reign.since else None
            if since not in known:
                details = {"model": name, "version": reign.number, "sha256": reign.sha256, "reason": reign.reason}
                audit.record(Event(reign.event), reign.by, **details, since=since)


def _crown(
    versions: ModelVersions, weights: ModelVersion, who: str, reason: str, audit: AuditLog, over: int
) -> ModelVersion:
    champion = champions.crown(weights, who, reason, over)
    write_down(audit, weights.name)
    _follow(versions, weights.name)
    return champion


def _keep_aside(versions: ModelVersions, version: Version, who: str, reason: str, audit: AuditLog) -> None:
    told = {"model": version.name, "version": version.number, "sha256": version.sha256}
    with audit.locked():
        if not audit.read(1, Event.KEPT_ASIDE, **told):
            audit.record(Event.KEPT_ASIDE, who, **told, reason=reason)
    if version.state is State.CANDIDATE:
        versions.judge(version.name, version.number, State.KEPT_ASIDE, reason)


def _follow(versions: ModelVersions, name: str) -> None:
    try:
        versions.follow_champion(name)
    except ModelError as error:  # what is in use does not depend on it
        logger.warning("The registry is brought in step later: %s", error)
