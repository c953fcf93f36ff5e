"""Routes to what an analysis shows: the classifier's view of a lesion, and the report."""

from __future__ import annotations

from functools import partial

import anyio.to_thread
import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from livercad.reports.case_page import render_case
from livercad.reports.ultrasound_page import render_ultrasound_case
from livercad.server.errors import UnknownNameError
from livercad.server.image_routes import npz
from livercad.server.instance import livercad_app
from livercad.server.job_work import analysis_of, flat_report_of
from livercad.server.jobs import HEADER
from livercad.server.results import Result

router = APIRouter(prefix="/livercad/cases/{case}", tags=["Cases"])


@router.get("/views/{number}")
async def download_view(request: Request, case: str, number: int, job: str = "") -> Response:
    """Download what the classifier saw of a lesion, and what spoke for its class; analyses the case if need be."""
    this, result = await analysis_of(request, case, job)
    answer = _view(result, case, number)
    answer.headers[HEADER] = this.id
    return answer


@router.get("/report", response_class=HTMLResponse)
async def show_report(request: Request, case: str, model: str = "", job: str = "") -> HTMLResponse:
    """Show the report of a case, as ``livercad analyze`` writes it; analyses the case if need be.

    `model` says who is asked about a case of ultrasound: by default who was asked last, else the default model.
    """
    is_ultrasound = await anyio.to_thread.run_sync(_is_ultrasound, case)
    if model or is_ultrasound:
        this, report = await flat_report_of(request, case, model, job)
        text = await anyio.to_thread.run_sync(render_ultrasound_case, report)
    else:
        this, result = await analysis_of(request, case, job)
        text = await anyio.to_thread.run_sync(partial(_report, case, result))
    return HTMLResponse(text, headers={HEADER: this.id})


def _is_ultrasound(case: str) -> bool:
    return case in livercad_app().datastore().catalogue.ultrasound


def _report(case: str, result: Result) -> str:
    return render_case(result.with_originals(livercad_app().datastore().study(case)))


def _view(result: Result, case: str, number: int) -> Response:
    view = result.analysis.views.get(number)
    if view is None:
        known = ", ".join(map(str, sorted(result.analysis.views))) or "none: the lesions were not classified"
        raise UnknownNameError(
            f"lesion {number} of case {case!r}",
            found="nothing that the classifier has seen",
            expected=f"one of {known}",
            todo="The findings list the lesions.",
        )
    phases = list(view.crops)
    return npz(
        phases=np.array([phase.value for phase in phases]),
        crops=np.stack([view.crops[phase] for phase in phases]),
        saliency=np.stack([view.saliency[phase] for phase in phases]),
        side_mm=np.array(view.side_mm),
        center=np.array(view.center),
    )
