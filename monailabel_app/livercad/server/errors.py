"""What went wrong, as an HTTP status and a JSON body ``{"detail": reason}``."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from errno import ENOMEM

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from monailabel.interfaces.exception import ImageNotFoundException, LabelNotFoundException, MONAILabelException

from livercad.errors import Cancelled, ImageContentError, InputError, LiverCADError, ModelError
from livercad.models.champions import ChampionChangedError

logger = logging.getLogger(__name__)

OUT_OF_MEMORY = re.compile("out of memory|can't allocate|failed to allocate|alloc_failed|bad_alloc", re.IGNORECASE)
"""What torch and OpenVINO say, whose errors have no class of their own."""


class UnknownNameError(LiverCADError):
    """A model, case, strategy, label or job that is not there."""


class OtherModalityError(UnknownNameError):
    """A case of ultrasound images where one of CT is asked for, or the other way round."""


class ConflictError(LiverCADError):
    """What is asked for does not go with what is there."""


STATUS: tuple[tuple[type[Exception], int], ...] = (
    (OtherModalityError, 409),
    (UnknownNameError, 404),
    (ConflictError, 409),
    (ChampionChangedError, 409),
    (ModelError, 503),
    (ImageContentError, 422),
    (InputError, 400),
    (LiverCADError, 400),
    (Cancelled, 409),
    (ImageNotFoundException, 404),
    (LabelNotFoundException, 404),
    (MONAILabelException, 400),
    (json.JSONDecodeError, 400),
)
"""The first class that fits gives the status."""


def register(app: FastAPI) -> None:
    """Answer every error of `STATUS` with its status, and any other with 500, always with a reason.

    Parameters
    ----------
    app : FastAPI
        The application whose handlers are set.
    """
    for kind, status in STATUS:
        app.add_exception_handler(kind, _handler(status))
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(Exception, _unexpected)


def reason_of(error: BaseException) -> str:
    """What to tell a person about an error, in characters that UTF-8 has."""
    return _plain_reason(error).encode("utf-8", "backslashreplace").decode()


def _plain_reason(error: BaseException) -> str:
    if isinstance(error, Cancelled):
        return str(error) or "The job was cancelled."
    if isinstance(error, json.JSONDecodeError):
        return f"The parameters are no valid JSON: {error}."
    if isinstance(error, MONAILabelException):
        return str(error.msg)
    if isinstance(error, LiverCADError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def is_lack_of_memory(error: BaseException | None) -> bool:
    """Whether memory has run out, a processor's or a GPU's, which may be otherwise the next time."""
    while error is not None:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == ENOMEM):
            return True
        if isinstance(error, RuntimeError) and OUT_OF_MEMORY.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def _handler(status: int) -> Callable[[Request, Exception], JSONResponse]:
    def answer(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": reason_of(error)}, status)

    return answer


def _unfit(request: Request, error: Exception) -> JSONResponse:
    # FastAPI's own answer has a list where all others have a sentence.
    found = error.errors() if isinstance(error, RequestValidationError) else []
    reasons = [f"{' '.join(map(str, each['loc']))}: {each['msg']}" for each in found]
    kind = request.headers.get("content-type", "")
    if any(each["type"] == "dict_type" and each["loc"] == ("body",) for each in found) and "json" not in kind:
        reasons = [f"its Content-Type is {kind or '(none)'}, where application/json with a JSON object was expected"]
    return JSONResponse({"detail": f"The request does not fit: {'; '.join(reasons)}."}, 422)


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # Starlette raises the error again after this answer, so the traceback is in the log.
    return JSONResponse({"detail": f"A defect of the server's ({reason_of(error)}); see its log."}, 500)
