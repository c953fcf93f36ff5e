"""What the Slicer module's client sends, receives, follows and cancels."""

import io
import json
import shutil
import ssl
import subprocess
import threading
import time

import numpy as np
import pytest
from fake_server import HEALTH, FakeServer, die, send

from LiverCADLib import clientErrors, serverJobs
from LiverCADLib.addresses import isThisComputer
from LiverCADLib.client import Client
from LiverCADLib.events import Event, eventsIn
from LiverCADLib.tasks import Cancelled, Task

BOUNDARY = "b0undary"


@pytest.fixture
def server():
    fake = FakeServer()
    yield fake
    fake.close()


@pytest.fixture
def client(server):
    return Client(server.address, "secret", timeoutS=5)


def multipart_answer(handler, params, name, content):
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    told = f'{head}"params"\r\nContent-Type: application/json\r\n\r\n{json.dumps(params)}\r\n'
    file = f'{head}"image"; filename="{name}"\r\n\r\n'
    body = (told + file).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    send(handler, body, kind=f"multipart/form-data; boundary={BOUNDARY}")


class FakeJob:
    """A job of the fake server: /infer answers when `finish` is set, or 409 when it has been cancelled."""

    def __init__(self, server, model="liver_cad"):
        self.finish, self.cancelled, self.name = threading.Event(), threading.Event(), None
        self.server = server
        self.content = bytes(range(256)) * 20 + b"\r\n--b0undar"
        server.routes["POST", f"/infer/{model}"] = self.infer

    def infer(self, handler, request):
        self.name = request.query["job"]
        base = f"/livercad/jobs/{self.name}"
        self.server.routes["GET", f"{base}/events"] = self.events
        self.server.routes["DELETE", base] = self.delete
        while not self.finish.wait(0.01):
            if self.cancelled.is_set():
                send(handler, b'{"detail": "The job was cancelled."}', 409)
                return
        multipart_answer(handler, {"findings": {"lesions": []}}, "case.nii.gz", self.content)

    def events(self, handler, request):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for fraction in (0.25, 0.5):
            data = json.dumps({"fraction": fraction, "what": f"step {fraction}", "state": "running"})
            event = f": alive\n\nevent: progress\ndata: {data}\n\n".encode()
            handler.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
            handler.wfile.flush()
        self.finish.wait(3)
        handler.wfile.write(b"0\r\n\r\n")

    def delete(self, handler, request):
        self.cancelled.set()
        send(handler, b"{}")


