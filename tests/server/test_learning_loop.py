"""The whole loop over HTTP: who knows the truth labels what `hybrid` proposes, and the server learns from it.

Real scores, the real recipe of the real lesion network, the real promotion; small images and few steps.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import nibabel as nib
import numpy as np
import pytest

from html_page import Page
from liver_pieces import Piece, write_pieces
from livercad.core.taxonomy import Label
from livercad.core.volume import Volume
from livercad.learning.audit import AuditLog
from livercad.learning.folder import learning_folder
from livercad.learning.pool import Side
from livercad.learning.trained import RECORD
from livercad.models.install import State, installed_weights, state_of
from livercad.models.registry import find
from livercad.server.training_orders import FOLDER
from livercad.studies.nifti import write_volume
from server.conftest import Server, Servers
from server.labelled_studies import models_folder

pytestmark = pytest.mark.long

CASES, FIRST = 24, 12
"""All of them, and how many are labelled at least before the first training."""
STEPS, WRONG_STEPS = 44, 5
SHARE, POOL, LEARNT_FROM = 0.5, 7, 8
"""Of validation, and how many cases are wanted on either side before a training: a promotion needs five patients, and
which cases come first depends on how soon they are scored."""
MODEL, TASK = "lesions-leuven", "lesions"
ASKED = ("piece-00", "piece-05")
"""Cases whose answers are compared."""
SCORED = 3
"""Cases that have scores before the first one is asked for: the others are drawn at random, as in use."""
WORSE = 0.02
"""Of the score by which weights are chosen, the mean Dice: what wrong labels take away at least."""
WAIT_S = 600
Told = TypeVar("Told")


@dataclass
class Annotator:
    """Labels what the server proposes, as it is."""

    server: Server
    pieces: Mapping[str, Piece]
    folder: Path
    given: list[str] = field(default_factory=list)

    def work(self, cases: int) -> None:
        for _ in range(cases):
            answer = self.server.post("/activelearning/hybrid", json={"annotator": "Oracle"})
            assert answer.status_code == 200, answer.text
            self.given.append(answer.json()["id"])
            self.submit(self.given[-1], self.pieces[self.given[-1]].label)

    def submit(self, case: str, label: Volume, who: str = "Oracle") -> None:
        maps = self.folder / "label.nii.gz", self.folder / "instances.nii.gz"
        write_volume(label, maps[0])
        write_volume(label.like((label.array == Label.LESION).astype(np.uint16)), maps[1])
        answer = self.server.request(
            "PUT",
            f"/livercad/cases/{case}/submission",
            data={"annotation": json.dumps(self.pieces[case].annotation(who).to_dict()), "force": "true"},
            files={"label": maps[0].open("rb"), "instances": maps[1].open("rb")},
        )
        assert answer.status_code == 200, answer.text


def train(server: Server, **settings: Any) -> dict[str, Any]:
    """Train to the end."""
    answer = server.post("/livercad/training", json={"model": TASK, "who": "Oracle", **settings})
    assert answer.status_code == 200, answer.text
    return wait(lambda: server.get("/livercad/training").json()["job"], lambda job: job["state"] != "running")


def record_of(server: Server, job: Mapping[str, Any]) -> dict[str, Any]:
    """What a training has written down of itself."""
    told: dict[str, Any] = json.loads((learning_folder(server.studies) / FOLDER / job["id"] / RECORD).read_text())
    return told


def scored(server: Server) -> int:
    """How many cases have scores of the models in use, as the page tells."""
    told = re.search(r"(\d+) of \d+ cases are scored", server.get("/livercad/").text)
    assert told
    return int(told[1])


def wait(ask: Callable[[], Told], is_over: Callable[[Told], bool]) -> Told:
    end = time.monotonic() + WAIT_S
    while not is_over(told := ask()):
        assert time.monotonic() < end, told
        time.sleep(0.5)
    return told


def answers(server: Server) -> list[tuple[Any, bytes]]:
    """Findings and voxels, bit for bit."""
    told = []
    for case in ASKED:
        findings = server.post(f"/infer/lesions?image={case}&output=json").json()["findings"]
        del findings["timings_s"]
        image = server.post(f"/infer/lesions?image={case}&output=image").content
        mask = nib.Nifti1Image.from_bytes(gzip.decompress(image) if image[:2] == b"\x1f\x8b" else image)
        told.append((findings, np.asanyarray(mask.dataobj).tobytes()))
    return told


def champion(server: Server) -> int:
    models = {model["name"]: model for model in server.get("/livercad/models").json()}
    return int(models[MODEL]["champion"]["number"])


def dice_on_the_page(server: Server) -> list[tuple[str, str]]:
    """State and Dice of every version in the article of the model, the newest first."""
    html = server.get("/livercad/").text
    article = html.split(f'<article class="model" id="{TASK}">')[1].split("</article>")[0]
    rows = [row.split("</tr>")[0] for row in article.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]]
    cells = [Page(f"<table><tr>{row}</tr></table>").texts for row in rows]
    return [(texts[1][1], texts[-1][1]) for texts in cells]


def cases_on(server: Server, side: Side) -> list[str]:
    """The cases of a side, as the audit log tells."""
    return [record["case"] for record in AuditLog(learning_folder(server.studies)).read(event="assigned", side=side)]


def shuffled(pieces: Iterable[Piece]) -> dict[str, Volume]:
    """Each case with the lesion of another one, where that lies."""
    pieces = list(pieces)
    wrong = {}
    for piece, other in zip(pieces, pieces[1:] + pieces[:1], strict=True):
        slices = min(piece.label.shape[2], other.label.shape[2])
        label = (piece.label.array > 0).astype(np.uint8)
        label[:, :, :slices][(other.label.array == Label.LESION)[:, :, :slices] & (label[:, :, :slices] > 0)] = 2
        wrong[piece.case] = piece.label.like(label)
    return wrong


@pytest.fixture
def server(servers: Servers, tmp_path: Path, empty_database: Path) -> Server:
    if state_of(find(MODEL)) is not State.INSTALLED:
        pytest.skip("the models are not installed: run `livercad models install`")
    models = models_folder(tmp_path, empty_database)
    shutil.copytree(installed_weights(MODEL).parent, models / MODEL, ignore=shutil.ignore_patterns("champion*"))
    app = shutil.copytree(Path(__file__).parent / "learning_app", tmp_path / "app")
    (tmp_path / "studies").mkdir()
    return servers.start(
        tmp_path, "livercad", "--app-conf", f"validation_share={SHARE}", app=app, LIVERCAD_MODELS=str(models)
    )


@pytest.mark.timeout(2 * WAIT_S)
def test_labels_make_the_champion_better_and_a_rollback_brings_the_old_answers_back(
    server: Server, tmp_path: Path
) -> None:
    pieces = write_pieces(server.studies, CASES)
    server.wait()
    base = answers(server)
    annotator = Annotator(server, pieces, tmp_path)

    wait(lambda: scored(server), lambda count: count >= SCORED)
    annotator.work(FIRST)
    while len(cases_on(server, Side.VALIDATION)) < POOL or len(cases_on(server, Side.TRAINING)) < LEARNT_FROM:
        annotator.work(1)
    trained = train(server, steps=STEPS)
    assert trained["promotion"]["promoted"], trained
    assert champion(server) == 1 and trained["result"]["after"] > trained["result"]["before"]
    assert answers(server) != base

    annotator.work(CASES - len(annotator.given))
    assert sorted(annotator.given) == sorted(pieces)  # each once
    on_page = dice_on_the_page(server)
    dice = [float(told.split()[0]) for _, told in on_page]
    assert [state for state, _ in on_page].count("in use") == 1
    assert dice[-2] > dice[-1] + 0.05  # better than the base
    assert on_page[-2][0] == "in use"

    for case, label in shuffled(pieces[case] for case in cases_on(server, Side.TRAINING)).items():
        annotator.submit(case, label, "Mallory")
    sabotaged = train(server, steps=WRONG_STEPS, seed=1)
    assert sabotaged["state"] == "done" and not sabotaged["promotion"]["promoted"], sabotaged
    assert champion(server) == 1
    # What comes out are the best weights, mostly those that it began with: that it was taught the wrong shows before.
    scores = [each["score"] for each in record_of(server, sabotaged)["history"]]
    assert scores[-1] < scores[0] - WORSE, scores

    assert server.post(f"/livercad/models/{MODEL}/rollback", json={"who": "Oracle"}).status_code == 200
    assert champion(server) == 0
    assert answers(server) == base
