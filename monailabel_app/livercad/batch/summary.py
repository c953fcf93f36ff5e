"""What a batch leaves over all its cases: pages, tables and the record of the run.

All is built from what lies in the output folder, not from what this batch has computed: a resumed batch gives the same
as one that went through.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from livercad import __version__
from livercad.batch.failures import is_failed, read_failure
from livercad.batch.manifest import read_manifest
from livercad.batch.outputs import FINDINGS, THUMBNAIL, is_done, is_ultrasound
from livercad.batch.work import SEED
from livercad.core.findings import DISCLAIMER, SCHEMA_VERSION, Findings, ModelUsed
from livercad.core.ultrasound import SCHEMA_VERSION as ULTRASOUND_SCHEMA_VERSION
from livercad.core.ultrasound import UltrasoundFindings
from livercad.reports.index_page import render_index
from livercad.reports.tables import CaseRow, cases_csv, findings_csv
from livercad.reports.ultrasound_cases import UltrasoundRow
from livercad.reports.ultrasound_tables import ultrasound_cases_csv, ultrasound_csv
from livercad.settings import Settings, UltrasoundSettings
from livercad.studies.atomic import write_text
from livercad.studies.discover import Problem
from livercad.studies.files import RESULTS_MARK

CASES, ULTRASOUND_CASES = "cases.csv", "ultrasound_cases.csv"
"""A row a case, also of those that failed."""
Row = TypeVar("Row", CaseRow, UltrasoundRow)
PACKAGES = ("torch", "monai", "openvino", "numpy", "scipy", "nibabel", "SimpleITK", "connected-components-3d", "ray")
"""Whose versions can change a result."""


@dataclass
class RunRecord:
    """What is known of a batch beside its cases.

    Parameters
    ----------
    studies : Path
        Folder of the studies.
    settings : Settings or None
        Of the analysis of CT; None without CT.
    ultrasound : UltrasoundSettings or None
        Of that of ultrasound; None without ultrasound.
    runner : dict
        Who computed.
    left_out : tuple of Problem
        Files that are no images to analyse.
    started : datetime
        With its time zone.
    models : tuple of ModelUsed
        Those loaded so far.
    cancelled : bool
        Whether the user stopped it.
    """

    studies: Path
    settings: Settings | None
    ultrasound: UltrasoundSettings | None
    runner: dict[str, Any]
    left_out: tuple[Problem, ...]
    started: datetime
    models: tuple[ModelUsed, ...] = ()
    cancelled: bool = False


def write_summary(out: Path, record: RunRecord) -> None:
    """Write ``index.html``, ``run.json`` and tables.

    Those of CT are ``findings.csv`` and ``cases.csv``, left out where all cases are ultrasound; those of ultrasound are
    ``ultrasound.csv`` and ``ultrasound_cases.csv``, where there is any.

    Parameters
    ----------
    out : Path
        The output folder.
    record : RunRecord
        Of this batch.
    """
    folders = sorted(folder for folder in out.iterdir() if is_done(folder) or is_failed(folder))
    ultrasound = [_row(folder, UltrasoundRow, UltrasoundFindings) for folder in folders if is_ultrasound(folder)]
    rows = [_row(folder, CaseRow, Findings) for folder in folders if not is_ultrasound(folder)]
    write_text(out / "index.html", render_index(rows, ultrasound) if ultrasound else render_index(rows))
    if rows or not ultrasound:
        write_text(out / "findings.csv", findings_csv(rows))
        write_text(out / CASES, cases_csv(rows))
    if ultrasound:
        write_text(out / "ultrasound.csv", ultrasound_csv(ultrasound))
        write_text(out / ULTRASOUND_CASES, ultrasound_cases_csv(ultrasound))
    run = _run(record) | {"cases": {folder.name: _case(folder) for folder in folders}}
    write_text(out / RESULTS_MARK, json.dumps(run, indent=2) + "\n")


def _row(folder: Path, row: Callable[..., Row], findings: type[Findings] | type[UltrasoundFindings]) -> Row:
    if is_failed(folder):
        return row(folder.name, "failed", reason=read_failure(folder).reason)
    try:
        found = findings.from_dict(json.loads((folder / FINDINGS).read_bytes()))
    except ValueError as error:
        return row(folder.name, "failed", reason=f"Its {FINDINGS} cannot be read: {error}")
    manifest = read_manifest(folder)
    return row(
        folder.name,
        "done",
        findings=found,
        thumbnail=(folder / THUMBNAIL).read_bytes(),
        seconds=manifest.seconds if manifest else None,
    )


def _case(folder: Path) -> dict[str, Any]:
    if is_failed(folder):
        return {"status": "failed"} | read_failure(folder).model_dump(mode="json", exclude={"case"}, exclude_none=True)
    manifest = read_manifest(folder)
    if manifest is None:
        return {"status": "done"}
    inputs = [read.model_dump(mode="json") for read in manifest.provenance.inputs]
    return {"status": "done"} | manifest.model_dump(mode="json", exclude={"provenance"}) | {"inputs": inputs}


def _run(record: RunRecord) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if record.settings:
        settings["settings"] = record.settings.model_dump(mode="json")
    if record.ultrasound:
        told = {"schema_version": ULTRASOUND_SCHEMA_VERSION, "settings": record.ultrasound.model_dump(mode="json")}
        settings["ultrasound"] = told
    return {
        "livercad_version": __version__,
        "schema_version": SCHEMA_VERSION,
        "disclaimer": DISCLAIMER,
        "command": sys.argv,
        "studies": str(record.studies),
        "started": record.started.isoformat(timespec="seconds"),
        "ended": datetime.now().astimezone().isoformat(timespec="seconds"),
        "cancelled": record.cancelled,
        "runner": record.runner,
        **settings,
        "seed": SEED,
        "models": [vars(model) for model in record.models],
        "platform": {
            "system": platform.platform(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "packages": {name: version for name in PACKAGES if (version := _version(name))},
        },
        "left_out": [{"case": item.case, "reason": item.reason} for item in record.left_out],
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
