"""What clients see of long work: the server answers, tells progress, and stops when asked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from fakes import write_case
from server.abdomens import SLOW_S, write_slow
from server.conftest import Server, Servers


@pytest.fixture(scope="module")
def server(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("jobs")
    write_case(folder / "studies", "quick")
    for seed, name in enumerate(("slow-1", "slow-2", "slow-3")):
        write_slow(folder / "studies", name, seed)
    started = servers.start(folder)
    started.wait()
    return started


@contextmanager
def inferences(server: Server, *requests: str) -> Iterator[list]:
    """Requests that run beside the test; ends with their answers."""
    with ThreadPoolExecutor(len(requests)) as pool:
        pending = []
        for request in requests:
            pending.append(pool.submit(server.post, request))
            time.sleep(0.1)  # so that they come in this order
        yield pending


def wait_for(server: Server, job: str, state: str) -> dict:
    for _ in range(100):
        answer = server.get(f"/livercad/jobs/{job}")
        if answer.status_code == 200 and answer.json()["state"] == state:
            return answer.json()
        time.sleep(0.05)
    raise AssertionError(f"{job} is not {state}: {answer.text}")


def events(server: Server, job: str) -> list[tuple[str, dict]]:
    """Read a job's events to their end."""
    found = []
    with httpx.stream("GET", f"{server.url}/livercad/jobs/{job}/events", timeout=30) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("event:"):
                kind = line.partition(":")[2].strip()
            elif line.startswith("data:"):
                found.append((kind, json.loads(line.partition(":")[2])))
    return found


def test_info_answers_within_half_a_second_while_an_inference_works(server: Server) -> None:
    latencies = []
    with inferences(server, "/infer/liver?image=slow-1&job=latency") as (inference,):
        wait_for(server, "latency", "running")
        while not inference.done():
            start = time.perf_counter()
            assert server.get("/info/").status_code == 200
            latencies.append(time.perf_counter() - start)
    assert inference.result().status_code == 200
    assert len(latencies) > 5
    assert max(latencies) < 0.5, sorted(latencies)[-5:]


def test_progress_comes_as_events_and_ends_with_the_job(server: Server) -> None:
    with inferences(server, "/infer/lesions?image=slow-2&job=watched") as (inference,):
        wait_for(server, "watched", "running")
        seen = events(server, "watched")
    assert inference.result().headers["X-LiverCAD-Job"] == "watched"
    fractions = [job["fraction"] for _, job in seen]
    assert [kind for kind, _ in seen] == ["progress"] * (len(seen) - 1) + ["end"]
    assert len(seen) > 5
    assert any("working hard" in job["what"] for _, job in seen)
    assert fractions[-1] == 1.0
    assert seen[-1][1]["state"] == "done"


def test_a_job_that_is_cancelled_stops_working_and_leaves_nothing(server: Server) -> None:
    with inferences(server, "/infer/lesions?image=slow-3&job=doomed&output=json") as (inference,):
        wait_for(server, "doomed", "running")
        start = time.perf_counter()
        server.request("DELETE", "/livercad/jobs/doomed")
        answer = inference.result()
        assert time.perf_counter() - start < SLOW_S / 2
    assert answer.status_code == 409
    assert "cancelled" in answer.json()["detail"]
    assert wait_for(server, "doomed", "cancelled")["ended"]
    assert not list((server.folder / "tmp").glob("livercad-*/infer-*"))


def test_inferences_wait_for_their_turn_and_can_be_cancelled_there(server: Server) -> None:
    requests = [f"/infer/liver?image={case}&job={job}" for case, job in
                (("slow-1", "first"), ("slow-2", "second"), ("quick", "third"))]  # fmt: skip
    with inferences(server, *requests) as (first, second, third):
        wait_for(server, "first", "running")
        assert [server.get(f"/livercad/jobs/{job}").json()["state"] for job in ("second", "third")] == ["queued"] * 2
        start = time.perf_counter()
        server.request("DELETE", "/livercad/jobs/second")
        assert second.result().status_code == 409
        assert time.perf_counter() - start < 1
        assert not first.done()
        server.request("DELETE", "/livercad/jobs/first")
        assert first.result().status_code == 409
        assert third.result().status_code == 200


def test_a_name_is_one_jobs_only_while_it_works(server: Server) -> None:
    with inferences(server, "/infer/liver?image=slow-1&job=twice") as (inference,):
        wait_for(server, "twice", "running")
        assert server.post("/infer/liver?image=quick&job=twice").status_code == 409
        server.request("DELETE", "/livercad/jobs/twice")
        inference.result()
    assert server.post("/infer/liver?image=quick&job=twice").status_code == 200


def test_a_job_that_fails_says_why(server: Server, tmp_path: Path) -> None:
    (server.studies / "broken.nii.gz").write_bytes(write_case(tmp_path, "broken").read_bytes()[:5000])
    try:
        answer = server.post("/infer/liver?image=broken&job=failing")
        job = server.get("/livercad/jobs/failing")
    finally:
        (server.studies / "broken.nii.gz").unlink()
    assert 400 <= answer.status_code < 500
    if job.status_code == 200:  # else the case was refused before it became a job
        assert job.json()["state"] == "failed"
        assert job.json()["error"] == answer.json()["detail"]


def test_the_same_case_again_is_not_analysed_again(server: Server) -> None:
    server.post("/infer/liver?image=slow-1")
    start = time.perf_counter()
    boxes = server.post("/infer/lesion_detection?image=slow-1&output=json")
    assert time.perf_counter() - start < SLOW_S / 2
    assert len(boxes.json()["findings"]["lesions"]) == 2
    write_slow(server.studies, "slow-1", 9)
    start = time.perf_counter()
    changed = server.post("/infer/lesion_detection?image=slow-1&output=json")
    assert time.perf_counter() - start > SLOW_S
    assert changed.json()["findings"]["lesions"] != boxes.json()["findings"]["lesions"]


def test_a_batch_is_a_job_with_progress_and_stops_when_asked(server: Server) -> None:
    task = server.post("/batch/infer/lesions", json={"images": ["quick", "slow-2"]}).json()
    assert server.post("/batch/infer/lesions").status_code == 429
    for _ in range(100):
        job = server.get(f"/livercad/jobs/{task['id']}").json()
        if job["what"].startswith("slow-2"):
            break
        time.sleep(0.05)
    assert job["fraction"] >= 0.5
    assert server.request("DELETE", "/batch/infer").json()["id"] == task["id"]
    wait_for(server, task["id"], "cancelled")
    assert server.get("/batch/infer").json()["status"] == "STOPPED"
    assert server.get("/datastore/label?label=quick&tag=original").status_code == 200
    assert server.get("/datastore/label?label=slow-2&tag=original").status_code == 404


def test_all_jobs_are_listed(server: Server) -> None:
    server.post("/infer/liver?image=quick&job=listed")
    assert {"id": "listed", "model": "liver", "image": "quick", "state": "done"}.items() <= (
        server.get("/livercad/jobs").json()[-1].items()
    )
