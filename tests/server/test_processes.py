"""Tokens, plain ``monailabel start_server``, and how servers end."""

from __future__ import annotations

import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest
from monailabel.client import MONAILabelClient

from fakes import write_case
from livercad import __version__
from server.abdomens import write_slow
from server.conftest import Server, Servers


@pytest.fixture(scope="module")
def both(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, Server]:
    """One server for every machine, and one started the MONAI Label way; they start side by side.

    The studies folder of each is a symbolic link.
    """
    started = []
    for command, options in (
        ("livercad", ("--host", "0.0.0.0")),
        ("monailabel", ("--conf", "minimum_volume_ml", "99")),
    ):
        folder = tmp_path_factory.mktemp(command)
        write_case(folder / "elsewhere", "one")
        write_slow(folder / "elsewhere", "slow", 1)
        (folder / "studies").symlink_to("elsewhere")
        started.append(servers.start(folder, command, *options))
    for server in started:
        server.wait()
    return started[0], started[1]


@pytest.fixture(scope="module")
def public(both: tuple[Server, Server]) -> Server:
    return both[0]


@pytest.fixture(scope="module")
def plain(both: tuple[Server, Server]) -> Server:
    return both[1]


@pytest.fixture(scope="module")
def token(public: Server) -> str:
    found = re.search(r"Token for clients.*: (\S+)$", public.log.read_text(), re.MULTILINE)
    assert found
    return found[1]


def end(server: Server, number: signal.Signals) -> list[psutil.Process]:
    """Signal a server and wait; returns those of its children that are still there."""
    children = psutil.Process(server.process.pid).children(recursive=True)
    server.process.send_signal(number)
    server.process.wait(timeout=20)
    return [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def wait_until_it_runs(server: Server, job: str) -> None:
    for _ in range(100):
        if server.get(f"/livercad/jobs/{job}").json().get("state") == "running":
            return
        time.sleep(0.05)
    raise AssertionError(f"{job} does not run")


def test_without_its_token_a_public_server_tells_nothing_but_its_health(public: Server, token: str) -> None:
    health = public.get("/livercad/health").json()
    assert health == {"status": "ok", "app": "LiverCAD", "version": __version__, "api": 1, "needs_token": True}
    for path in ("/info/", "/datastore/", "/livercad/jobs", "/logs/", "/openapi.json", "/", "/auth/token/valid"):
        answer = public.get(path)
        assert (answer.status_code, list(answer.json())) == (401, ["detail"]), path
    for wrong in (f"Bearer {token}x", f"Bearer {token[:-1]}", f"Basic {token}", token, "Bearer é"):
        answer = public.request("GET", "/info/", extra={"Authorization": wrong.encode()})
        assert answer.status_code == 401, wrong


def test_with_its_token_a_public_server_serves(public: Server, token: str) -> None:
    answer = public.request("GET", "/info/", extra={"Authorization": f"Bearer {token}"})
    assert answer.json()["name"] == "LiverCAD"


def test_a_linked_studies_folder_goes_by_the_name_that_was_given(public: Server, token: str) -> None:
    answer = public.request(
        "GET", "/datastore/image/info", {"Authorization": f"Bearer {token}"}, params={"image": "one"}
    )
    assert answer.json()["path"] == str(public.studies / "one.nii.gz")


def test_stock_clients_log_in_with_the_token_as_password(public: Server, token: str, tmp_path: Path) -> None:
    client = MONAILabelClient(public.url, tmpdir=str(tmp_path))
    assert client.auth_enabled()
    with pytest.raises(Exception, match="401"):
        client.auth_token("anybody", "wrong")
    client.update_auth(client.auth_token("anybody", token))
    assert client.auth_valid_token()
    label, _ = client.infer("liver", "one", {})
    assert Path(label).is_file()


def test_the_token_is_in_no_log(public: Server, token: str) -> None:
    assert token not in (public.folder / "app" / "logs" / "app.log").read_text()


def test_plain_start_server_has_jobs_reasons_and_guards(plain: Server) -> None:
    assert plain.get("/info/").json()["name"] == "LiverCAD"
    assert plain.get("/livercad/health").json()["needs_token"] is False
    assert plain.get("/livercad/jobs").json() == []
    assert plain.post("/infer/nothing?image=one").status_code == 404
    assert plain.request("PUT", "/datastore/image?image=../x", files={"file": b"x"}).status_code == 400
    answer = plain.request("GET", "/info/", extra={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_plain_start_server_without_a_token_answers_this_machine_only(plain: Server) -> None:
    own = [address.address for addresses in psutil.net_if_addrs().values() for address in addresses
           if address.family.name == "AF_INET" and not address.address.startswith("127.")]  # fmt: skip
    if not own:
        pytest.skip("this machine has no other address than loopback")
    answer = httpx.get(f"http://{own[0]}:{plain.port}/info/", timeout=10)
    assert answer.status_code == 403
    assert "token" in answer.json()["detail"]


def test_without_weights_the_tasks_refuse_and_say_what_to_do(plain: Server) -> None:
    answer = plain.post("/infer/liver?image=one")
    assert answer.status_code == 503
    assert "livercad models install" in answer.json()["detail"]
    assert "livercad models install" in plain.get("/info/").json()["models"]["liver"]["problem"]


@pytest.mark.parametrize(("which", "number"), [("public", signal.SIGTERM), ("plain", signal.SIGINT)])
def test_no_job_no_child_and_no_temporary_file_outlives_a_server(
    request: pytest.FixtureRequest, token: str, which: str, number: signal.Signals
) -> None:
    server: Server = request.getfixturevalue(which)
    server.headers = {"Authorization": f"Bearer {token}"}
    assert list((server.folder / "tmp").glob("livercad-*"))
    with ThreadPoolExecutor(1) as pool:
        if which == "public":  # the plain one has no weights
            inference = pool.submit(server.post, "/infer/liver?image=slow&job=last")
            wait_until_it_runs(server, "last")
        assert end(server, number) == []
        assert which == "plain" or inference.result().status_code == 409
    assert not list((server.folder / "tmp").glob("livercad-*"))
