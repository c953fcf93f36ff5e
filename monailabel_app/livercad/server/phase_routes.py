"""Routes that tell the phases of a case's images: recognised by the server, or told by an annotator."""

from __future__ import annotations

from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Body, Request, Response

from livercad.server.case_routes import images_of
from livercad.server.instance import livercad_app
from livercad.server.job_work import as_job
from livercad.server.jobs import HEADER, current_progress

router = APIRouter(prefix="/livercad/cases/{case}/phases", tags=["Cases"])


@router.post("")
async def recognise(request: Request, response: Response, case: str, job: str = "") -> list[dict[str, Any]]:
    """Look at the images for their phases, unless that has been done; `job` names the job. Lists the images."""
    app = livercad_app()
    study = await anyio.to_thread.run_sync(lambda: app.datastore().study(case))

    def known() -> bool | None:
        return any(read.probabilities for read in app.datastore().memory.reads(study)) or None

    def work() -> bool:
        app.analyses.recognise(study, current_progress())
        return True

    this, _ = await as_job(request, job, "phases", case, work, known)
    response.headers[HEADER] = this.id
    return await anyio.to_thread.run_sync(lambda: images_of(app.datastore(), study))


@router.put("")
def tell(case: str, phases: Annotated[dict[str, str], Body()]) -> list[dict[str, Any]]:
    """Keep an annotator's word: phases by image name, in place of what was told before. Lists the images."""
    store = livercad_app().datastore()
    store.tell_phases(case, phases)
    return images_of(store, store.study(case))
