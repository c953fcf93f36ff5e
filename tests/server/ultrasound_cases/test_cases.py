"""Cases of ultrasound stand beside those of CT, and a request for the one is refused for the other."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from fakes import write_case
from server.conftest import Server
from server.ultrasound_cases.clients import (
    NAMES,
    SHAPE,
    case_of,
    grey_of,
    refused,
    write_png,
)
from ultrasound_files import sector


def test_cases_of_both_modalities_are_listed_side_by_side(server: Server) -> None:
    listed = {each["case"]: each for each in server.get("/livercad/cases").json()}
    assert {name: (each["modality"], each["images"]) for name, each in listed.items()} == {
        "clip": ("US", 2), "one": ("CT", 1), "single": ("US", 1), "two": ("US", 2),
    }  # fmt: skip
    assert listed["single"].keys() == listed["one"].keys()
    store = server.get("/datastore/").json()
    assert (store["total"], store["ultrasound"]) == (1, 3)
    assert "one.png" in store["problems"]["one"] and "goes before it" in store["problems"]["one"]


def test_a_case_tells_of_its_images_and_the_lesions_marked(server: Server) -> None:
    assert case_of(server, "one")["modality"] == "CT"
    two = case_of(server, "two")
    a, b = two["images"]
    assert (two["modality"], a["name"], b["name"]) == ("US", "two/a.png", "two/b.png")
    assert (a["rows"], a["columns"], a["frame"], a["spacing_mm"], a["lesions"]) == (*SHAPE, 1, None, [])
    (lesion,) = b["lesions"]
    assert lesion["center"] == pytest.approx([70, 50], abs=0.01)
    assert lesion["diameter"] == pytest.approx(np.hypot(41, 20), abs=1) and lesion["class"] == ""
    frames = case_of(server, "clip")["images"]
    assert [(each["name"], each["frame"]) for each in frames] == [("clip/c.dcm#1", 1), ("clip/c.dcm#2", 2)]
    assert frames[0]["spacing_mm"] == pytest.approx([0.3, 0.2])


def test_an_image_comes_as_grey_png(server: Server) -> None:
    assert np.array_equal(grey_of(server.get("/livercad/cases/two/images/two/a.png")), sector(2, SHAPE))
    assert np.array_equal(grey_of(server.get("/livercad/cases/two/images/two%2Fa.png")), sector(2, SHAPE))
    assert np.array_equal(grey_of(server.get("/livercad/cases/clip/images/clip/c.dcm%232")), sector(5, SHAPE))
    refused(server.get("/livercad/cases/two/images/two/x.png"), 404, "two/a.png")
    for path in ("two/../one.png", "%2e%2e/%2e%2e/etc/passwd", "..%5Cx"):
        assert server.get(f"/livercad/cases/two/images/{path}").status_code in (400, 404)


def test_an_image_that_is_broken_is_told_and_hides_no_other(server: Server) -> None:
    broken = server.studies / "two" / "c.png"
    broken.write_bytes(b"nothing")
    os.utime(server.studies)
    good = server.studies / "two" / "a.png"
    content = good.read_bytes()
    try:
        two = case_of(server, "two")
        assert [each["name"] for each in two["images"]] == ["two/a.png", "two/b.png"]
        (listed,) = two["unusable"]
        assert listed.startswith("two/c.png: found a picture that cannot be read") and str(server.studies) not in listed
        good.write_bytes(content[:-200])  # its header is whole
        refused(server.get("/livercad/cases/two/images/two/a.png"), 400, "two/a.png: found a picture")
        good.write_bytes(b"nothing")  # after the folder was looked at
        two = case_of(server, "two")
        assert [each["name"] for each in two["images"]] == ["two/b.png"]
        assert [reason.split(":")[0] for reason in two["unusable"]] == ["two/c.png", "two/a.png"]
        answer = server.get("/livercad/cases/two/images/two/a.png")
        refused(answer, 400, "two/a.png: found a picture")
        assert str(server.studies) not in answer.text + str(two["unusable"])
    finally:
        broken.unlink()
        good.write_bytes(content)
        os.utime(server.studies)
    assert case_of(server, "two")["unusable"] == []


def test_requests_across_modalities_say_so(server: Server, tmp_path: Path) -> None:
    picture = {"file": ("x.png", write_png(tmp_path / "x.png").read_bytes())}
    nifti = {"file": ("x.nii.gz", write_case(tmp_path, "x", 3).read_bytes())}
    for status, method, path, more in (
        (409, "POST", "/infer/liver?image=single", {}),
        (409, "POST", "/infer/liver_cad?image=two", {}),
        (409, "POST", "/infer/shah2021?image=two", {}),
        (409, "POST", "/infer/ultrasound_lesion?image=one", {}),
        (404, "POST", "/infer/ultrasound_lesion?image=none", {}),
        (400, "POST", "/infer/liver", {"files": picture}),
        (400, "POST", "/infer/ultrasound_lesion", {"files": nifti}),
        (409, "POST", "/infer/ultrasound_lesion?image=single", {"data": {"params": '{"save_label": true}'}}),
        (404, "POST", "/infer/ultrasound_lesion?image=two", {"data": {"params": '{"image_name": "x"}'}}),
        (404, "POST", "/infer/ultrasound_lesion?image=two", {"data": {"params": '{"image_name": [1]}'}}),
        (400, "POST", "/infer/ultrasound_lesion?image=two", {"data": {"params": '{"circles": []}'}}),
        (409, "POST", "/batch/infer/ultrasound_lesion", {}),
        (409, "POST", "/batch/infer/liver", {"json": {"images": ["two"]}}),
        (409, "PUT", "/datastore/label?image=two", {"files": {"label": ("x.nii.gz", b"x")}}),
        (409, "PUT", "/datastore/image/info?image=two", {}),
        (409, "PUT", "/livercad/cases/two/submission", {"data": {"annotation": "{}"}}),
        (409, "GET", "/livercad/cases/two/submission", {}),
        (409, "GET", "/livercad/cases/two/report?model=liver", {}),
        (409, "GET", "/livercad/cases/one/report?model=liver", {}),
        (409, "GET", "/livercad/cases/one/report?model=ultrasound_lesion", {}),
        (404, "GET", "/livercad/cases/two/report?model=none", {}),
        (404, "GET", "/livercad/cases/none/report?model=ultrasound_lesion", {}),
        (503, "GET", "/livercad/cases/two/report?model=qi2019", {}),
        (409, "GET", "/livercad/cases/two/views/1", {}),
        (409, "GET", "/livercad/cases/two/images/two/a.png?registered=true", {}),
        (409, "GET", "/livercad/cases/two/agreement", {}),
        (409, "PUT", "/livercad/cases/two/phases", {"json": {}}),
        (409, "POST", "/livercad/cases/one/circles", {"json": {"circles": []}}),
        (409, "GET", "/livercad/cases/one/circles", {}),
        (404, "GET", "/livercad/cases/none/circles", {}),
        (404, "GET", "/livercad/cases/two/circles?image=x", {}),
    ):
        answer = server.request(method, path, **more)
        assert answer.status_code == status, (method, path, answer.text)
        refused(answer, status)


def test_no_strategy_gives_a_case_of_ultrasound(server: Server) -> None:
    for strategy in ("first", "random", "uncertainty", "hybrid"):
        answer = server.post(f"/activelearning/{strategy}", json={"annotator": f"Ann {strategy}"})
        assert answer.status_code == 200 and answer.json().get("id", "one") == "one", answer.text
    ct = server.studies / "one.nii.gz"
    aside = ct.rename(server.folder / "one.nii.gz")
    try:
        server.get("/livercad/cases")  # looks the folder through, which a strategy need not do at once
        refused(server.post("/activelearning/first", json={}), 409, "ultrasound")
    finally:
        aside.rename(ct)
    assert "one" in {each["case"] for each in server.get("/livercad/cases").json()}


def test_a_file_with_a_name_of_another_encoding_is_told_and_stops_nobody(server: Server) -> None:
    file = write_png(server.studies / "M\udcfcller.png")
    try:
        told = server.get("/info/")
        assert told.status_code == 200, told.text
        assert "no UTF-8" in told.json()["datastore"]["problems"]["M�ller"]
        assert {each["case"] for each in server.get("/livercad/cases").json()} == NAMES
    finally:
        file.unlink()
