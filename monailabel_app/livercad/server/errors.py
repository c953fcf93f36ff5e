"""What went wrong, as an HTTP status and a JSON body ``{"detail": reason}``."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from monailabel.interfaces.exception import ImageNotFoundException, LabelNotFoundException, MONAILabelException

from livercad.errors import Cancelled, ImageContentError, InputError, LiverCADError, ModelError

logger = logging.getLogger(__name__)


class UnknownNameError(LiverCADError):
    """A model, case, strategy, label or job that is not there."""


class ConflictError(LiverCADError):
    """What is asked for does not go with what is there."""


STATUS: tuple[tuple[type[Exception], int], ...] = (
    (UnknownNameError, 404),
    (ConflictError, 409),
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
    """What to tell a person about an error."""
    if isinstance(error, Cancelled):
        return str(error) or "The job was cancelled."
    if isinstance(error, json.JSONDecodeError):
        return f"The parameters are no valid JSON: {error}."
    if isinstance(error, MONAILabelException):
        return str(error.msg)
    if isinstance(error, LiverCADError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _handler(status: int) -> Callable[[Request, Exception], JSONResponse]:
    def answer(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": reason_of(error)}, status)

    return answer


def _unfit(request: Request, error: Exception) -> JSONResponse:
    # FastAPI's own answer has a list where all others have a sentence.
    found = error.errors() if isinstance(error, RequestValidationError) else []
    reasons = (f"{' '.join(map(str, each['loc']))}: {each['msg']}" for each in found)
    return JSONResponse({"detail": f"The request does not fit: {'; '.join(reasons)}."}, 422)


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # Starlette raises the error again after this answer, so the traceback is in the log.
    return JSONResponse({"detail": f"A defect of the server's ({reason_of(error)}); see its log."}, 500)
