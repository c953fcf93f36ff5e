"""``GET /livercad/``: a page for who watches over labelling and learning."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from livercad.server.guard import PAGE
from livercad.server.instance import livercad_app
from livercad.server.overview import render_overview

router = APIRouter(tags=["App"])

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
"""It names cases and people, and needs nothing from anywhere."""


@router.get(PAGE, response_class=HTMLResponse)
def show_page(request: Request) -> HTMLResponse:
    """Show cases, annotators, jobs, models, errors and the newest records. A browser may send the token as password."""
    return HTMLResponse(render_overview(livercad_app(), request.app.state.jobs.all()), headers=HEADERS)
