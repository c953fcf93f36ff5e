"""Routes to the versions of a label."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse

from livercad.server.errors import UnknownNameError
from livercad.server.instance import livercad_app

router = APIRouter(prefix="/livercad/labels", tags=["Labels"])


@router.get("/{case}/{tag}")
def list_versions(case: str, tag: str) -> list[dict[str, Any]]:
    """List every version of a case's label, the oldest first, with what was saved with it."""
    return [
        {"version": version.number, "is_current": version.is_current, "file": version.file.name, "info": version.info}
        for version in livercad_app().datastore().label_versions(case, tag)
    ]


@router.get("/{case}/{tag}/{number}")
def download_version(case: str, tag: str, number: int) -> FileResponse:
    """Download one version of a case's label."""
    versions = {version.number: version for version in livercad_app().datastore().label_versions(case, tag)}
    if number not in versions:
        raise UnknownNameError(
            f"version {number} of label {tag!r} of case {case!r}",
            found="no such version",
            expected=f"one of {sorted(versions)}",
            todo=f"GET /livercad/labels/{case}/{tag} lists them.",
        )
    file = versions[number].file
    return FileResponse(file, filename=file.name)
