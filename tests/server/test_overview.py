"""The page for who watches: what it shows, that it needs nothing else, who gets it, and that a browser draws it."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from fakes import full_analyzer, synthetic_abdomen, write_case
from html_page import Page, cells_of
from learning.releases import Place, place
from livercad.core.annotation import CaseState
from livercad.core.circle import Circle
from livercad.core.findings import DISCLAIMER
from livercad.core.taxonomy import CLASS_OF, LesionType
from livercad.errors import ModelError
from livercad.learning.audit import Event
from livercad.learning.folder import learning_folder
from livercad.learning.pool import Pool, Side
from livercad.learning.release import consider
from livercad.learning.score_table import Score
from livercad.learning.version import Version
from livercad.learning.versions import ModelVersions
from livercad.pipeline.scoring import name_models
from livercad.server import label_datastore, model_history, submissions
from livercad.server.agreements import Agreements
from livercad.server.datastore import StudyDatastore
from livercad.server.jobs import Jobs, State
from livercad.server.model_history import ModelHistories
from livercad.server.overview import render_overview
from livercad.server.scoring import Scoring
from livercad.studies.ultrasound.image import MarkedLesion
from server.annotations import annotation_of, maps_of, write_maps
from server.conftest import Server, Servers
from server.test_scoring import until
from ultrasound_files import sector

__all__ = ["place"]

SHAPE = (32, 24, 20)
GRID = synthetic_abdomen(0, SHAPE)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--virtual-time-budget=3000"),
)
WAIT_S = 60
NOON = 1_800_000_000
"""When the first label is saved; each of the others a minute later."""
LEARNT_FROM = {"training": 3, "validation": 1}
NASTY = "<b>Bob</b>"
"""An annotator whose name must not become part of the page."""


def submit(
    store: StudyDatastore,
    folder: Path,
    case: str,
    who: str,
    state: CaseState = CaseState.COMPLETE,
    kinds: tuple[LesionType, ...] = (LesionType.CYST, LesionType.HCC),
) -> None:
    annotation = annotation_of(case)
    lesions = tuple(
        replace(lesion, type=kind, label=CLASS_OF[kind]) for lesion, kind in zip(annotation.lesions, kinds, strict=True)
    )
    annotation = replace(annotation, annotator=who, state=state, lesions=lesions)
    submissions.submit(store, annotation, *write_maps(folder / who.strip("</b>"), GRID), force=True)


@dataclass(frozen=True)
class Watched:
    """A server's parts without the server."""

    app: Any
    store: StudyDatastore
    jobs: Jobs

    def page(self) -> str:
        return render_overview(self.app, self.jobs.all())