def wait_for(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "It did not happen."
        time.sleep(0.01)


def test_the_token_goes_with_every_request_and_never_in_an_address(server, client):
    client.check()
    assert {request.headers["Authorization"] for request in server.received} == {"Bearer secret"}
    assert not any(request.query for request in server.received)


def test_passwords_of_netrc_are_not_sent(server, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    Client(server.address).check()
    assert {request.headers["Authorization"] for request in server.received} == {None}


def test_a_proxy_of_the_environment_is_not_asked_for_this_computer(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert Client(server.address).check().version == "0.1.0"


def test_an_address_may_be_short(server):
    assert Client(f" 127.0.0.1:{server.port}/ ").check().address == server.address


@pytest.mark.parametrize(
    ("address", "is_local"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.8.8.8", True),
        ("http://LOCALHOST:8000", True),
        ("http://[::1]:8000", True),
        ("http://localhost.example.org", False),
        ("http://10.0.0.1", False),
        ("https://liver", False),
    ],
)
def test_only_loopback_addresses_are_this_computer(address, is_local):
    assert isThisComputer(address) is is_local


def test_names_of_cases_and_images_may_hold_any_character(server, client, tmp_path):
    server.routes["GET", "/livercad/cases/a b/ü#1"] = {"case": "found"}  # the fake has decoded the path
    assert client.case("a b/ü#1") == {"case": "found"}
    server.routes["GET", "/livercad/cases/a/images/../x?"] = lambda handler, _: send(handler, b"nifti")
    path = client.downloadImage("a", "../x?", tmp_path, Task())
    assert path.parent == tmp_path


def test_who_asks_for_the_next_case_and_what_was_skipped_is_told(server, client):
    answer = {"id": "case7", "why": "Drawn at random."}
    server.routes["POST", "/activelearning/first"] = answer
    for annotator, skipped in (("Ann Otator", ""), ("", "case6")):
        assert client.nextCase("first", annotator, skipped) == answer
    bodies = [json.loads(request.body) for request in server.received if "activelearning" in request.path]
    assert bodies == [{"annotator": "Ann Otator"}, {"skip": "case6"}]


@pytest.mark.parametrize(("start", "ending"), [(b"\x1f\x8b", "ct.nii.gz"), (b"\x5c\x01", "ct.nii")])
def test_an_image_arrives_whole_with_progress_and_the_ending_of_its_content(server, client, tmp_path, start, ending):
    content = start + np.random.default_rng(0).bytes(300_000)
    server.routes["GET", "/livercad/cases/a/images/ct"] = lambda handler, _: send(handler, content)
    task, seen = Task(), []
    task.report = lambda fraction, text="": seen.append((fraction, text))
    path = client.downloadImage("a", "ct", tmp_path, task)
    assert (path.name, path.read_bytes()) == (ending, content)
    assert [entry.name for entry in tmp_path.iterdir()] == [ending]
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and len(seen) > 3
    assert seen[-1] == (1.0, "Downloading ct: 300 kB of 300 kB")


def test_a_cancelled_download_stops_and_leaves_no_file(server, client, tmp_path):
    def trickle(handler, request):
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 30))
        handler.end_headers()
        while True:
            handler.wfile.write(bytes(1 << 16))
            time.sleep(0.01)

    server.routes["GET", "/livercad/cases/a/images/ct"] = trickle
    task = Task()
    threading.Timer(0.2, task.cancel).start()
    with pytest.raises(Cancelled):
        client.downloadImage("a", "ct", tmp_path, task)
    assert list(tmp_path.iterdir()) == []


def test_an_upload_arrives_as_a_form_that_others_can_read(server, client, tmp_path):
    contents = {"a.nii.gz": np.random.default_rng(0).bytes(200_000), 'b "ü".nii.gz': b""}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    server.routes["POST", "/livercad/cases"] = {"case": "new"}
    task, fractions = Task(), []
    task.report = lambda fraction, text="": fractions.append(fraction)
    files = [tmp_path / name for name in contents]
    assert client.uploadCase("new", files, {"a.nii.gz": "arterial", "b": None}, task) == "new"
    parts = server.received[-1].form()
    assert [(field, content) for field, _, content in parts] == [
        ("case", b"new"),
        ("phases", b'{"a.nii.gz": "arterial", "b": null}'),
        ("files", contents["a.nii.gz"]),
        ("files", b""),
    ]
    assert parts[2][1] == "a.nii.gz"
    assert fractions == sorted(fractions) and len(fractions) > 5 and fractions[-1] == 1.0


def test_a_cancelled_upload_stops_in_the_middle(server, client, tmp_path):
    (tmp_path / "a.nii").write_bytes(bytes(50_000_000))
    server.routes["POST", "/livercad/cases"] = {"case": "new"}
    task = Task()
    report = task.report

    def cancel_half_way(fraction, text=""):
        if fraction > 0.5:
            task.cancel()
        report(fraction, text)

    task.report = cancel_half_way
    with pytest.raises(Cancelled):
        client.uploadCase("new", [tmp_path / "a.nii"], {}, task)
    time.sleep(0.1)
    assert all(len(request.body) < 50_000_000 for request in server.received)


def test_a_submission_says_what_it_is_based_on(server, client, tmp_path):
    (tmp_path / "label").write_bytes(b"1")
    (tmp_path / "instances").write_bytes(b"2")
    server.routes["PUT", "/livercad/cases/a/submission"] = {"version": 4, "submitted": "now"}
    maps = {name: tmp_path / name for name in ("label", "instances")}
    answer = client.submit("a", {"case": "a"}, maps, 3, Task(), force=True)
    assert answer["version"] == 4
    form = {field: content for field, _, content in server.received[-1].form()}
    assert form == {"annotation": b'{"case": "a"}', "based_on": b"3", "label": b"1", "instances": b"2"}
    assert server.received[-1].query == {"force": "true"}


def test_a_case_without_a_submission_has_none(server, client, tmp_path):
    missing = (404, {"detail": "Nobody has submitted a."})
    server.routes["GET", "/livercad/cases/a/submission"] = missing
    server.routes["GET", "/livercad/cases/a/submission/label"] = missing
    assert client.submission("a") is None
    assert client.downloadSubmission("a", "label", tmp_path / "label.nii.gz", Task()) is None


def test_an_inference_reports_the_servers_progress_and_gives_findings_and_map(server, client):
    job, task = FakeJob(server), Task()
    threading.Thread(target=lambda: (wait_for(lambda: task.news == (0.5, "step 0.5")), job.finish.set())).start()
    params, image, name = client.infer("liver_cad", "case 1", task, {"x": 1})
    assert (params, image, name) == ({"findings": {"lesions": []}}, job.content, "case.nii.gz")
    request = next(request for request in server.received if request.method == "POST")
    assert request.query["image"] == "case 1" and request.query["output"] == "all"
    assert request.form() == [("params", "", b'{"x": 1}')]
    assert not server.paths("DELETE")


def test_a_cancel_comes_to_the_server_and_is_not_waited_for(server, client):
    job, task = FakeJob(server), Task()
    threading.Thread(target=lambda: (wait_for(lambda: task.news[0] == 0.5), task.cancel())).start()
    with pytest.raises(Cancelled):
        client.infer("liver_cad", "a", task)
    assert job.cancelled.wait(5)
    assert server.paths("DELETE") == [f"/livercad/jobs/{job.name}"]


def test_a_job_that_the_server_does_not_know_yet_is_cancelled_when_it_does(server, client):
    job, task = FakeJob(server), Task()
    infer = job.infer

    def late(handler, request):
        task.cancel()
        time.sleep(0.5)
        infer(handler, request)

    server.routes["POST", "/infer/liver_cad"] = late
    with pytest.raises(Cancelled):
        client.infer("liver_cad", "a", task)
    assert job.cancelled.wait(5)


def test_a_server_that_dies_in_an_inference_is_an_error_at_once(server, client):
    server.routes["POST", "/infer/liver_cad"] = lambda handler, request: (time.sleep(0.3), die(handler, request))
    with pytest.raises(clientErrors.InterruptedAnswerError, match="stopped answering in the middle"):
        client.infer("liver_cad", "a", Task())
    assert server.paths("POST") == ["/infer/liver_cad"]


def test_a_server_that_falls_silent_in_an_inference_is_given_up(server, client, monkeypatch):
    monkeypatch.setattr(serverJobs, "SILENCE_S", 0.3)
    monkeypatch.setattr(serverJobs, "LOST_S", 0.5)
    job = FakeJob(server)
    with pytest.raises(clientErrors.InterruptedAnswerError, match="has not answered"):
        client.infer("liver_cad", "a", Task())
    job.finish.set()


def test_progress_that_is_not_understood_does_not_stop_the_work(server, client):
    job = FakeJob(server)
    job.events = lambda handler, _: send(handler, b"event: progress\ndata: {}\n\n", kind="text/event-stream")
    threading.Timer(0.4, job.finish.set).start()
    assert client.infer("liver_cad", "a", Task())[2] == "case.nii.gz"


def test_findings_without_a_map_are_fine(server, client):
    server.routes["POST", "/infer/lesion_detection"] = {"findings": {}}
    assert client.infer("lesion_detection", "a", Task()) == ({"findings": {}}, None, "")


def test_views_come_as_arrays_and_never_as_python_objects(server, client):
    file = io.BytesIO()
    np.savez(file, phases=np.array(["arterial"]), crops=np.ones((1, 3, 4, 4), np.float32))
    server.routes["GET", "/livercad/cases/a/views/2"] = lambda handler, _: send(handler, file.getvalue())
    assert client.views("a", 2, Task())["crops"].shape == (1, 3, 4, 4)
    evil = io.BytesIO()
    np.savez(evil, phases=np.array([{"a": 1}], dtype=object))
    server.routes["GET", "/livercad/cases/a/views/2"] = lambda handler, _: send(handler, evil.getvalue())
    with pytest.raises(ValueError, match="allow_pickle"):
        client.views("a", 2, Task())


def test_a_training_is_started_with_settings_and_stopped(server, client):
    server.routes["POST", "/train/lesions"] = {}
    server.routes["DELETE", "/train/"] = {}
    client.startTraining("lesions", {"epochs": 3})
    client.stopTraining()
    start = server.received[-2]
    assert (json.loads(start.body), start.query) == ({"epochs": 3}, {"run_sync": "false"})
    assert server.paths("DELETE") == ["/train/"]


def test_events_are_read_as_the_standard_says():
    lines = [": hello", "", "event: end", "id: 1", "data: a", "data:  b", "", "data:c", "", "data: lost"]
    assert list(eventsIn(lines)) == [Event("end", "a\n b"), Event("message", "c")]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="A certificate of one's own is made by openssl.")
def test_a_certificate_of_ones_own_is_trusted_only_when_it_is_given(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    server = FakeServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
    address = f"https://localhost:{server.port}"
    with pytest.raises(clientErrors.CertificateError, match="is not trusted, so nothing was sent"):
        Client(address, "secret").check()
    assert not server.received
    assert Client(address, "secret", caBundle=str(certificate)).check().version == HEALTH["version"]
    server.close()
