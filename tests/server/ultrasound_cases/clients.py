"""What the tests send to the server, and what they read of its answers."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image
from requests_toolbelt import MultipartDecoder

from server.conftest import Server
from ultrasound_files import sector

SHAPE = (96, 128)
CIRCLE = {"center": [60.0, 40.0], "diameter": 30.0}
HEMANGIOMA = {**CIRCLE, "class": "hemangioma"}
NAMES = {"clip", "one", "single", "two"}


def write_png(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sector(seed, SHAPE)).save(path)
    return path


def case_of(server: Server, name: str) -> dict[str, Any]:
    answer = server.get(f"/livercad/cases/{name}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def grey_of(answer: httpx.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    picture = Image.open(io.BytesIO(answer.content))
    assert (picture.format, picture.mode) == ("PNG", "L")
    return np.asarray(picture)


def infer(server: Server, model: str, case: str = "", **more: Any) -> tuple[dict[str, Any], np.ndarray | None]:
    """JSON and picture of an answer."""
    files = {"file": ("sent.png", more.pop("file"))} if "file" in more else None
    answer = server.post(f"/infer/{model}?image={case}", data={"params": json.dumps(more)}, files=files)
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"] == "application/json":
        return answer.json(), None
    told, picture = MultipartDecoder(answer.content, answer.headers["content-type"]).parts
    return json.loads(told.text), np.asarray(Image.open(io.BytesIO(picture.content)))


def draw(server: Server, case: str, **said: Any) -> httpx.Response:
    return server.post(f"/livercad/cases/{case}/circles", json=said)


def put(server: Server, name: str, file: Path, content: bytes | None = None) -> httpx.Response:
    data = {"file": (file.name, file.read_bytes() if content is None else content)}
    return server.request("PUT", "/datastore/image", params={"image": name}, files=data)


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    reason = answer.json()["detail"]
    assert "found" in reason and "expected" in reason, reason
    for word in words:
        assert word in reason, reason
