"""What models say of the cases of the folder, and the report on it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from livercad.core.findings import DISCLAIMER
from livercad.core.ultrasound import Doubt, UltrasoundFindings
from livercad.pipeline.ultrasound_analyzer import report_on
from livercad.reports.ultrasound_page import render_ultrasound_case
from livercad.studies.discover import find_studies
from livercad.studies.ultrasound.cases import image_cases
from server.conftest import Server
from server.ultrasound_cases.clients import (
    CIRCLE,
    SHAPE,
    case_of,
    draw,
    infer,
    refused,
)
from ultrasound_fakes import FakeUltrasoundModel
from ultrasound_files import sector, write_us_dicom


def test_a_model_is_asked_about_the_circles_of_the_request(server: Server) -> None:
    told, picture = infer(server, "yamakawa2020", "two", image_name="two/a.png", circles=[CIRCLE])
    findings = UltrasoundFindings.from_dict(told["findings"])
    (opinion,) = findings.opinions
    assert (findings.case, findings.modality, opinion.image, opinion.circle.center) == (
        "two",
        "US",
        "two/a.png",
        (60, 40),
    )
    assert opinion.probabilities["malignant"]["malignant"] == pytest.approx(sector(2, SHAPE)[40, 60] / 255)
    assert told["label_names"] == {} and told["latencies"]["total"] > 0
    assert (told["saliency"], told["model"]["trained_on"]) == ("two/a.png", "nothing")
    assert picture is not None and picture.shape == SHAPE
    assert picture[40, 60] == 255 and picture[0, 0] == 128 and picture[-1, 0] == 0


def test_a_model_is_asked_about_every_lesion_that_is_marked(server: Server) -> None:
    """Those of the mask; of an image without a lesion, a model that needs a circle says nothing."""
    told, picture = infer(server, "yamakawa2020", "two")
    findings = UltrasoundFindings.from_dict(told["findings"])
    assert [opinion.image for opinion in findings.opinions] == ["two/b.png"]
    assert Doubt.NO_CIRCLE in {warning.code for warning in findings.warnings}
    assert picture is not None and picture[50, 70] == 255
    told, picture = infer(server, "yamakawa2020", "single")
    assert (told["findings"]["opinions"], told["saliency"], picture) == ([], None, None)
    refused(server.post("/infer/yamakawa2020?image=single&output=image"), 409, "circle")
    told, picture = infer(server, "ultrasound_lesion", "clip")
    assert [opinion["circle"] for opinion in told["findings"]["opinions"]] == [None, None]
    shares = [sector(seed, SHAPE).mean() / 255 for seed in (4, 5)]
    assert told["findings"]["probabilities"]["malignant"]["malignant"] == pytest.approx(np.mean(shares))


def test_the_tasks_say_what_they_are(server: Server) -> None:
    models = server.get("/info/").json()["models"]
    for name in ("yamakawa2020", "qi2019", "ultrasound_lesion"):
        told = models[name]
        assert (told["type"], told["dimension"], told["modality"]) == ("classification", 2, "US")
    assert models["yamakawa2020"]["model"]["needs_circle"] and models["yamakawa2020"]["problem"] == ""
    assert models["yamakawa2020"]["model"]["questions"] == {"malignant": ["benign", "malignant"]}
    assert "livercad reproduce qi2019" in models["qi2019"]["problem"]
    refused(server.post("/infer/qi2019?image=single"), 503, "livercad reproduce qi2019")


def page_of(text: str) -> str:
    """A report without the time that it took."""
    return re.sub(r", [^,]{1,12}s\. Places", ". Places", text)


def test_the_report_is_the_one_of_a_batch(server: Server) -> None:
    case = next(each for each in image_cases(server.studies, find_studies(server.studies)).cases if each.case == "two")
    expected = {
        name: render_ultrasound_case(report_on(case, FakeUltrasoundModel(needs_circle=name == "yamakawa2020")))
        for name in ("yamakawa2020", "ultrasound_lesion")
    }
    answer = server.get("/livercad/cases/two/report?model=yamakawa2020&job=picture")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    assert page_of(answer.text) == page_of(expected["yamakawa2020"])
    assert DISCLAIMER in answer.text and answer.text.count("data:image/") >= 4, "Image, square, and what spoke for it."
    assert server.get("/livercad/jobs/picture").json()["model"] == "yamakawa2020"

    infer(server, "ultrasound_lesion", "two")
    assert case_of(server, "two")["analysed"]
    assert page_of(server.get("/livercad/cases/two/report").text) == page_of(expected["ultrasound_lesion"])
    infer(server, "yamakawa2020", "two", image_name="two/a.png", circles=[CIRCLE])
    assert page_of(server.get("/livercad/cases/two/report").text) == page_of(expected["yamakawa2020"]), (
        "By the model that was asked last, of the whole case."
    )
    assert draw(server, "two", image="two/a.png", circles=[{"center": [71, 33], "diameter": 20}]).status_code == 200
    assert not case_of(server, "two")["analysed"]
    page = server.get("/livercad/cases/two/report").text
    assert "at column 71, row 33" in page and "at column 71, row 33" not in expected["yamakawa2020"]
    assert draw(server, "two", image="two/a.png", circles=None).status_code == 200


def test_a_body_that_nobody_would_look_at_is_refused(server: Server) -> None:
    """Else the whole case would be answered for, as if nothing had been wished."""
    wish, path = '{"image_name": "two/a.png"}', "/infer/ultrasound_lesion?image=two&output=json"
    plain, form = {"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"}
    for more, words in (
        ({"content": wish, "extra": {"Content-Type": "application/json"}}, "found Content-Type application/json"),
        ({"content": wish, "extra": plain}, "found Content-Type text/plain"),
        ({"content": iter([wish.encode()]), "extra": plain}, "found Content-Type text/plain"),
        ({"content": wish, "extra": form}, "found a field '{\"image_name"),
        ({"data": {"image_name": "two/a.png"}}, "found a field 'image_name'"),
        ({"data": {"params": "{}"}, "files": {"picture": ("a.png", b"x")}}, "found a field 'picture'"),
    ):
        refused(server.post(path, **more), 400, words, "params, file, label")
    for more in ({}, {"data": {"params": wish}}, {"files": {"params": (None, wish)}}, {"extra": plain}):
        assert server.post(path, **more).status_code == 200


def test_params_that_nobody_can_read_or_write_are_refused_and_break_no_list(server: Server) -> None:
    half = json.dumps({"image_name": "two/a.png", "circles": [{**CIRCLE, "class": "\ud800"}]})
    for params, words in (("[" * 100_000, "recursion"), ('{"a": ' + "9" * 5000 + "}", "digits"), (half, r"\ud800")):
        refused(server.post("/infer/yamakawa2020?image=two", data={"params": params}), 400, "params: ", words)
    assert server.get("/livercad/jobs").status_code == server.get("/livercad/").status_code == 200


def test_an_image_that_is_not_named_is_asked_for_by_the_names_there_are(server: Server, tmp_path: Path) -> None:
    clip = write_us_dicom(tmp_path / "c.dcm", np.stack([sector(1, SHAPE)] * 2), NumberOfFrames=2).read_bytes()
    for params, status in (({"circles": [CIRCLE]}, 400), ({"image_name": "c.dcm"}, 404)):
        answer = server.post(
            "/infer/yamakawa2020", data={"params": json.dumps(params)}, files={"file": ("mine.dcm", clip)}
        )
        refused(answer, status, "one of", "mine.dcm#1, mine.dcm#2")
        assert "cases/mine" not in answer.text, "The server has no such case."
