"""What the Slicer module tells its user about a server that does not do what is asked for."""

import socket
import time

import pytest
from fake_server import HEALTH, FakeServer, die, send, send_half

from LiverCADLib import clientErrors
from LiverCADLib.client import Client
from LiverCADLib.tasks import Task


@pytest.fixture
def server():
    fake = FakeServer()
    yield fake
    fake.close()


@pytest.fixture
def client(server):
    return Client(server.address, timeoutS=0.5)


def failure(function, *arguments):
    with pytest.raises(clientErrors.ClientError) as caught:
        function(*arguments)
    return caught.value


def test_a_server_that_does_not_run_is_named():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    error = failure(Client(address).check)
    assert type(error) is clientErrors.UnreachableError
    assert str(error) == (
        f"No server answers at {address}. See that it runs, and that the address is right. (Connection refused)"
    )


def test_a_host_that_does_not_exist_is_unreachable():
    error = failure(Client("http://no-such-host.invalid:8000").check)
    assert type(error) is clientErrors.UnreachableError
    assert "no-such-host.invalid:8000" in str(error)


@pytest.mark.parametrize(
    "address", ["", "http://", "ftp://liver:1", "liver:eight", "http://a b", "http://x@y", "h?x=1"]
)
def test_what_is_no_address_is_told_before_anything_is_sent(address):
    with pytest.raises(clientErrors.AddressError, match="no address of a server"):
        Client(address)


@pytest.mark.parametrize(
    ("status", "detail", "kind", "sentence"),
    [
        (401, "x", "TokenError", "wants another token"),
        (403, "Only this machine.", "ForbiddenError", "does not let you in. Only this machine."),
        (404, "No such case.", "NotThereError", "No such case."),
        (404, "Not Found", "OldServerError", "older than this module"),
        (409, "Version 3 is newer.", "ConflictError", "Version 3 is newer."),
        (400, "Two arterial phases.", "RefusedError", "Two arterial phases."),
        (413, "x", "RefusedError", "does not take so much data"),
        (422, [{"msg": "Field required"}], "RefusedError", "Field required"),
        (500, "A defect.", "ServerFaultError", "The server failed (500). A defect."),
        (503, "Weights are missing.", "UnavailableError", "The server cannot do this now. Weights are missing."),
    ],
)
def test_every_refusal_has_its_class_and_sentence(server, client, status, detail, kind, sentence):
    server.routes["GET", "/livercad/cases"] = (status, {"detail": detail})
    error = failure(client.cases)
    assert (type(error).__name__, error.status) == (kind, status)
    assert sentence in str(error)
    assert error.isForGood is (kind in ("RefusedError", "NotThereError")), "an older server may be updated"


def test_a_refusal_without_a_reason_still_is_a_sentence(server, client):
    server.routes["GET", "/livercad/cases"] = lambda handler, _: send(handler, b"<html>", 502, "text/html")
    assert str(failure(client.cases)) == "The server failed (502)."


@pytest.mark.parametrize("health", [(404, {"detail": "Not Found"}), {"status": "ok", "app": "Other"}, ["ok"], "ok"])
def test_another_program_is_no_liver_cad_server(server, client, health):
    server.routes["GET", "/livercad/health"] = health
    error = failure(client.check)
    assert type(error) is clientErrors.WrongAppError
    assert f"What answers at {server.address} is no LiverCAD server" in str(error)


def test_a_web_page_is_no_liver_cad_server(server, client):
    server.routes["GET", "/livercad/health"] = lambda handler, _: send(handler, b"<html>", kind="text/html")
    assert type(failure(client.check)) is clientErrors.WrongAppError


def test_something_that_does_not_speak_http_is_no_liver_cad_server(server, client):
    server.routes["GET", "/livercad/health"] = lambda handler, _: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")
    assert isinstance(failure(client.check), clientErrors.WrongAppError | clientErrors.InterruptedAnswerError)


@pytest.mark.parametrize(
    ("health", "word"), [({"status": "ok"}, "older"), ({**HEALTH, "api": 0}, "older"), ({**HEALTH, "api": 2}, "newer")]
)
def test_a_server_of_another_version_says_which_side_to_update(server, client, health, word):
    server.routes["GET", "/livercad/health"] = health
    error = failure(client.check)
    assert type(error) is clientErrors.VersionError
    assert f"is {word} than this module" in str(error)


def test_a_missing_token_is_asked_for(server, client):
    server.routes["GET", "/livercad/health"] = {**HEALTH, "needs_token": True}
    assert "asks for a token" in str(failure(client.check))


def test_a_wrong_token_is_found_when_connecting(server):
    server.routes["GET", "/livercad/health"] = {**HEALTH, "needs_token": True}
    server.routes["GET", "/livercad/jobs"] = (401, {"detail": "x"})
    assert type(failure(Client(server.address, "wrong").check)) is clientErrors.TokenError


def test_a_server_that_sends_elsewhere_is_not_followed(server, client):
    other = FakeServer()
    location = {"Location": f"{other.address}/livercad/cases"}
    server.routes["GET", "/livercad/cases"] = lambda handler, _: send(handler, b"", 307, **location)
    error = failure(client.cases)
    other.close()
    assert f"sends on to {other.address}" in str(error)
    assert not other.received


def test_a_silent_server_is_given_up_after_the_time_out(server, client):
    server.routes["GET", "/livercad/cases"] = lambda handler, _: time.sleep(3)
    error = failure(client.cases)
    assert type(error) is clientErrors.InterruptedAnswerError
    assert "has not answered" in str(error)


def test_a_server_that_dies_before_it_answers_is_asked_again_when_that_does_no_harm(server, client):
    def die_once(handler, request):
        server.routes["GET", "/livercad/cases"] = [{"case": "a"}]
        die(handler, request)

    server.routes["GET", "/livercad/cases"] = die_once
    assert client.cases() == [{"case": "a"}]


def test_what_is_not_to_be_done_twice_is_sent_once(server, client, tmp_path):
    server.routes["PUT", "/livercad/cases/a/submission"] = die
    (tmp_path / "map").write_bytes(b"1")
    error = failure(client.submit, "a", {}, {"label": tmp_path / "map"}, 0, Task())
    assert type(error) is clientErrors.InterruptedAnswerError
    assert "stopped answering in the middle" in str(error)
    assert server.paths("PUT") == ["/livercad/cases/a/submission"]


def test_a_download_that_breaks_leaves_no_file(server, client, tmp_path):
    server.routes["GET", "/livercad/cases/a/images/ct"] = send_half
    error = failure(client.downloadImage, "a", "ct", tmp_path, Task())
    assert type(error) is clientErrors.InterruptedAnswerError
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_of_certificates_that_is_missing_is_told(server, tmp_path):
    with pytest.raises(clientErrors.AddressError, match=r"ca\.pem is not there"):
        Client(server.address, caBundle=str(tmp_path / "ca.pem"))


def test_a_token_that_no_header_can_hold_is_told(server):
    with pytest.raises(clientErrors.AddressError, match="copy it again"):
        Client(server.address, "tökén\n")
