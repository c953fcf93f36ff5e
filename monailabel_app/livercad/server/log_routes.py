"""``GET /logs/``: the end of the server's log, as plain text.

MONAI Label's own page loads scripts from the internet, and its ``/logs/gpu`` fails where there is no GPU.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse
from monailabel.config import settings as monailabel_settings

from livercad.server.errors import UnknownNameError

router = APIRouter(prefix="/logs", tags=["App"])


@router.get("/", response_class=PlainTextResponse)
def show_log(lines: Annotated[int, Query(ge=1)] = 300) -> str:
    """Show the last lines of the log."""
    file = Path(monailabel_settings.MONAI_LABEL_APP_DIR) / "logs" / "app.log"
    if not file.is_file():
        raise UnknownNameError(
            "the log", found="no log file", expected="one in the app folder", todo="See what the server prints."
        )
    with file.open(encoding="utf-8", errors="replace") as stream:
        return "".join(deque(stream, lines))
