"""What the page ``/livercad/`` shows: cases, annotators, jobs, models, errors, records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from statistics import mean
from typing import TYPE_CHECKING, Any

from livercad import __version__
from livercad.core.annotation import CaseState
from livercad.learning.agreement import Agreement, kappa
from livercad.learning.left_out import reasons_of
from livercad.reports.pages import render
from livercad.server import submissions
from livercad.server.agreements import Compared
from livercad.server.datastore import StudyDatastore
from livercad.server.jobs import ENDED, Job, State
from livercad.server.training_orders import Trainings

if TYPE_CHECKING:
    from livercad.server.app import LiverCADApp

REFRESH_S = 10
NEWEST = 20
"""Submissions, errors, and records of the audit log that are shown."""
HIDDEN = frozenset({"time", "event", "who", "sha256", "since"})
"""What is not shown, or has a column, of a record."""
NO_LABEL, STOCK = "no_label", "other_client"
STATES = {
    CaseState.COMPLETE.value: "complete",
    CaseState.NEEDS_REVIEW.value: "to be reviewed",
    CaseState.IN_PROGRESS.value: "in progress",
    STOCK: "labelled with another client",
    NO_LABEL: "without a label",
}
"""In the order of the page. A label of a client that knows no states counts as complete in training."""
CIRCLES = "circles"
"""What stands for the state of a case of ultrasound that annotators have drawn on."""


def render_overview(app: LiverCADApp, jobs: Iterable[Job]) -> str:
    """Write the page.

    Parameters
    ----------
    app : LiverCADApp
        The server's app.
    jobs : iterable of Job
        The oldest first.

    Returns
    -------
    str
        One HTML file that asks for itself again every `REFRESH_S` seconds, and for nothing else.
    """
    store, jobs = app.datastore(), list(jobs)
    infos = {case: submissions.summary_of(info) for case, info in store.label_infos(submissions.TAG).items()}
    states = Counter(infos[case]["state"] or STOCK if case in infos else NO_LABEL for case in store.catalogue.studies)
    drawn = {
        case: {"annotator": each.annotator, "submitted": each.saved, "version": each.version, "state": CIRCLES}
        for case, each in store.images.drawings.latest().items()
        if case in store.catalogue.ultrasound
    }
    compared, comparing = app.agreements.shown()
    return render(
        "overview.html.j2",
        refresh_s=REFRESH_S,
        version=__version__,
        folder=store.catalogue.root.name,
        now=_time(datetime.now(UTC).isoformat()),
        cases=len(store.catalogue.studies),
        ultrasound=len(store.catalogue.ultrasound),
        drawn=len(drawn),
        states=[(name, title, states[name]) for name, title in STATES.items()],
        sides=Counter(str(side) for side in store.book.pool.usable().values()),
        left_out=sorted(reasons_of(store.book.pool).items()),
        submissions=_newest({**infos, **drawn}),
        annotators=_annotators({**infos, **drawn}),
        reservations=[
            {"case": held.case, "who": held.who, "since": _at(held.since), "until": _at(held.until)}
            for held in store.book.reservations.held()
        ],
        scoring=app.scoring.progress(),
        jobs=[_job(job) for job in jobs if job.state not in ENDED],
        agreements=[(each, [found.to_dict() for found in each.agreements]) for each in compared],
        pooled=_pooled(compared),
        comparing=comparing,
        models=app.histories(),
        time=_time,
        errors=_errors(app, store, jobs),
        records=[_record(record) for record in store.book.audit.read(NEWEST)],
    )


def _newest(infos: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    names = {**STATES, CIRCLES: "circles drawn"}
    ordered = sorted(infos.items(), key=lambda item: item[1]["submitted"], reverse=True)
    return [
        {**info, "case": case, "submitted": _time(info["submitted"]), "state": names.get(info["state"] or STOCK)}
        for case, info in ordered[:NEWEST]
    ]


def _annotators(infos: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """How many current labels are whose, most first."""
    counts = Counter(info["annotator"] for info in infos.values())
    latest: dict[str, str] = {}
    for info in infos.values():
        latest[info["annotator"]] = max(latest.get(info["annotator"], ""), info["submitted"])
    return [{"who": who, "count": count, "latest": _time(latest[who])} for who, count in counts.most_common()]


def _job(job: Job) -> dict[str, Any]:
    return {**job.to_dict(), "created": _at(job.created)}


def _pooled(compared: list[Compared]) -> list[dict[str, Any]]:
    """Every two annotators over all their common cases."""
    pairs: dict[tuple[str, ...], list[Agreement]] = {}
    for found in (each for one in compared for each in one.agreements):
        pairs.setdefault(tuple(sorted(found.annotators)), []).append(found)
    return [
        {
            "annotators": " and ".join(name or "somebody" for name in annotators),
            "cases": len(found),
            "liver_dice": mean(each.liver.dice for each in found),
            "lesion_dice": mean(each.lesions.dice for each in found),
            "matched": sum(each.matched for each in found),
            "typed": sum(len(each.types) for each in found),
            # Whoever of the two is named first: kappa needs the same order in all cases.
            "type_kappa": kappa(
                pair if each.annotators == annotators else pair[::-1] for each in found for pair in each.types
            ),
        }
        for annotators, found in pairs.items()
    ]


def _errors(app: LiverCADApp, store: StudyDatastore, jobs: list[Job]) -> list[dict[str, str]]:
    """The latest first; what holds now before what has happened."""
    errors = [{"when": "now", "where": "models", "what": app.analyses.problem}] if app.analyses.problem else []
    errors += [{"when": "now", "where": f"case {one.case}", "what": one.reason} for one in store.catalogue.problems]
    failed = {training.id: training for training in Trainings(store.catalogue.root).failed()}
    happened = [(each.ended or each.started, f"training of {each.task}", each.error) for each in failed.values()]
    happened += [
        (job.ended or job.created, f"{job.model} of {job.image}", job.error)
        for job in jobs
        if job.state is State.FAILED and job.id not in failed
    ]
    happened += [(row.at, f"scores of case {row.case}", row.problem) for row in store.book.scores.problems()]
    latest = sorted(happened, key=lambda entry: -entry[0])
    errors += [{"when": _at(when), "where": where, "what": what} for when, where, what in latest]
    return errors[:NEWEST]


def _record(record: dict[str, Any]) -> dict[str, str]:
    details = {key: value for key, value in record.items() if key not in HIDDEN and value not in (None, "")}
    return {
        "time": _time(record["time"]),
        "event": str(record["event"]).replace("_", " "),
        "who": record["who"],
        "details": ", ".join(f"{key.replace('_', ' ')} {_in_words(value)}" for key, value in details.items()),
    }


def _in_words(value: Any) -> str:
    """``3 training, 1 validation`` of counts."""
    return ", ".join(f"{count} {of}" for of, count in value.items()) if isinstance(value, dict) else str(value)


def _at(seconds: float) -> str:
    return _time(datetime.fromtimestamp(seconds, UTC).isoformat())


def _time(text: str) -> str:
    """A time in ISO 8601 as the server's clock shows it; empty for none."""
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M") if text else ""
