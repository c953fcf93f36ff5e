"""The next sample over HTTP: many annotators at once, skipping, reservations."""

from __future__ import annotations

import json
import shutil
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from monailabel.client import MONAILabelClient

from fakes import synthetic_abdomen, write_case
from server.annotations import annotation_of, write_maps
from server.conftest import Server, Servers

SHAPE = (32, 24, 20)
JSON = {"Content-Type": "application/json"}
CASES, ANNOTATORS = 48, 12


def write_cases(studies: Path, count: int) -> list[str]:
    """Write one case, and copies of its file."""
    first = write_case(studies, "case000", 0, SHAPE)
    names = [f"case{number:03d}" for number in range(count)]
    for name in names[1:]:
        shutil.copy(first, studies / f"{name}.nii.gz")
    return names


@pytest.fixture(scope="module")
def server(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("sampling")
    write_cases(folder / "studies", CASES)
    started = servers.start(folder)
    started.wait()
    return started


@pytest.fixture(autouse=True)
def nothing_held(server: Server) -> None:
    for held in server.get("/livercad/reservations").json():
        server.request("DELETE", f"/livercad/reservations/{held['case']}")


def ask(server: Server, who: str = "", strategy: str = "first", **more: str) -> dict:
    answer = server.post(f"/activelearning/{strategy}", json={**({"annotator": who} if who else {}), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def at_once(work, arguments: list) -> list:
    """Results of calls that all begin in the same moment."""
    start, results = threading.Barrier(len(arguments)), [None] * len(arguments)

    def call(place: int) -> None:
        start.wait()
        results[place] = work(arguments[place])

    threads = [threading.Thread(target=call, args=(place,)) for place in range(len(arguments))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("strategy", ["first", "random"])
@pytest.mark.parametrize("named", [True, False], ids=["annotators", "nobody says who"])
def test_those_who_ask_at_once_never_get_the_same_case(server: Server, strategy: str, named: bool) -> None:
    def work(number: int) -> list[str]:
        return [ask(server, f"annotator {number}" if named else "", strategy)["id"] for _ in range(4)]

    given = Counter(case for cases in at_once(work, list(range(ANNOTATORS))) for case in cases)
    assert len(given) == 4 * ANNOTATORS and set(given.values()) == {1}


def test_the_answer_says_what_the_case_is_and_how_long_it_is_kept(server: Server) -> None:
    before = datetime.now(UTC).timestamp()
    answer = ask(server, "ann")
    assert (answer["id"], answer["name"]) == ("case000", "case000.nii.gz")
    assert Path(answer["path"]) == server.studies / "case000.nii.gz"
    kept = datetime.fromisoformat(answer["reserved_until"]).timestamp() - before
    assert 3590 < kept < 3660
    (held,) = server.get("/livercad/reservations").json()
    assert (held["case"], held["annotator"], held["until"]) == ("case000", "ann", answer["reserved_until"])


def test_the_answer_says_why_it_is_this_case(server: Server) -> None:
    assert ask(server, "ann")["why"] == "Of the cases without a label, the next by name."
    assert ask(server, "ann", "random")["why"].startswith("Drawn from the cases without a label, the likelier")


def test_a_skipped_case_is_others_and_comes_back_last(server: Server) -> None:
    assert ask(server, "ann")["id"] == "case000"
    assert ask(server, "ann", skip="case000")["id"] == "case001"
    assert ask(server, "bob")["id"] == "case000"
    answer = server.post("/activelearning/first", json={"annotator": "ann", "skip": "nothing"})
    assert answer.status_code == 404
    rest = [ask(server, "cat")["id"] for _ in range(CASES - 2)]
    assert rest == [f"case{number:03d}" for number in range(2, CASES)]
    told = ask(server, "dan")
    assert told == {"reason": f"The {CASES} cases that are left are with other annotators at present; ask again later."}
    assert ask(server, "ann")["id"] == "case001"  # nothing else is left for her


def test_a_reservation_can_be_ended(server: Server) -> None:
    assert ask(server, "ann")["id"] == "case000"
    assert server.request("DELETE", "/livercad/reservations/case000").status_code == 200
    assert server.request("DELETE", "/livercad/reservations/nothing").status_code == 404
    assert ask(server, "bob")["id"] == "case000"


def test_stock_clients_are_told_apart_by_their_client_id(server: Server, tmp_path: Path) -> None:
    one, other = (MONAILabelClient(server.url, tmpdir=str(tmp_path), client_id=name) for name in ("a", "b"))
    assert [client.next_sample("first", {})["id"] for client in (one, other)] == ["case000", "case001"]
    assert {held["annotator"] for held in server.get("/livercad/reservations").json()} == {"a", "b"}


@pytest.mark.parametrize("body", [b"", b"null", b"{}"])
def test_nothing_need_be_said(server: Server, body: bytes) -> None:
    answer = server.post("/activelearning/first", content=body, extra=JSON if body else None)
    assert answer.json()["id"] == "case000"
    assert server.get("/livercad/reservations").json()[0]["annotator"] == "somebody at 127.0.0.1"


@pytest.mark.parametrize("body", ['{"annotator": ["ann"]}', '{"annotator": "%s"}' % ("x" * 201), "[1]", "{"])
def test_a_name_that_is_none_is_refused(server: Server, body: str) -> None:
    answer = server.post("/activelearning/first", content=body, extra=JSON)
    assert answer.status_code in (400, 422) and answer.json()["detail"]
    assert server.get("/livercad/reservations").json() == []


def test_annotators_in_parallel_submit_every_case_once(server: Server, tmp_path: Path) -> None:
    label, instances = (path.read_bytes() for path in write_maps(tmp_path, synthetic_abdomen(0, SHAPE)))

    def work(number: int) -> list[str]:
        done = []
        while case := ask(server, f"annotator {number}", "random").get("id"):
            answer = server.request(
                "PUT",
                f"/livercad/cases/{case}/submission",
                data={"annotation": json.dumps(annotation_of(case).to_dict())},
                files={"label": ("label.nii.gz", label), "instances": ("instances.nii.gz", instances)},
            )
            assert answer.status_code == 200, answer.text  # 409 if somebody else had submitted it
            done.append(case)
        return done

    results = at_once(work, list(range(6)))
    assert sorted(case for done in results for case in done) == [f"case{number:03d}" for number in range(CASES)]
    assert ask(server, "ann") == {}
    assert server.get("/livercad/reservations").json() == []
