"""Multipart requests: their texts, and their files in a folder of the server's own."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

from fastapi import Request, UploadFile
from starlette.datastructures import FormData
from starlette.datastructures import UploadFile as SentFile

from livercad.errors import InputError
from livercad.server.names import LONGEST

LONGEST_TEXT = 64 << 20
"""Bytes; an annotation with 200 lesions has some 3 million."""


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
