"""``POST /infer/{model}``: MONAI Label's route with a queue, a job, and no path from outside."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, BackgroundTasks, File, Form, Request, UploadFile
from fastapi.responses import JSONResponse, Response
from monailabel.endpoints.infer import ResultType, send_response

from livercad.errors import InputError
from livercad.server.errors import ConflictError, UnknownNameError
from livercad.server.forms import check_fields, receive
from livercad.server.instance import livercad_app
from livercad.server.jobs import HEADER
from livercad.server.modalities import Source, reader_of_sent, source_of
from livercad.server.sent import called_as_sent, told_as_sent
from livercad.server.sent_json import parse_json

router = APIRouter(tags=["Infer"])

FIELDS = ("params", "file", "label")


@router.post("/infer/{model}")
async def infer(
    request: Request,
    background: BackgroundTasks,
    model: str,
    image: str = "",
    session_id: str = "",
    params: Annotated[str, Form()] = "{}",
    file: Annotated[UploadFile | None, File()] = None,
    label: Annotated[UploadFile | None, File()] = None,
    output: ResultType | None = None,
    job: str = "",
) -> Response:
    """Run an infer task on a case, on an image sent along (`file`), or on a session's.

    `params` is a JSON object; `save_label` and `label_tag` in it keep the result of a case. `label` is a label map for
    tasks that ask for lesions. `output` is `image`, `json` or `all`. `job` names the job (see `livercad.server.jobs`).
    """
    livercad_app().check_task("model", model)
    await check_fields(request, FIELDS)
    if output == ResultType.dicom_seg:
        raise _bad_request("output=dicom_seg", "an output that this server does not make", "image, json or all")
    wishes = _read_params(params)
    folder = Path(tempfile.mkdtemp(prefix="infer-"))  # what was sent, and the result until it has been answered
    try:
        place = await anyio.to_thread.run_sync(partial(_place_of_sent, folder, session_id, file))
        source = await anyio.to_thread.run_sync(partial(_find_source, model, place, image))
        sent = await anyio.to_thread.run_sync(partial(receive, label, folder / "label")) if label else None
        this = request.app.state.jobs.add(job, model, source if isinstance(source, str) else source.case)
        with this.followed():
            asked = {**wishes, "model": model, "image": source, "folder": folder, "label": sent}
            work = partial(_infer, asked, place, output, background)
            answer: Response = await request.app.state.turns.run(this, work)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    background.add_task(shutil.rmtree, folder, ignore_errors=True)
    answer.headers[HEADER] = this.id
    answer.background = background  # FastAPI adds them by itself only to responses that it makes
    return answer


def _infer(
    request: dict[str, Any], place: Path | None, output: ResultType | None, background: BackgroundTasks
) -> Response:
    app = livercad_app()
    names = {place: ""} if place else {}
    with called_as_sent(names):
        result = app.infer(request)
    result = {**result, "params": told_as_sent(result["params"], names)}
    if output == ResultType.image and not result["file"]:
        raise ConflictError(
            f"the answer of {request['model']}",
            found="no image in it: the model needs a circle, and no lesion is marked",
            expected="a lesion that is marked, or output=json",
            todo="Send circles, or draw them first.",
        )
    answer = send_response(app.datastore(), result, output, background)
    return answer if isinstance(answer, Response) else JSONResponse(answer)


def _read_params(text: str) -> dict[str, Any]:
    wishes = parse_json(text or "{}", "params")
    if not isinstance(wishes, dict):
        raise _bad_request("params", f"{type(wishes).__name__}", "a JSON object")
    return wishes


def _place_of_sent(folder: Path, session_id: str, file: UploadFile | None) -> Path | None:
    """The folder with what was sent, now or into a session; None where nothing was."""
    if file:
        return receive(file, folder / "sent").parent
    if not session_id:
        return None
    session = livercad_app().sessions().get_session(session_id)
    if session is None:
        raise UnknownNameError(
            f"session {session_id!r}",
            found="no such session",
            expected="one that was made here and has not expired",
            todo="PUT /session/ makes one.",
        )
    path = Path(session.image)
    return path if path.is_dir() else path.parent


def _find_source(model: str, place: Path | None, image: str) -> str | Source:
    """Return a case's name, or the study or images that were sent."""
    app = livercad_app()
    task = app.infer_task(model)
    if place:
        with called_as_sent({place: ""}):
            return reader_of_sent(task)(place)
    if not image:
        raise _bad_request("the request", "no image, no file and no session_id", "one of them")
    source_of(task, image, app.datastore())
    return image


def _bad_request(thing: str, found: str, expected: str) -> InputError:
    return InputError(thing, found=found, expected=expected, todo="Mend the request.")
