"""The real app with the real networks, on phantoms: what the server answers is what a batch writes."""

from __future__ import annotations

import base64
import io
import json
import shutil
import signal
import time

import numpy as np
import pytest
from monailabel.client import MONAILabelClient
from PIL import Image

from livercad.core.circle import Circle
from livercad.core.findings import DISCLAIMER
from livercad.core.ultrasound import UltrasoundFindings
from livercad.models.install import State, state_of
from livercad.models.registry import load_registry
from livercad.phantom.studies import write_ct_studies
from livercad.phantom.ultrasound.making import Options, write_ultrasound
from livercad.pipeline.analyzer import Analyzer
from livercad.server.guard import PAGE
from livercad.settings import Settings
from livercad.studies.discover import find_studies
from livercad.studies.ultrasound.pictures import read_picture
from livercad.ultrasound.load import load_default
from server.conftest import ROOT, Server, Servers

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def server(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """On one case of CT, and a picture of ultrasound that nothing is marked on."""
    if any(state_of(entry) is not State.INSTALLED for entry in load_registry().values()):
        pytest.skip("the models are not installed: run `livercad models install`")
    folder = tmp_path_factory.mktemp("real")
    write_ct_studies(folder, 1, seed=3, shape=(128, 128, 80), spacing=(3.0, 3.0, 3.0))
    (row, *_) = write_ultrasound(folder / "phantom", Options(cases=1, columns=192, seed=3))
    shutil.copy(folder / "phantom" / row.image, folder / "studies" / "sono.png")
    return servers.start(folder, "livercad", "--app-conf", "scoring=false", app=ROOT / "monailabel_app")


def test_the_served_networks_find_what_a_batch_finds(server: Server) -> None:
    study = find_studies(server.studies).studies[0]
    expected = Analyzer.load(Settings())(study).findings.to_dict()
    server.wait()
    _, answer = MONAILabelClient(server.url).infer("lesion_detection", study.case, {})
    found = answer["findings"]
    assert expected["lesions"]
    for findings in (found, expected):
        del findings["timings_s"]
    assert found == expected


def test_the_served_default_model_of_ultrasound_is_asked_drawn_for_and_reported_on(server: Server) -> None:
    server.wait()
    (case,) = (each for each in server.get("/livercad/cases").json() if each["modality"] == "US")
    assert (case["case"], case["images"]) == ("sono", 1)
    circle = {"center": [70.0, 60.0], "diameter": 40.0}
    params = json.dumps({"circles": [circle], "each_saliency": True})
    told = server.post("/infer/ultrasound_lesion?image=sono&output=json", data={"params": params}).json()
    opinions = UltrasoundFindings.from_dict(told["findings"]).opinions
    model, (grey, _) = load_default(), read_picture(server.studies / "sono.png")
    expected = [model(grey, None), model(grey, Circle((70.0, 60.0), 40.0))]
    assert [each.circle is None for each in opinions] == [True, False]
    for opinion, saliency, answer in zip(opinions, told["each_saliency"], expected, strict=True):
        for question, classes in answer.probabilities.items():
            # Networks in bfloat16 round otherwise in another number of threads.
            assert opinion.probabilities[question] == pytest.approx(classes, abs=0.02)
        sent = np.asarray(Image.open(io.BytesIO(base64.b64decode(saliency))), dtype=float) / 255
        assert np.abs(sent - answer.saliency).mean() < 0.02

    saved = server.post("/livercad/cases/sono/circles", json={"circles": [circle], "annotator": "Ann"}).json()
    assert saved["version"] == 1
    page = server.get("/livercad/cases/sono/report?job=report")
    assert page.status_code == 200 and DISCLAIMER in page.text
    assert model.title in page.text and "at column 70, row 60" in page.text
    assert server.get("/livercad/jobs/report").json()["model"] == "ultrasound_lesion"
    assert server.get("/livercad/cases/sono").json()["analysed"]


def test_a_server_whose_networks_are_at_work_ends_as_it_is_told_to(servers: Servers, server: Server) -> None:
    server.process.terminate()
    server.process.wait(timeout=20)  # a folder has one server at a time
    scoring = servers.start(server.folder, "livercad", app=ROOT / "monailabel_app")
    scoring.wait()
    for _ in range(600):
        if "Scores for the strategies: working" in scoring.get(PAGE).text:
            break
        time.sleep(0.1)
    else:
        raise AssertionError("nothing is scored")
    scoring.process.send_signal(signal.SIGINT)
    assert scoring.process.wait(timeout=40) == 0, scoring.log.read_text()[-500:]
