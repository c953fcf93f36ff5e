"""Routes for what annotators submit."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse
from starlette.datastructures import FormData

from livercad.errors import InputError
from livercad.server import submissions
from livercad.server.errors import UnknownNameError
from livercad.server.forms import file_of, form_of, text_of
from livercad.server.instance import livercad_app
from livercad.server.submission_checks import read_annotation
from livercad.server.submissions import Submission

router = APIRouter(prefix="/livercad/cases/{case}/submission", tags=["Cases"])

Version = Annotated[int | None, Query(ge=1)]
TRUE, FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no", ""})


@router.put("")
async def submit(request: Request, case: str, based_on: int = 0, force: bool = False) -> dict[str, Any]:
    """Save a new version of a case: form fields `annotation`, `label`, `instances`, `rejected`, `based_on`, `force`.

    The last three may be left out. The same once more, as after an answer that was lost, is the same version.
    """
    form = await form_of(request)
    saved = await anyio.to_thread.run_sync(_submit, case, form, based_on, force)
    return {"version": saved.version, "submitted": saved.submitted}


@router.get("")
def show(case: str, version: Version = None) -> dict[str, Any]:
    """Show what was submitted; `annotation` is null for a label that a stock client has sent."""
    found = _find(case, version)
    return {"version": found.version, "submitted": found.submitted, "annotation": found.annotation}


@router.get("/label")
def download_label(case: str, version: Version = None) -> FileResponse:
    """Download the label map."""
    return _download(_find(case, version).label, case)


@router.get("/instances")
def download_instances(case: str, version: Version = None) -> FileResponse:
    """Download the map of lesions."""
    found = _find(case, version)
    if found.instances is None:
        raise UnknownNameError(
            f"lesions of submission {found.version} of case {case!r}",
            found="a label map only, as other clients send it",
            expected="a submission of the LiverCAD module",
            todo="Take the label map: 2 is lesion.",
        )
    return _download(found.instances, case)


@router.get("/rejected")
def download_rejected(case: str, version: Version = None) -> FileResponse:
    """Download the map of rejected lesions."""
    found = _find(case, version)
    if found.rejected is None:
        raise UnknownNameError(
            f"rejected lesions of submission {found.version} of case {case!r}",
            found="no map of them",
            expected="a submission that has one",
            todo="The annotation tells which lesions are rejected.",
        )
    return _download(found.rejected, case)


def _submit(case: str, form: FormData, based_on: int, force: bool) -> Submission:
    store = livercad_app().datastore()
    store.study(case)
    with tempfile.TemporaryDirectory(prefix="submission-") as sent:
        return submissions.submit(
            store,
            read_annotation(text_of(form, "annotation"), case),
            file_of(form, "label", Path(sent, "label")),
            file_of(form, "instances", Path(sent, "instances")),
            based_on=_number(text_of(form, "based_on", str(based_on))),
            rejected=file_of(form, "rejected", Path(sent, "rejected")) if "rejected" in form else None,
            force=force or _truth(text_of(form, "force", "")),
        )


def _find(case: str, version: int | None) -> Submission:
    return submissions.find(livercad_app().datastore(), case, version)


def _download(file: Path, case: str) -> FileResponse:
    return FileResponse(file, filename=f"{case}{''.join(file.suffixes[-2:]) if file.suffix == '.gz' else file.suffix}")


def _number(text: str) -> int:
    if not text.isdecimal():
        raise InputError("based_on", found=repr(text), expected="a version's number, or 0", todo="Mend the request.")
    return int(text)


def _truth(text: str) -> bool:
    if text.lower() not in TRUE | FALSE:
        raise InputError("force", found=repr(text), expected="true or false", todo="Mend the request.")
    return text.lower() in TRUE
