"""A real LiverCAD server in a process of its own, in the server's own environment, on phases of synthetic abdomens."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(os.environ.get("LIVERCAD_PYTHON", ROOT / ".venv" / "bin" / "python"))
TOKEN = "a-token-of-the-tests"
START_S = 300
"""Seconds, on a computer that is busy with other things, too."""

WRITE_STUDIES = """
import sys
from pathlib import Path
from fakes import synthetic_abdomen
from livercad.core.phases import Phase
from livercad.studies.nifti import write_volume
from server.abdomens import write_slow
folder = Path(sys.argv[1])
for seed, case in enumerate(("case1", "case2", "case3", "of_the_client")):
    for phase in (Phase.UNENHANCED, Phase.ARTERIAL, Phase.PORTAL):
        write_volume(synthetic_abdomen(seed, phase=phase), folder / case / f"{phase.value}.nii.gz")
for name, phase in (("first", Phase.ARTERIAL), ("second", Phase.DELAYED)):
    write_volume(synthetic_abdomen(7, phase=phase), folder / "nameless" / f"{name}.nii.gz")
write_slow(folder, "slow", 8)
"""
COPY = """
import shutil, sys
from pathlib import Path
for name, source in {files!r}.items():
    target = Path(sys.argv[1]) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
"""
FAKE_APP = ROOT / "tests" / "server" / "fake_app"


def copying(files: Mapping[str, Path]) -> str:
    """What to give a server as `write_studies`, for studies that are there: files by their names in its folder."""
    return COPY.format(files={name: str(path) for name, path in files.items()})


class RealServer:
    """``livercad serve``; with the fake app of the server's tests all but the networks is real."""

    def __init__(
        self, folder: Path, write_studies: str = WRITE_STUDIES, app: Path | None = FAKE_APP, **conf: str
    ) -> None:
        self.folder = folder
        self.token = TOKEN
        # Real networks would score cases between the tests' requests, and take the processor from them.
        self._conf = {"scoring": "false", **conf}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.studies = folder / "studies"
        (folder / "tmp").mkdir(parents=True)
        paths = [ROOT / "monailabel_app", ROOT / "tests"]
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("QT_", "PYTHON"))},
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "TMPDIR": str(folder / "tmp"),
            "LIVERCAD_TOKEN": TOKEN,
        }
        self._run("-c", write_studies, str(self.studies))
        self._app = [] if app is None else ["--app", shutil.copytree(app, folder / "app")]
        self.start()

    def _run(self, *arguments: str) -> None:
        subprocess.run([PYTHON, *arguments], env=self._environment, check=True, cwd=self.folder)

    def start(self) -> None:
        """Start, also after `kill`, on the same port; return when it answers."""
        conf = [part for name, value in self._conf.items() for part in ("--app-conf", f"{name}={value}")]
        command = [PYTHON, "-m", "livercad", "serve", self.studies, *self._app, *conf]
        with (self.folder / "log.txt").open("a") as log:
            self.process = subprocess.Popen(
                [*map(str, command), "--port", str(self.port)],
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
            )
        end = time.monotonic() + START_S
        while self.process.poll() is None and time.monotonic() < end:
            try:
                if requests.get(f"{self.address}/livercad/health", timeout=5).ok:
                    return
            except requests.RequestException:
                time.sleep(0.1)
        raise RuntimeError(f"The server did not start:\n{(self.folder / 'log.txt').read_text()}")

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


@pytest.fixture(scope="session")
def real_server(tmp_path_factory) -> Iterator[RealServer]:
    """The server, with cases that tests share; each may submit only to one of its own."""
    if not PYTHON.exists():
        pytest.skip(f"The server's environment is not there: {PYTHON}")
    server = RealServer(tmp_path_factory.mktemp("server"))
    yield server
    server.close()
