"""Forms with files, sent without holding them in memory, and the server's answers of several parts."""

import email.message
import email.parser
import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from LiverCADLib.tasks import Task

Files = Sequence[tuple[str, str | Path]]
"""Name of the field and file, as often as there are files."""


class MultipartForm:
    """The body of a POST or PUT request, read by `requests` piece by piece.

    Parameters
    ----------
    fields : mapping of str to str
        Plain fields.
    files : sequence of (field, path)
        Files; each is sent under its own name.
    task : Task
        Learns how much has been sent; a cancel ends the request.
    text : str
        What it is told.
    """

    def __init__(self, fields: Mapping[str, str], files: Files, task: Task, text: str) -> None:
        self._boundary = uuid.uuid4().hex
        self._task, self._text = task, text
        self._pieces: list[bytes | Path] = []
        for name, value in fields.items():
            self._pieces.append(self._head(name) + b"\r\n" + value.encode() + b"\r\n")
        for name, path in files:
            self._pieces += [
                self._head(name, Path(path).name) + b"Content-Type: application/octet-stream\r\n\r\n",
                Path(path),
                b"\r\n",
            ]
        self._pieces.append(f"--{self._boundary}--\r\n".encode())
        self._length = sum(len(p) if isinstance(p, bytes) else p.stat().st_size for p in self._pieces)
        self._sent = 0
        self._next = 0
        self._open: BinaryIO | None = None
        self._bytes = b""

    @property
    def contentType(self) -> str:
        """The header Content-Type."""
        return f"multipart/form-data; boundary={self._boundary}"

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""
        self._task.report(self._sent / self._length, self._text)
        wanted = size if size >= 0 else self._length
        found = b""
        while not found and self._advance():
            if self._open:
                found = self._open.read(wanted)
                if not found:
                    self._open.close()
                    self._open = None
            else:
                found, self._bytes = self._bytes[:wanted], self._bytes[wanted:]
        self._sent += len(found)
        return found

    def close(self) -> None:
        """Close the file that is being sent; after a request that broke."""
        if self._open:
            self._open.close()

    def _advance(self) -> bool:
        if self._open or self._bytes:
            return True
        if self._next == len(self._pieces):
            return False
        piece = self._pieces[self._next]
        self._next += 1
        if isinstance(piece, bytes):
            self._bytes = piece
        else:
            self._open = piece.open("rb")
        return True

    def _head(self, name: str, fileName: str = "") -> bytes:
        escaped = fileName.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")  # as browsers do
        file = f'; filename="{escaped}"' if fileName else ""
        return f'--{self._boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n'.encode()


def partsOf(contentType: str, body: bytes) -> tuple[dict[str, Any], bytes | None, str]:
    """Take an answer of MONAI Label's `/infer` apart.

    Parameters
    ----------
    contentType : str
        Header of the answer: JSON, or a form with the parts `params` and `image`.
    body : bytes
        The answer.

    Returns
    -------
    params : dict
        The JSON part.
    image : bytes or None
        The file; None where there is none.
    name : str
        The file's name; empty where there is none.

    Raises
    ------
    ValueError
        If the answer is neither.
    """
    kind = _message(f"Content-Type: {contentType}".encode())
    if kind.get_content_type() == "application/json":
        return json.loads(body), None, ""
    boundary = kind.get_param("boundary")
    if not isinstance(boundary, str):
        raise ValueError(f"An answer of the type {contentType!r} was not expected.")
    params, image, name = {}, None, ""
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:]:
        head, separator, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not separator:
            continue  # what follows the last boundary
        disposition = _message(head)
        if disposition.get_param("name", header="content-disposition") == "params":
            params = json.loads(content)
        elif disposition.get_filename():
            image, name = content, Path(disposition.get_filename() or "").name
    return params, image, name


def _message(head: bytes) -> email.message.Message:
    return email.parser.BytesParser().parsebytes(head + b"\r\n\r\n", headersonly=True)
