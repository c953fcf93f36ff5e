"""The web application that clients talk to.

It offers MONAI Label's REST interface, so that stock clients work, with what that lacks: `Guard` before everything;
every route in a worker thread, so that ``/info/`` answers while an inference runs; a limit on parallel inferences
(``--app-conf parallel=N``, 1 by default; further requests wait in the order they came); jobs with progress and
cancelling (`livercad.server.jobs`); reasons instead of bare 500s; the versions of labels.

Two ways lead here. ``livercad serve`` runs `app` (so does ``monailabel start_server --uvicorn_app
livercad.server.outer:app``). Plain ``monailabel start_server`` runs MONAI Label's application, which `take_over`
turns into this one when the app has been made. What MONAI Label has beyond (whole-slide images, OHIF, the DICOMweb
proxy, exchange of model files) is not offered.

One process serves: jobs and models live in it, so uvicorn's ``--workers`` has to stay 1.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import RedirectResponse
from monailabel.config import settings as monailabel_settings

from livercad import __version__
from livercad.server import environment, housekeeping

environment.prepare()  # before MONAI Label's routes are imported, which look at its settings then

from monailabel.endpoints import datastore, info, scoring, session  # noqa: E402

from livercad.server import (  # noqa: E402
    agreement_routes,
    analysis_routes,
    batch_routes,
    case_routes,
    circle_routes,
    errors,
    image_routes,
    infer_routes,
    label_routes,
    log_routes,
    login,
    model_routes,
    overview_routes,
    phase_routes,
    progress_routes,
    reservation_routes,
    sampling_routes,
    submission_routes,
    training_routes,
    upload_routes,
)
from livercad.server.guard import HEALTH, Guard  # noqa: E402
from livercad.server.instance import check_names, expected_token, livercad_app  # noqa: E402
from livercad.server.jobs import HEADER, Jobs  # noqa: E402
from livercad.server.threads import add_in_threads  # noqa: E402
from livercad.server.turns import Turns  # noqa: E402

MONAI_LABEL_ROUTES = (info, scoring, datastore, session)
OUR_ROUTES = (
    infer_routes,
    batch_routes,
    progress_routes,
    label_routes,
    log_routes,
    login,
    overview_routes,
    case_routes,
    circle_routes,
    agreement_routes,
    upload_routes,
    image_routes,
    phase_routes,
    analysis_routes,
    submission_routes,
    sampling_routes,
    reservation_routes,
    model_routes,
    training_routes,
)
API = 1
"""Counts up when clients of the routes under ``/livercad`` must change."""


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    instance = livercad_app()
    instance.server_mode(True)
    instance.on_init_complete()
    yield
    instance.trainer.close()
    housekeeping.clean_up()


def build() -> FastAPI:
    """Make the application.

    Returns
    -------
    FastAPI
        Its `state` holds `jobs`, `batches` and `turns`.
    """
    app = FastAPI(title="LiverCAD", version=__version__, docs_url=None, redoc_url=None, lifespan=_lifespan)
    app.state.jobs, app.state.batches = Jobs(), []
    app.state.turns = Turns(lambda: livercad_app().options.parallel)
    origins = frozenset(str(origin).rstrip("/") for origin in monailabel_settings.MONAI_LABEL_CORS_ORIGINS)
    app.add_middleware(Guard, token=expected_token, origins=origins)
    if origins:  # outside of the guard: a browser's preflight request carries no token
        everything = ["*"]
        app.add_middleware(
            CORSMiddleware,
            allow_origins=sorted(origins),
            allow_methods=everything,
            allow_headers=everything,
            expose_headers=[HEADER],
        )
    errors.register(app)
    for ours in OUR_ROUTES:
        app.include_router(ours.router)
    for theirs in MONAI_LABEL_ROUTES:
        add_in_threads(app, theirs.router, check_names)
    app.add_api_route(HEALTH, _health, methods=["GET"], tags=["App"])
    app.add_api_route("/", _root, methods=["GET"], include_in_schema=False)
    return app


def take_over(monailabel_app: FastAPI) -> FastAPI:
    """Answer the requests that come to MONAI Label's own application with `app`.

    Parameters
    ----------
    monailabel_app : FastAPI
        ``monailabel.app.app``, started; its middleware can no longer be added to, but it can be replaced.

    Returns
    -------
    FastAPI
        `app`.
    """
    monailabel_app.middleware_stack = app
    return app


async def _health() -> dict[str, Any]:
    """Tell that the server is there, and what it is; the one route that never asks for a token."""
    needs_token = expected_token() is not None
    return {"status": "ok", "app": "LiverCAD", "version": __version__, "api": API, "needs_token": needs_token}


async def _root() -> RedirectResponse:
    return RedirectResponse("/info/")


app = build()