@pytest.fixture
def watched(place: Place, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Six cases, two annotators of one of them, jobs, and three versions of the lesion model."""
    monkeypatch.setattr(label_datastore, "time", SimpleNamespace(time=itertools.count(NOON, 60).__next__))
    studies = place.folder / "liver studies"
    for number, name in enumerate("abcdef"):
        write_case(studies, name, number, SHAPE)
    store = StudyDatastore(studies)
    submit(store, place.folder, "a", "Ann")
    submit(store, place.folder, "a", NASTY, kinds=(LesionType.CYST, LesionType.HEMANGIOMA))
    submit(store, place.folder, "b", "Ann", CaseState.IN_PROGRESS)
    store.save_label("c", str(write_maps(place.folder / "stock", GRID)[0]), "final", {})
    store.book.reservations.reserve("d", "Cat")
    store.book.audit.record(Event.TRAINING_STARTED, "Ann", model="lesions", cases=LEARNT_FROM)
    for seed, gain, champion in ((1, 0.05, 0), (2, -0.1, 1)):
        version = place.versions.add("lesions-leuven", place.train(seed, gain, champion=champion), "Ann")
        consider(place.versions, "lesions-leuven", version.number, "Ann", store.book.audit)
    models = name_models(full_analyzer().models)
    store.book.scores.keep("a", "stamp", models, Score(0.5))
    store.book.scores.fail("e", "stamp", models, "e.nii.gz: no liver")
    jobs = Jobs()
    for model, state, fraction, what in (
        ("lesions", State.RUNNING, 0.42, "step 84 of 200"),
        ("liver_cad", State.FAILED, 0.1, "reading"),
    ):
        job = jobs.add("", model, "d")
        job.state, job.fraction, job.what = state, fraction, what
        job.error = "the disk is full" if state is State.FAILED else ""
    app = SimpleNamespace(
        datastore=lambda: store,
        agreements=Agreements(lambda: store),
        histories=ModelHistories(place.versions),
        analyses=SimpleNamespace(problem="", analyzer=full_analyzer),
    )
    app.scoring = Scoring(app.datastore, app.analyses, lambda: True)
    app.scoring._models = models
    app.agreements.of("a")
    return Watched(app, store, jobs)


def rows(html: str, name: str) -> list[list[str]]:
    """The body of the table with this id."""
    return cells_of(html.replace(f'<table id="{name}">', f'<table class="{name}">'), name)


def test_cases_are_counted_by_state(watched: Watched) -> None:
    page = Page(watched.page())
    text = page.text
    for words in ("6 cases", "1 complete", "1 in progress", "1 labelled with another client", "3 without a label"):
        assert words in text, words
    assert DISCLAIMER in text and "liver studies" in text


def test_cases_that_are_left_out_of_trainings_are_told_with_the_reason(watched: Watched) -> None:
    pool = watched.store.book.pool
    assert "left out of trainings" not in Page(watched.page()).text
    for case, side in (("e", "training"), ("f", "validation")):
        Pool(learning_folder(watched.store.catalogue.root), float(side == "validation")).assign(case, case)
    learnt = list(pool.usable().values()).count(Side.TRAINING)
    for case in ("e", "f"):
        pool.assign(case, "Anna")
    text = Page(watched.page()).text
    assert f"Learnt from: {learnt - 1}; kept for validation:" in text and "left out of trainings: 1." in text
    assert "Why a case is left out of trainings e belongs with f (validation) by patient or image" in text


def test_who_labelled_what_when_and_who_has_what(watched: Watched) -> None:
    html = watched.page()
    times = [f"{datetime.fromtimestamp(NOON + 60 * minutes).astimezone():%Y-%m-%d %H:%M}" for minutes in range(4)]
    assert rows(html, "submissions") == [
        ["c", "–", "labelled with another client", "1", times[3]],
        ["b", "Ann", "in progress", "1", times[2]],
        ["a", "&lt;b&gt;Bob&lt;/b&gt;", "complete", "2", times[1]],
    ]
    assert sorted(row[:2] for row in rows(html, "annotators")) == [
        ["&lt;b&gt;Bob&lt;/b&gt;", "1"],
        ["Ann", "1"],
        ["not named", "1"],
    ]
    assert [row[:2] for row in rows(html, "reservations")] == [["d", "Cat"]]


def test_running_jobs_and_scoring_show_how_far_they_are(watched: Watched) -> None:
    html = watched.page()
    assert [row[:5] for row in rows(html, "jobs")] == [["lesions", "d", "running", "42 %", "step 84 of 200"]]
    assert [each["value"] for each in Page(html).all("progress")] == ["0.42"]
    assert "1 of 6 cases are scored by the models in use, 1 cannot be scored, 4 not yet." in Page(html).text


def test_the_champion_its_rivals_and_the_learning_curve_are_shown(watched: Watched) -> None:
    html = watched.page()
    text = Page(html).text
    article = html[html.index('id="lesions"') : html.index('id="lesion_classification"')]
    told = [[re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)][:2] for row in
            re.findall(r"<tr>.*?</tr>", article.split("<tbody>")[1], re.DOTALL)]  # fmt: skip
    assert told == [["1+2", "kept aside"], ["1+1", "in use"], ["1", "base"]]
    assert "In use: 1+1" in text and "by Ann" in text and "Before: 1" in text
    curve = article[article.index("<svg") : article.index("</svg>")]
    assert len(re.findall("<circle", curve)) == 3
    assert re.findall(r'class="line" d="(.*?)"', curve)[0].count("L") == 1  # from the base to the champion
    assert "version 1: 0.642 with 20 cases" in curve and "base: 0.592 with 0 cases" in curve
    assert "Nothing has been trained here yet." in text  # of the other models


class Registry(ModelVersions):
    """It answers late, fails, or does neither."""

    def __init__(self) -> None:
        super().__init__()
        self.answering, self.fails, self.asked = threading.Event(), False, 0

    def of(self, name: str) -> tuple[Version, ...]:
        self.asked += 1
        self.answering.wait(WAIT_S)
        if self.fails:
            raise ModelError("the model registry", found="that it fails", expected="a store", todo="Start it.")
        return super().of(name)


def test_a_registry_that_does_not_answer_keeps_nobody_waiting_and_is_asked_once_for_all(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_history, "PATIENCE_S", 0.01)
    monkeypatch.setattr(model_history, "LASTS_S", 0.01)
    registry = Registry()
    watched.app.histories = histories = ModelHistories(registry)
    with ThreadPoolExecutor(4) as browsers:
        for told in browsers.map(lambda _: histories(), range(8)):
            assert all(one.versions == () and "has not answered yet" in one.problem for one in told)
    assert registry.asked == 1 and "Nothing has been trained here yet" not in watched.page()
    assert "In use: 1+1" in Page(watched.page()).text, "that does not depend on it"
    registry.answering.set()
    until(lambda: not histories._looking.is_alive())
    before = histories()
    assert [len(one.versions) for one in before if one.task == "lesions"] == [3]
    until(lambda: not histories._looking.is_alive())
    registry.fails, registry.asked = True, 0
    histories._look()
    assert registry.asked == 1
    assert all("that it fails" in one.problem for one in histories())
    assert [(one.versions, one.curve) for one in histories()] == [(one.versions, one.curve) for one in before]
    html = watched.page()
    assert "that it fails" in html and "1+2" in html
    registry.fails = False
    until(lambda: histories() == before)


def test_what_went_wrong_is_told_with_its_reason(watched: Watched) -> None:
    watched.app.analyses.problem = "lesions-leuven: found no weights"
    notice = watched.page().split('id="errors"')[1].split("</section>")[0]
    text = re.sub("<[^>]*>", "", notice)
    assert "3 things are wrong" in text
    for words in ("lesions-leuven: found no weights", "liver_cad of d: the disk is full", "scores of case e: e.nii.gz"):
        assert words in text, words


def test_annotators_are_compared(watched: Watched) -> None:
    html = watched.page()
    (row,) = rows(html, "agreements")
    assert row[0] == "a" and sorted(row[1].split(" and ")) == ["&lt;b&gt;Bob&lt;/b&gt;", "Ann"]
    # Both have outlined the same; of two types one is the same: by chance 1/4, so 1/3.
    assert row[2:] == ["1.000", "1.000", "2, 2", "2", "0.33"]
    assert [each[1:] for each in rows(html, "pooled")] == [["1", "1.000", "1.000", "2", "2", "0.33"]]


def test_comparisons_that_are_not_there_yet_are_made_in_the_background(watched: Watched) -> None:
    watched.app.agreements = Agreements(lambda: watched.store)
    assert "1 case is being compared" in Page(watched.page()).text
    until(lambda: "being compared" not in watched.page())
    assert len(rows(watched.page(), "agreements")) == 1


def test_the_newest_records_are_shown(watched: Watched) -> None:
    told = [row[1:] for row in rows(watched.page(), "records")]
    assert ["training started", "Ann", "model lesions, cases 3 training, 1 validation"] in told
    assert told[0][0] == "kept aside"
    assert sum(row[0] == "submission" for row in told) == 4


def test_the_page_asks_for_nothing_but_itself(watched: Watched) -> None:
    html = watched.page()
    page = Page(html)
    assert not re.search(r"https?:|//\w+\.|@import|url\(", html)
    assert not [each for tag in ("link", "script", "img", "iframe", "a") for each in page.all(tag)]
    assert {"http-equiv": "refresh", "content": "10"} in page.all("meta")


def test_a_new_server_has_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path / "models"))
    (tmp_path / "studies").mkdir()
    store = StudyDatastore(tmp_path / "studies")
    analyses = SimpleNamespace(problem="")
    app = SimpleNamespace(
        datastore=lambda: store,
        agreements=Agreements(lambda: store),
        histories=ModelHistories(ModelVersions()),
        analyses=analyses,
        scoring=Scoring(lambda: store, analyses, lambda: False),
    )
    text = Page(render_overview(app, [])).text
    for words in ("0 cases", "Nobody has submitted", "No inference, batch or training", "Nothing has been recorded"):
        assert words in text, words

    for name in ("drawn.png", "other.png"):
        Image.fromarray(sector()).save(tmp_path / "studies" / name)
    store.catalogue.update()
    lesions = (MarkedLesion(Circle((60.0, 50.0), 30.0)),)
    image = store.catalogue.image_case("drawn").images[0]
    saved = store.images.draw(image, lesions, "", annotator="Ann", note="", sha256="")
    html = render_overview(app, [])
    when = f"{datetime.fromisoformat(saved.saved).astimezone():%Y-%m-%d %H:%M}"
    assert rows(html, "submissions") == [["drawn", "Ann", "circles drawn", "1", when]]
    assert rows(html, "annotators") == [["Ann", "1", when]]
    assert "2 of ultrasound beside them, 1 with circles of annotators" in Page(html).text


# -- over HTTP


TOKEN = "a secret: with a colon"


@pytest.fixture(scope="module")
def server(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("overview")
    for number, name in enumerate("ab"):
        write_case(folder / "studies", name, number, SHAPE)
    started = servers.start(folder, LIVERCAD_TOKEN=TOKEN)
    started.headers = {"Authorization": f"Bearer {TOKEN}"}
    started.wait()
    return started


def put(server: Server, folder: Path, case: str, who: str, numbers: tuple[int, ...] = (1, 2)) -> None:
    annotation = replace(annotation_of(case, numbers), annotator=who, state=CaseState.COMPLETE)
    label, instances = write_maps(folder / who, GRID, numbers)
    answer = server.request(
        "PUT",
        f"/livercad/cases/{case}/submission",
        data={"annotation": json.dumps(annotation.to_dict()), "force": "true"},
        files={"label": label.open("rb"), "instances": instances.open("rb")},
    )
    assert answer.status_code == 200, answer.text


def test_the_page_takes_the_token_as_bearer_or_as_a_browsers_password(server: Server) -> None:
    import httpx

    address = server.url + "/livercad/"
    assert httpx.get(address, headers=server.headers).status_code == 200
    assert httpx.get(address, auth=("anybody", TOKEN)).status_code == 200
    refused = httpx.get(address)
    assert refused.status_code == 401 and refused.headers["www-authenticate"].startswith("Basic realm=")
    for wrong in (("anybody", "guessed"), (TOKEN, "")):
        assert httpx.get(address, auth=wrong).status_code == 401
    assert httpx.get(address, headers={"Authorization": "Basic no-base64!"}).status_code == 401
    # Elsewhere a browser, which sends passwords by itself, is not let in.
    assert httpx.get(server.url + "/livercad/cases", auth=("anybody", TOKEN)).status_code == 401
    answer = httpx.get(address, auth=("anybody", TOKEN))
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_agreement_of_annotators_over_http(server: Server, tmp_path: Path) -> None:
    assert server.get("/livercad/cases/a/agreement").json() == {"case": "a", "pairs": []}
    put(server, tmp_path, "a", "Ann")
    assert server.get("/livercad/cases/a/agreement").json()["pairs"] == []
    put(server, tmp_path, "a", "Bob", (1,))
    put(server, tmp_path, "a", "Ann", (1, 2, 3))  # her newest counts
    (pair,) = server.get("/livercad/cases/a/agreement").json()["pairs"]
    assert (pair["annotators"], pair["versions"]) == (["Ann", "Bob"], [3, 2])
    sizes = [int((maps_of(GRID, numbers)[1].array > 0).sum()) for numbers in ((1, 2, 3), (1,))]
    assert pair["lesion_dice"] == pytest.approx(2 * sizes[1] / sum(sizes))
    assert (pair["liver_dice"], pair["lesions"], pair["matched"]) == (1, [3, 1], 1)
    assert pair["type_kappa"] is None
    assert server.get("/livercad/cases/nobody/agreement").status_code == 404


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_a_browser_draws_the_page(server: Server, tmp_path: Path) -> None:
    put(server, tmp_path, "b", "Cat & Dan")
    address = server.url.replace("http://", "http://anybody:a%20secret%3A%20with%20a%20colon@") + "/livercad/"
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'browser'}", "--dump-dom", address]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert '<th class="text">b</th><td class="text">Cat &amp; Dan</td>' in shown.stdout, shown.stdout[:2000]
    assert "Research" in shown.stdout and 'id="submissions"' in shown.stdout
