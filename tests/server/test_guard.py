"""The guard by itself."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from livercad.server.guard import HEALTH, Guard, same_token


def guarded(token: str | None, *, client: str = "127.0.0.1", host: str = "127.0.0.1:8000") -> TestClient:
    inner = Starlette(routes=[Route("/{path:path}", lambda request: PlainTextResponse("inside"), methods=["GET"])])
    app = Guard(inner, token=lambda: token, origins=frozenset({"https://viewer.example"}))
    return TestClient(app, base_url=f"http://{host}", client=(client, 50000))


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.8.8", "::1"])
@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "localhost", "[::1]:8000"])
def test_this_machine_needs_no_token(client: str, host: str) -> None:
    assert guarded(None, client=client, host=host).get("/info/").text == "inside"


@pytest.mark.parametrize("client", ["10.0.0.7", "192.168.1.2", "2001:db8::1", "not-an-address"])
def test_other_machines_are_refused_without_a_token(client: str) -> None:
    assert guarded(None, client=client).get("/info/").status_code == 403
    assert guarded(None, client=client).get(HEALTH).status_code == 200


@pytest.mark.parametrize("host", ["evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "[x"])
def test_a_foreign_name_for_this_machine_is_refused_without_a_token(host: str) -> None:
    answer = guarded(None).get("/info/", headers={"Host": host})
    assert answer.status_code == 403


def test_a_token_lets_other_machines_in_by_any_name() -> None:
    client = guarded("secret", client="10.0.0.7", host="liver.example")
    assert client.get("/info/").status_code == 401
    assert client.get("/info/", headers={"Authorization": "Bearer secret"}).text == "inside"
    assert client.get("/info/", headers={"Authorization": "bearer secret"}).text == "inside"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8000", 200),
        ("https://viewer.example", 200),
        ("http://evil.example", 403),
        ("http://127.0.0.1:9999", 403),
        ("null", 403),
        ("http://[x", 403),
    ],
)
def test_pages_of_other_sites_are_refused(origin: str, status: int) -> None:
    assert guarded(None).get("/info/", headers={"Origin": origin}).status_code == status


@pytest.mark.parametrize(
    "path", ["/datastore/image?image=case%20of%20M%C3%BCller_1.2", "/infer/liver?image=", "/x?a=../b"]
)
def test_harmless_names_pass(path: str) -> None:
    assert guarded(None).get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/datastore/image?image=a%00b", "/x?tag=..", "/x?id=a%2Fb", "/x?label=%5C%5Chost", f"/x?image={'a' * 300}"]
)
def test_harmful_names_do_not_pass(path: str) -> None:
    answer = guarded(None).get(path)
    assert answer.status_code == 400
    assert "could lead out" in answer.json()["detail"]


def test_nothing_encoded_hides_in_a_path() -> None:
    assert guarded(None).get("/infer/a%5Cb").status_code == 400
    assert guarded(None).get("/infer/a%3F/..%2Fb").status_code == 400
    assert guarded("secret").get(f"{HEALTH}%3F/inside").status_code == 401


def test_tokens_of_any_letters_are_compared() -> None:
    assert same_token("schlüssel", "schlüssel")
    assert not same_token("schlüssel", "schlussel")
