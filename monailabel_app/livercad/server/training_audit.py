"""What the audit log says of trainings."""

from __future__ import annotations

from livercad.learning.audit import AuditLog, Event
from livercad.server.training_orders import Training


def record_start(audit: AuditLog, training: Training) -> None:
    """Record that a training starts, or that it goes on if it has started before."""
    about = {"model": training.model, "training": training.id}
    with audit.locked():
        is_known = bool(audit.read(1, Event.TRAINING_STARTED, training=training.id))
        event = Event.TRAINING_RESUMED if is_known else Event.TRAINING_STARTED
        audit.record(event, training.who, **about, cases=dict(training.sides), **training.wish.model_dump())


def record_end(audit: AuditLog, training: Training) -> None:
    """Record how a training has ended, unless that is the last that is known of it, as it may be after a kill.

    One that could not be registered ends twice: trained, then done.
    """
    about = {"model": training.model, "training": training.id}
    version = {"version": training.result["version"]} if training.result else {}
    reason = training.error or (training.promotion or {}).get("reason", "")
    with audit.locked():
        newest = audit.read(1, training=training.id)
        if not newest or (newest[0]["event"], newest[0].get("result")) != (Event.TRAINING_ENDED, training.stage):
            audit.record(Event.TRAINING_ENDED, training.who, **about, **version, result=training.stage, reason=reason)
