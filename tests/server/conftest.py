"""Server processes of the tests' own, on free ports of this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
START_S = 90


@dataclass
class Server:
    """A running server.

    `folder` holds ``studies``, ``app`` and ``tmp``, its folder for temporary files; `log` is what it printed.
    """

    folder: Path
    process: subprocess.Popen
    port: int
    log: Path
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def studies(self) -> Path:
        return self.folder / "studies"

    def request(self, method: str, path: str, extra: dict[str, str] | None = None, **kwargs) -> httpx.Response:
        """Send a request; `extra` are headers."""
        return httpx.request(method, self.url + path, headers={**self.headers, **(extra or {})}, timeout=60, **kwargs)

    def get(self, path: str, **kwargs) -> httpx.Response:
        return self.request("GET", path, **kwargs)

    def post(self, path: str, **kwargs) -> httpx.Response:
        return self.request("POST", path, **kwargs)

    def wait(self) -> None:
        for _ in range(START_S * 10):
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(self.url + "/livercad/health", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise RuntimeError(f"The server did not start:\n{self.log.read_text()}")


class Servers:
    """Starts servers, and ends them together."""

    def __init__(self) -> None:
        self.started: list[Server] = []

    def start(
        self, folder: Path, command: str = "livercad", *options: str, app: Path | None = None, **environment: str
    ) -> Server:
        """Start ``livercad serve`` or ``monailabel start_server`` on ``folder/studies``; the fake app by default."""
        for name in ("studies", "tmp"):
            (folder / name).mkdir(exist_ok=True, parents=True)
        if app is None:
            app = shutil.copytree(Path(__file__).parent / "fake_app", folder / "app", dirs_exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        common = ["--app", str(app), "--port", str(port)]
        commands = {
            "livercad": ["livercad", "serve", str(folder / "studies"), *common],
            "monailabel": ["monailabel.main", "start_server", "--studies", str(folder / "studies"), *common],
        }
        paths = os.pathsep.join([str(ROOT / "monailabel_app"), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
        log = folder / "log.txt"
        with log.open("w") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", *commands[command], *options],
                stdout=stream,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": paths, "TMPDIR": str(folder / "tmp"), **environment},
            )
        server = Server(folder, process, port, log)
        self.started.append(server)
        return server

    def end(self) -> None:
        for server in self.started:
            server.process.terminate()
        for server in self.started:
            try:
                server.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.process.kill()


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Start more servers; they end with the file's tests, since a dozen at once would not fit into the memory."""
    started = Servers()
    yield started
    started.end()
