"""Versions of a model over HTTP: listed, promoted and rolled back while the server runs."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from fakes import write_case
from learning.releases import write_training
from livercad.learning.audit import AuditLog
from livercad.learning.folder import learning_folder
from livercad.learning.release import consider, promote
from livercad.learning.tracking import DATABASE, FOLDER
from livercad.learning.versions import ModelVersions
from server.conftest import Server, Servers

NAME = "lesion-classes-phantom"
ROUTE = f"/livercad/models/{NAME}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Path:
    """Two versions that nobody has trained, the second one kept aside."""
    folder = tmp_path_factory.mktemp("releases")
    write_case(folder / "studies", "one")
    (folder / "models" / FOLDER).mkdir(parents=True)
    shutil.copyfile(empty_database, folder / "models" / FOLDER / DATABASE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVERCAD_MODELS", str(folder / "models"))
        versions = ModelVersions()
        for seed, share in ((1, 0.02), (2, 0.04)):
            training = write_training(folder / f"training-{seed}", seed, 0.0, name=NAME, moved=share)
            versions.add(NAME, training, "ann")
        consider(versions, NAME, 2, "ann", AuditLog(folder / "elsewhere"))
    return folder


@pytest.fixture(scope="module")
def server(servers: Servers, folder: Path) -> Server:
    app = shutil.copytree(Path(__file__).parent / "champion_app", folder / "app")
    started = servers.start(folder, app=app, LIVERCAD_MODELS=str(folder / "models"))
    started.wait()
    return started


def findings_of(server: Server) -> dict[str, Any]:
    answer = server.post("/infer/liver_cad?image=one&output=json")
    assert answer.status_code == 200, answer.text
    findings = answer.json()["findings"]
    return {key: value for key, value in findings.items() if key != "timings_s"}


def version_in(findings: dict[str, Any]) -> str:
    return next(model["version"] for model in findings["models"] if model["name"] == NAME)


def events(server: Server) -> list[tuple[str, int, str]]:
    log = AuditLog(learning_folder(server.studies))
    return [(each["event"], each["version"], each["who"]) for each in log.read(model=NAME)]


def test_versions_are_promoted_and_rolled_back_without_a_restart(server: Server) -> None:
    before = findings_of(server)
    assert version_in(before) == "1.0"
    answer = server.post(f"{ROUTE}/promote", json={"version": 1, "who": "ann"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["number"], answer.json()["version"], answer.json()["by"]) == (1, "1.0+1", "ann")
    after = findings_of(server)
    assert version_in(after) == "1.0+1" and after["lesions"] != before["lesions"]
    (model,) = (each for each in server.get("/livercad/models").json() if each["name"] == NAME)
    assert (model["version"], model["served"], model["installed"]) == ("1.0+1", "1.0+1", True)
    assert [each["number"] for each in model["champion"]["former"]] == [0]
    answer, again = (server.post(f"{ROUTE}/rollback", json={"who": "bob", "from": 1}) for _ in range(2))
    assert (answer.status_code, answer.json()["number"], again.status_code) == (200, 0, 409)
    assert findings_of(server) == before  # bit for bit
    assert events(server) == [("rollback", 0, "bob"), ("promotion", 1, "ann")]


def test_versions_are_listed_with_what_became_of_them(server: Server) -> None:
    base, first, second = server.get("/livercad/models/lesion_classification/versions").json()
    assert (base["number"], base["state"], base["is_champion"]) == (0, "base", True)
    assert first["by"] == "ann" and first["measures"]["lesion_dice"]["n"] == 6
    assert second["state"] == "kept_aside" and "No case of the pool tells" in second["reason"]


@pytest.mark.parametrize(
    ("method", "route", "body", "status", "said"),
    [
        ("POST", f"{ROUTE}/promote", {"version": 7, "who": "ann"}, 404, "expected one of 0, 1, 2"),
        ("POST", f"{ROUTE}/promote", {"version": 2, "who": "ann"}, 400, "kept aside"),
        ("POST", f"{ROUTE}/promote", {"version": 0, "who": "ann"}, 400, "found the champion"),
        ("POST", f"{ROUTE}/promote", {"version": "newest"}, 422, "version"),
        ("POST", f"{ROUTE}/promote", {"who": "ann"}, 422, "version"),
        ("POST", f"{ROUTE}/rollback", {"who": "ann"}, 409, "no former version"),
        ("POST", "/livercad/models/nothing/rollback", {"who": "ann"}, 404, "no such model"),
        ("POST", "/livercad/models/nothing/promote", {"version": 1}, 404, "no such model"),
        ("GET", "/livercad/models/nothing/versions", None, 404, "no such model"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(
    server: Server, method: str, route: str, body: dict[str, Any] | None, status: int, said: str
) -> None:
    answer = server.request(method, route, json=body)
    assert answer.status_code == status and said in answer.json()["detail"], answer.text


def test_a_promotion_on_the_command_line_is_followed_and_written_down(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert version_in(findings_of(server)) == "1.0"
    monkeypatch.setenv("LIVERCAD_MODELS", str(folder / "models"))
    promote(ModelVersions(), NAME, 2, "eve", AuditLog(folder / "elsewhere"), force=True)
    for _ in range(200):
        if version_in(findings_of(server)) == "1.0+2":
            break
        time.sleep(0.05)
    assert version_in(findings_of(server)) == "1.0+2"
    assert server.post(f"{ROUTE}/rollback", json={"who": "bob"}).status_code == 200
    assert [event for event in events(server) if event[2] == "eve"] == [("promotion", 2, "eve")]
