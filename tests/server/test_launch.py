"""What is wrong with a call of ``livercad serve`` is said before anything is loaded."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from livercad.errors import InputError
from livercad.server import sole
from livercad.server.bookkeeping import Bookkeeping
from livercad.server.datastore import StudyDatastore
from livercad.server.launch import launch
from livercad.server.options import read_options


def serve(
    studies: Path,
    host: str = "127.0.0.1",
    port: int = 1,
    app: Path | None = None,
    token: str | None = None,
    **conf: str,
) -> None:
    launch(studies, host=host, port=port, token=token, conf=conf, app=app, say=pytest.fail)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent: found no such folder; expected a folder of studies"):
        serve(tmp_path / "absent")


def test_an_app_folder_without_an_app_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found no main\.py in it; expected a MONAI Label app folder"):
        serve(tmp_path, app=tmp_path)


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=rf"127\.0\.0\.1:{port}: found .* in use"):
            serve(tmp_path, port=port)


def hold(folder: Path) -> subprocess.Popen:
    """A process that has a folder as a server has it."""
    code = (
        f"import time; from pathlib import Path; from livercad.server import sole; sole.occupy(Path({str(folder)!r}))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", f"{code}; print('held', flush=True); time.sleep(600)"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(sole.__file__).parents[2])},
    )
    assert process.stdout and process.stdout.readline() == "held\n"
    return process


def test_a_second_server_on_a_folder_is_refused_until_the_first_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sole, "PATIENCE_S", 0.2)
    studies, link = tmp_path / "studies", tmp_path / "link"
    studies.mkdir()
    link.symlink_to(studies)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    first = hold(studies)
    try:
        who = rf"process {first.pid} on {re.escape(socket.gethostname())}, since \d{{4}}-"
        with pytest.raises(InputError, match=rf"link: found another server at work on this folder \({who}"):
            serve(link, port=port)
        StudyDatastore(studies, book=Bookkeeping(studies)).book.pool.assign("case", "a training beside it may go on")
    finally:
        first.kill()
        first.wait()
    sole.occupy(studies)
    sole.occupy(link)  # this process has it


@pytest.mark.parametrize("token", [None, "secret"])
def test_an_unknown_option_is_told_with_those_that_exist(tmp_path: Path, token: str | None) -> None:
    with pytest.raises(InputError, match=r"option speed: found no such option; expected one of device, .*parallel"):
        serve(tmp_path, token=token, speed="9")


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("minimum_score", "7", "a number from 0 to 1"),
        ("lesion_threshold", "1", "a number above 0 and below 1"),
        ("minimum_volume_ml", "little", "a number from 0 on"),
        ("reservation_minutes", "0", "a number above 0"),
        ("parallel", "1.5", "a whole number from 1 on"),
        ("scoring", "maybe", "true or false"),
        ("device", "tpu", "auto, cpu or cuda"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_what_would(option: str, value: str, expected: str) -> None:
    with pytest.raises(InputError) as told:
        read_options({option: value})
    mend = "Mend it in --app-conf; docs/server.md has the options."
    assert str(told.value) == f"option {option}: found {value!r}; expected {expected}. {mend}"
