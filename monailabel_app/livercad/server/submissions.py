"""What annotators submit: a label map, the lesions in it, and what is said of them; every version is kept.

The label map is the case's `final` label, which stock clients see. Maps of lesions and annotation lie beside it in
``labels/final/submissions/CASE/NUMBER-…``, a folder that is written before the label and never changed; the info of the
label names it. So whatever happens in between, a label map never comes with another one's lesions.
"""

from __future__ import annotations

import filecmp
import json
import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from livercad.core.annotation import Annotation
from livercad.core.taxonomy import Label
from livercad.server.bookkeeping import ANNOTATION as KEY
from livercad.server.bookkeeping import TAG
from livercad.server.datastore import StudyDatastore
from livercad.server.errors import ConflictError, UnknownNameError
from livercad.server.folders import appearing
from livercad.server.history import Version
from livercad.server.submission_checks import check_maps, check_rejected
from livercad.studies.atomic import write_text

FOLDER = "submissions"
RECORD, INSTANCES, REJECTED = "annotation.json", "instances", "rejected"


@dataclass(frozen=True)
class Submission:
    """One version of what was submitted about a case.

    Parameters
    ----------
    version : int
        From 1.
    submitted : str
        When, in ISO 8601, UTC.
    label : Path
        The label map.
    annotation : dict or None
        As `Annotation.to_dict` has it; None for a label that a stock client has sent.
    instances : Path or None
        The map of lesions; None likewise.
    rejected : Path or None
        The map of rejected lesions; None where none was sent.
    """

    version: int
    submitted: str
    label: Path
    annotation: dict[str, Any] | None
    instances: Path | None
    rejected: Path | None = None


def find(store: StudyDatastore, case: str, number: int | None = None) -> Submission:
    """Find what was submitted about a case.

    Parameters
    ----------
    store : StudyDatastore
        Where.
    case : str
        The case.
    number : int, optional
        A version; the current one by default.

    Returns
    -------
    Submission
        The version.

    Raises
    ------
    UnknownNameError
        If there is none.
    """
    versions = store.label_versions(case, TAG)
    for version in versions:
        if version.is_current if number is None else version.number == number:
            return _submission(version, store.catalogue.root / "labels" / TAG / FOLDER / case)
    known = ", ".join(str(version.number) for version in versions)
    raise UnknownNameError(
        f"submission {number} of case {case!r}" if number else f"submission of case {case!r}",
        found="no such version" if versions else "none",
        expected=f"one of the versions {known}" if versions else "a case that somebody has submitted",
        todo=f"GET /livercad/cases/{case} tells the current version.",
    )


def submit(
    store: StudyDatastore,
    annotation: Annotation,
    label: Path,
    instances: Path,
    *,
    rejected: Path | None = None,
    based_on: int = 0,
    force: bool = False,
) -> Submission:
    """Save a submission as a new version.

    Parameters
    ----------
    store : StudyDatastore
        Where.
    annotation : Annotation
        What is said about the case.
    label, instances : Path
        The maps; copies are made.
    rejected : Path, optional
        Likewise, of lesions that are rejected: not for training, but for an annotator who changes their mind.
    based_on : int, default 0
        The version that the annotator has opened; 0 for none.
    force : bool, default False
        Save even if there is a newer one, which stays as a former version.

    Returns
    -------
    Submission
        The new version; the current one where the same was sent again, as after an answer that was lost.

    Raises
    ------
    InputError
        If the maps contradict the annotation, each other, or the image's grid.
    ConflictError
        If somebody else has submitted in the meantime.
    """
    case = store.study(annotation.case).case
    image, beside = Path(store.get_image_uri(case)), {INSTANCES: instances}
    check_maps(annotation, label, instances, image)
    if rejected is not None:
        check_rejected(annotation, rejected, image)
        beside[REJECTED] = rejected
    with store.lock:
        store.finish_saves(case)
        saved = find(store, case) if store.current_version(case, TAG) else None
        if not saved or not _is_the_same(saved, annotation, label, beside):
            if saved and saved.version != based_on and not force:
                raise _conflict(case, saved, based_on)
            info = _put_beside(store, annotation, beside)
            saved = find(store, case, store.save_version(case, label, TAG, info))
    store.take_in(case)
    return saved


def summary_of(info: dict[str, Any]) -> dict[str, Any]:
    """What a list of cases shows of a label's info."""
    known = info.get(KEY, {})
    return {
        "state": known.get("state"),
        "annotator": known.get("annotator", ""),
        "submitted": _time_of(info),
        "version": int(info.get("version") or 1),
    }


def _put_beside(store: StudyDatastore, annotation: Annotation, maps: dict[str, Path]) -> dict[str, Any]:
    """Write what belongs to a label map, and return the info that names it."""
    case = annotation.case
    place = store.catalogue.root / "labels" / TAG / FOLDER / case
    number = len(store.label_versions(case, TAG)) + 1
    # With letters of its own: what a save that was killed has left is never written over.
    folder = place / f"{number:04d}-{uuid.uuid4().hex[:8]}"
    with appearing(folder) as temporary:
        for name, path in maps.items():
            shutil.copyfile(path, temporary / f"{name}{_suffix_of(path)}")
        write_text(temporary / RECORD, json.dumps(annotation.to_dict(), indent=1))
    return {
        KEY: {"folder": folder.name, "state": annotation.state.value, "annotator": annotation.annotator},
        "label_info": [{"name": kind.name.lower(), "idx": int(kind)} for kind in Label if kind],  # for stock clients
    }


def _submission(version: Version, place: Path) -> Submission:
    named = version.info.get(KEY)
    if not named:
        return Submission(version.number, _time_of(version.info), version.file, None, None)
    folder = place / named["folder"]
    annotation = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    instances, rejected = next(folder.glob(f"{INSTANCES}.*")), next(folder.glob(f"{REJECTED}.*"), None)
    return Submission(version.number, _time_of(version.info), version.file, annotation, instances, rejected)


def _is_the_same(current: Submission, annotation: Annotation, label: Path, beside: dict[str, Path]) -> bool:
    kept = {INSTANCES: current.instances, REJECTED: current.rejected}
    pairs = [(current.label, label), *((path, beside.get(name)) for name, path in kept.items())]
    return current.annotation == json.loads(json.dumps(annotation.to_dict())) and all(
        one == other or (one and other and filecmp.cmp(one, other, shallow=False)) for one, other in pairs
    )


def _conflict(case: str, current: Submission, based_on: int) -> ConflictError:
    by = f" by {current.annotation['annotator']}" if current.annotation and current.annotation["annotator"] else ""
    return ConflictError(
        f"case {case!r}",
        found=f"version {current.version}, submitted{by} at {current.submitted}",
        expected=f"version {based_on}, which this submission is based on" if based_on else "no submission yet",
        todo="Look at it first, or submit with force=true: either way every version is kept.",
    )


def _suffix_of(path: Path) -> str:
    return ".nii.gz" if path.name.lower().endswith(".nii.gz") else path.suffix.lower()


def _time_of(info: dict[str, Any]) -> str:
    return datetime.fromtimestamp(info["ts"], UTC).isoformat(timespec="seconds") if "ts" in info else ""
