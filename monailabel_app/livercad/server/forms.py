"""Multipart requests: their texts, and their files in a folder of the server's own."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from fastapi import Request, UploadFile
from starlette.datastructures import FormData
from starlette.datastructures import UploadFile as SentFile

from livercad.errors import InputError
from livercad.server.names import LONGEST

LONGEST_TEXT = 64 << 20
"""Bytes; an annotation with 200 lesions has some 3 million."""
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
SHOWN = 80
"""Characters of what was found."""


async def form_of(request: Request) -> FormData:
    """Receive the form that a request brings.

    Parameters
    ----------
    request : Request
        With a multipart body.

    Returns
    -------
    FormData
        Its files lie on disk.
    """
    return await request.form(max_part_size=LONGEST_TEXT)


async def check_fields(request: Request, known: Collection[str]) -> None:
    """Refuse a body whose content nobody would look at: no form, or a form with other fields.

    Parameters
    ----------
    request : Request
        With or without a body.
    known : collection of str
        The fields that are looked at.

    Raises
    ------
    InputError
        If there is anything else.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = await request.form() if kind in FORMS else FormData()
    unknown = [name for name in form if name not in known]
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if unknown or (has_body and kind not in FORMS):
        raise InputError(
            "the request's body",
            found=f"a field {unknown[0][:SHOWN]!r}" if unknown else f"Content-Type {kind[:SHOWN] or '(none)'}",
            expected=f"a form with no fields but {', '.join(known)}",
            todo="Send params as a field with JSON in it: curl --form 'params={…}'.",
        )


def text_of(form: FormData, name: str, default: str | None = None) -> str:
    """A text of a form, sent as a field or as a file. Blocks.

    Parameters
    ----------
    form : FormData
        The form.
    name : str
        The field's name.
    default : str, optional
        Instead of a missing one.

    Returns
    -------
    str
        The text.

    Raises
    ------
    InputError
        If it is missing, or no UTF-8.
    """
    found = form.get(name, default)
    if found is None:
        raise _missing(name, "a text")
    try:
        return found if isinstance(found, str) else found.file.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(name, found=str(error), expected="text in UTF-8", todo="Mend the request.") from error


def file_of(form: FormData, name: str, folder: Path) -> Path:
    """Copy a file of a form into a folder. Blocks.

    Parameters
    ----------
    form : FormData
        The form.
    name : str
        The field's name.
    folder : Path
        Is made.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If it is missing.
    """
    found = form.get(name)
    if not isinstance(found, SentFile):
        raise _missing(name, "a file")
    return receive(found, folder)


def receive(file: UploadFile | SentFile, folder: Path) -> Path:
    """Copy a file that was sent into a folder. Blocks.

    Parameters
    ----------
    file : UploadFile
        The file.
    folder : Path
        Is made.

    Returns
    -------
    Path
        The file, under its own name.
    """
    folder.mkdir(parents=True)
    path = folder / plain_name(file.filename)
    with path.open("wb") as stream:
        shutil.copyfileobj(file.file, stream)
    return path


def plain_name(name: str | None) -> str:
    """The last part of a file's name: clients may send their own path."""
    return PurePosixPath((name or "").replace("\\", "/")).name.lstrip(".")[-LONGEST:] or "image.nii.gz"


def _missing(name: str, expected: str) -> InputError:
    return InputError(f"the field {name!r}", found="nothing", expected=f"{expected} in the form", todo="Send it along.")
