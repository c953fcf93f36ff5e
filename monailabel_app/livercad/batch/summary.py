"""What a batch leaves over all its cases: pages, tables and the record of the run.

All is built from what lies in the output folder, not from what this batch has computed: a resumed batch gives the same
as one that went through.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from livercad import __version__
from livercad.batch.manifest import read_manifest
from livercad.batch.outputs import FINDINGS, THUMBNAIL, is_done, is_failed, read_failure
from livercad.batch.work import SEED
from livercad.core.findings import DISCLAIMER, SCHEMA_VERSION, Findings, ModelUsed
from livercad.reports.index_page import render_index
from livercad.reports.tables import CaseRow, cases_csv, findings_csv
from livercad.settings import Settings
from livercad.studies.atomic import write_text
from livercad.studies.discover import Problem
from livercad.studies.files import RESULTS_MARK

PACKAGES = ("torch", "monai", "openvino", "numpy", "scipy", "nibabel", "SimpleITK", "connected-components-3d", "ray")
"""Whose versions can change a result."""


@dataclass
class RunRecord:
    """What is known of a batch beside its cases.

    Parameters
    ----------
    studies : Path
        Folder of the studies.
    settings : Settings
        Of the analysis.
    runner : dict
        Who computed.
    left_out : tuple of Problem
        Files that are no CT to analyse.
    started : datetime
        With its time zone.
    models : tuple of ModelUsed
        Empty as long as none is loaded.
    cancelled : bool
        Whether the user stopped it.
    """

    studies: Path
    settings: Settings
    runner: dict[str, Any]
    left_out: tuple[Problem, ...]
    started: datetime
    models: tuple[ModelUsed, ...] = ()
    cancelled: bool = False


def write_summary(out: Path, record: RunRecord) -> None:
    """Write ``index.html``, ``findings.csv``, ``cases.csv`` and ``run.json``.

    Parameters
    ----------
    out : Path
        The output folder.
    record : RunRecord
        Of this batch.
    """
    folders = sorted(folder for folder in out.iterdir() if is_done(folder) or is_failed(folder))
    rows = [_row(folder) for folder in folders]
    write_text(out / "index.html", render_index(rows))
    write_text(out / "findings.csv", findings_csv(rows))
    write_text(out / "cases.csv", cases_csv(rows))
    run = _run(record) | {"cases": {folder.name: _case(folder) for folder in folders}}
    write_text(out / RESULTS_MARK, json.dumps(run, indent=2) + "\n")


def _row(folder: Path) -> CaseRow:
    if is_failed(folder):
        return CaseRow(folder.name, "failed", reason=read_failure(folder).reason)
    try:
        findings = Findings.from_dict(json.loads((folder / FINDINGS).read_bytes()))
    except ValueError as error:
        return CaseRow(folder.name, "failed", reason=f"Its {FINDINGS} cannot be read: {error}")
    manifest = read_manifest(folder)
    return CaseRow(
        folder.name,
        "done",
        findings=findings,
        thumbnail=(folder / THUMBNAIL).read_bytes(),
        seconds=manifest.seconds if manifest else None,
    )


def _case(folder: Path) -> dict[str, Any]:
    if is_failed(folder):
        return {"status": "failed"} | read_failure(folder).model_dump(mode="json", exclude={"case"})
    manifest = read_manifest(folder)
    if manifest is None:
        return {"status": "done"}
    inputs = [read.model_dump(mode="json") for read in manifest.provenance.inputs]
    return {"status": "done"} | manifest.model_dump(mode="json", exclude={"provenance"}) | {"inputs": inputs}


def _run(record: RunRecord) -> dict[str, Any]:
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
        "settings": record.settings.model_dump(mode="json"),
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
