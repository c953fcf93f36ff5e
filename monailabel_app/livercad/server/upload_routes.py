"""``POST /livercad/cases``: a new case of several phases."""

from __future__ import annotations

import tempfile
from pathlib import Path

import anyio.to_thread
from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.datastructures import UploadFile as SentFile

from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.server.forms import form_of, receive, text_of
from livercad.server.instance import livercad_app
from livercad.server.names import LONGEST
from livercad.server.sent_json import parse_json

router = APIRouter(prefix="/livercad/cases", tags=["Cases"])


@router.post("")
async def add_case(request: Request) -> dict[str, str]:
    """Make a new case: form fields `case`, `phases` (JSON, by file name, null for unknown) and `files`, all or none."""
    form = await form_of(request)
    return {"case": await anyio.to_thread.run_sync(_add, form)}


def _add(form: FormData) -> str:
    case = text_of(form, "case")
    phases = _read_phases(text_of(form, "phases", "{}"))
    with tempfile.TemporaryDirectory(prefix="upload-") as sent:
        files = [
            receive(file, Path(sent, str(number)))
            for number, file in enumerate(form.getlist("files"))
            if isinstance(file, SentFile)
        ]
        names = {file.name for file in files}
        if not files or phases.keys() - names:
            raise _error("files", ", ".join(sorted(names)) or "none", f"{', '.join(phases) or 'at least one'}")
        livercad_app().datastore().add_case(case, files, phases)
    return case


def _read_phases(text: str) -> dict[str, Phase | None]:
    phases = parse_json(text, "phases")
    known = (None, *Phase)
    if not isinstance(phases, dict) or not all(phase in known for phase in phases.values()):
        raise _error("phases", text[:LONGEST], f"phases by file name: {', '.join(Phase)} or null")
    return {name: Phase(phase) if phase else None for name, phase in phases.items()}


def _error(field: str, found: str, expected: str) -> InputError:
    return InputError(f"the field {field!r}", found=found, expected=expected, todo="Mend the request.")
