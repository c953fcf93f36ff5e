"""Ultrasound images in a served folder, beside CT: a server process, and what clients send and get."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from monailabel.client import MONAILabelClient
from PIL import Image
from requests_toolbelt import MultipartDecoder

from fakes import write_case
from livercad.core.findings import DISCLAIMER
from livercad.core.ultrasound import Doubt, UltrasoundFindings
from livercad.pipeline.ultrasound_analyzer import report_on
from livercad.reports.ultrasound_page import render_ultrasound_case
from livercad.server.flat_images import MOST_PIXELS
from livercad.studies.discover import find_studies
from livercad.studies.ultrasound.cases import image_cases
from livercad.studies.ultrasound.folder import find_images
from livercad.studies.ultrasound.rows import read_annotations
from server.conftest import Server, Servers
from ultrasound_fakes import FakeUltrasoundModel
from ultrasound_files import region, sector, write_us_dicom

SHAPE = (96, 128)
CIRCLE = {"center": [60.0, 40.0], "diameter": 30.0}
HEMANGIOMA = {**CIRCLE, "class": "hemangioma"}
NAMES = {"clip", "one", "single", "two"}


def write_png(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sector(seed, SHAPE)).save(path)
    return path


@pytest.fixture(scope="module")
def server(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("ultrasound")
    studies = folder / "studies"
    write_case(studies, "one", 0)
    write_png(studies / "one.png")
    write_png(studies / "single.png", 1)
    write_png(studies / "two" / "a.png", 2)
    write_png(studies / "two" / "b.png", 3)
    mask = np.zeros(SHAPE, np.uint8)
    mask[40:61, 50:91] = 255
    Image.fromarray(mask).save(studies / "two" / "b_mask.png")
    (studies / "clip").mkdir()
    frames = np.stack([sector(seed, SHAPE) for seed in (4, 5)])
    tags = {"NumberOfFrames": 2, "SequenceOfUltrasoundRegions": [region(0.02, 0.03)]}
    write_us_dicom(studies / "clip" / "c.dcm", frames, **tags)
    started = servers.start(folder)
    started.wait()
    return started


def case_of(server: Server, name: str) -> dict[str, Any]:
    answer = server.get(f"/livercad/cases/{name}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def grey_of(answer: httpx.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    picture = Image.open(io.BytesIO(answer.content))
    assert (picture.format, picture.mode) == ("PNG", "L")
    return np.asarray(picture)


def infer(server: Server, model: str, case: str = "", **more: Any) -> tuple[dict[str, Any], np.ndarray | None]:
    """JSON and picture of an answer."""
    files = {"file": ("sent.png", more.pop("file"))} if "file" in more else None
    answer = server.post(f"/infer/{model}?image={case}", data={"params": json.dumps(more)}, files=files)
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"] == "application/json":
        return answer.json(), None
    told, picture = MultipartDecoder(answer.content, answer.headers["content-type"]).parts
    return json.loads(told.text), np.asarray(Image.open(io.BytesIO(picture.content)))


def draw(server: Server, case: str, **said: Any) -> httpx.Response:
    return server.post(f"/livercad/cases/{case}/circles", json=said)


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    reason = answer.json()["detail"]
    assert "found" in reason and "expected" in reason, reason
    for word in words:
        assert word in reason, reason


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


def test_a_file_of_the_clients_own_is_asked_about(server: Server, tmp_path: Path) -> None:
    data = write_png(tmp_path / "mine.png", 9).read_bytes()
    told, picture = infer(server, "yamakawa2020", file=data, circles=[CIRCLE])
    assert told["findings"]["case"] == "sent"
    assert told["findings"]["opinions"][0]["circle"]["diameter"] == 30
    assert picture is not None and picture.shape == SHAPE
    assert {each["case"] for each in server.get("/livercad/cases").json()} == NAMES
    dicom = write_us_dicom(tmp_path / "mine", sector(9, SHAPE), Modality="OT").read_bytes()
    answer = server.post("/infer/ultrasound_lesion?output=json", files={"file": ("IM_0001", dicom)})
    (image,) = answer.json()["findings"]["images"]
    assert (image["name"], image["source"]) == ("IM_0001", "IM_0001") and str(server.folder) not in answer.text


def test_a_dicom_file_may_be_kept_in_a_session(server: Server, tmp_path: Path) -> None:
    clip = write_us_dicom(tmp_path / "clip.dcm", np.stack([sector(6, SHAPE), sector(7, SHAPE)]), NumberOfFrames=2)
    session = server.request("PUT", "/session/", files={"files": (clip.name, clip.read_bytes())}).json()["session_id"]
    params = {"image_name": "clip.dcm#2", "circles": [CIRCLE], "each_saliency": True}
    answer = server.post(
        f"/infer/yamakawa2020?session_id={session}&output=json", data={"params": json.dumps(params)}
    ).json()
    (opinion,) = answer["findings"]["opinions"]
    assert [each["source"] for each in answer["findings"]["images"]] == ["clip.dcm"]
    assert opinion["probabilities"]["malignant"]["malignant"] == pytest.approx(sector(7, SHAPE)[40, 60] / 255)
    assert len(answer["each_saliency"]) == 1
    assert {each["case"] for each in server.get("/livercad/cases").json()} == NAMES
    refused(server.post(f"/infer/liver?session_id={session}"), 400, "a picture or ultrasound (clip.dcm)")
    assert server.request("DELETE", f"/session/{session}").status_code == 200
    refused(server.post(f"/infer/yamakawa2020?session_id={session}"), 404, "session")


def test_what_is_wrong_with_a_file_is_one_sentence_with_its_own_name(server: Server, tmp_path: Path) -> None:
    picture = write_png(tmp_path / "x.png").read_bytes()
    clip = write_us_dicom(tmp_path / "c.dcm", np.stack([sector(1, SHAPE)] * 2), NumberOfFrames=2).read_bytes()
    nifti = write_case(tmp_path, "ct", 3).read_bytes()
    for name, data, words in (
        ("mine.png", picture[:300], ("mine.png: found a picture that cannot be read",)),
        ("words.png", b"no picture", ("words.png: found a picture that cannot be read", "identify image file 'words")),
        ("film.dcm", clip[:-100], ("film.dcm: found a DICOM file that cannot be read",)),
        ("ct.nii.gz", nifti, ("ct.nii.gz: found no ultrasound image",)),
        ("a_mask.png", picture, ("a_mask.png: its name says that it is a mask",)),
    ):
        session = server.request("PUT", "/session/", files={"files": (name, data)}).json()["session_id"]
        answers = [
            server.post("/infer/ultrasound_lesion", files={"file": (name, data)}),
            server.post(f"/infer/ultrasound_lesion?session_id={session}"),
        ]
        if words[0].startswith(("mine", "words", "film")):
            answers.append(put(server, name.partition(".")[0], tmp_path / name, data))
        for answer in answers:
            refused(answer, 400, *words)
            reason = answer.json()["detail"]
            assert reason.count(": found ") == reason.count("; expected ") == 1, reason
            assert str(server.folder) not in reason and "tmp" not in reason, reason
    for path in ("/infer/liver", "/infer/liver_cad"):
        answer = server.post(path, files={"file": ("torn.nii.gz", nifti[:2000])})
        refused(answer, 400, "torn.nii.gz: found")
        assert str(server.folder) not in answer.text, answer.text
    answer = put(server, "new", tmp_path / "torn.nii.gz", nifti[:2000])
    refused(answer, 400, "new.nii.gz: found")
    assert str(server.folder) not in answer.text, answer.text
    refused(put(server, "new", tmp_path / "x.txt", b"words"), 400, "image 'new': found a file of another kind (.txt)")


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


def test_the_tasks_say_what_they_are(server: Server) -> None:
    models = server.get("/info/").json()["models"]
    for name in ("yamakawa2020", "qi2019", "ultrasound_lesion"):
        told = models[name]
        assert (told["type"], told["dimension"], told["modality"]) == ("classification", 2, "US")
    assert models["yamakawa2020"]["model"]["needs_circle"] and models["yamakawa2020"]["problem"] == ""
    assert models["yamakawa2020"]["model"]["questions"] == {"malignant": ["benign", "malignant"]}
    assert "livercad reproduce qi2019" in models["qi2019"]["problem"]
    refused(server.post("/infer/qi2019?image=single"), 503, "livercad reproduce qi2019")


def test_circles_are_kept_with_their_history_and_read_by_every_command(server: Server) -> None:
    first = draw(server, "single", image="single.png", circles=[CIRCLE], annotator="Ann", note="unsure").json()
    assert (first["version"], first["annotator"], first["note"], first["is_current"]) == (1, "Ann", "unsure", True)
    again = draw(server, "single", circles=[CIRCLE], annotator="Ann", note="unsure")
    assert again.json()["version"] == 1, "The same once more, as after an answer that was lost, is the same version."
    second = {"center": [20.123, 30.456], "diameter": 12, "class": "HCC"}
    assert draw(server, "single", circles=[HEMANGIOMA, second], annotator="Ben", based_on=1).json()["version"] == 2
    refused(draw(server, "single", circles=[], annotator="Ann", based_on=1), 409, "version 2 by Ben")

    (image,) = case_of(server, "single")["images"]
    kept = [HEMANGIOMA, {"center": [20.12, 30.46], "diameter": 12.0, "class": "hcc"}]
    assert (image["lesions"], image["version"], image["annotator"]) == (kept, 2, "Ben")
    state = next(each for each in server.get("/livercad/cases").json() if each["case"] == "single")
    assert (state["has_label"], state["annotator"], state["version"]) == (True, "Ben", 2)
    versions = server.get("/livercad/cases/single/circles").json()
    assert [(each["version"], len(each["circles"]), each["is_current"]) for each in versions] == [
        (1, 1, False), (2, 2, True),
    ]  # fmt: skip
    told, _ = infer(server, "yamakawa2020", "single")
    assert [opinion["circle"]["center"] for opinion in told["findings"]["opinions"]] == [[60, 40], [20.12, 30.46]]

    listed = {each.name: each for each in find_images(server.studies).images}
    assert [(each.circle.center, each.kind) for each in listed["single.png"].lesions] == [
        ((60, 40), "hemangioma"), ((20.12, 30.46), "hcc"),
    ]  # fmt: skip
    assert len(listed["two/b.png"].lesions) == 1, "Images that nobody has drawn on are as they were."
    page = server.get("/livercad/").text
    assert "<b>3</b> of ultrasound" in page and "circles" in page and "Ben" in page


def test_what_was_drawn_on_a_frame_is_that_frames_and_may_be_taken_back(server: Server) -> None:
    assert draw(server, "clip", image="clip/c.dcm#2", circles=[CIRCLE]).status_code == 200
    first, second = case_of(server, "clip")["images"]
    assert (first["lesions"], len(second["lesions"])) == ([], 1)
    assert draw(server, "clip", image="clip/c.dcm#2", circles=[], **{"class": "Normal"}).json()["class"] == "normal"
    assert [(each["lesions"], each["class"]) for each in case_of(server, "clip")["images"]] == [
        ([], ""),
        ([], "normal"),
    ]
    assert draw(server, "two", image="two/b.png", circles=[]).status_code == 200
    assert case_of(server, "two")["images"][1]["lesions"] == []
    assert draw(server, "two", image="two/b.png", circles=None).json()["version"] == 2
    image = case_of(server, "two")["images"][1]
    assert (len(image["lesions"]), image["version"]) == (1, 2), "The mask tells again, and a next one is based on that."


def test_the_table_of_all_images_can_be_downloaded(server: Server, tmp_path: Path) -> None:
    assert draw(server, "single", circles=[HEMANGIOMA], annotator="Cleo").status_code == 200
    answer = server.get("/livercad/annotations.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    shutil.copytree(server.studies / "two", tmp_path / "two")
    shutil.copytree(server.studies / "clip", tmp_path / "clip")
    shutil.copy(server.studies / "single.png", tmp_path)
    (tmp_path / "annotations.csv").write_bytes(answer.content)
    rows = {(row.case, row.image, row.frame): row for row in read_annotations(tmp_path / "annotations.csv")}
    assert rows["single", "single.png", None].kind == "hemangioma"
    assert ("clip", "clip/c.dcm", 2) in rows and rows["two", "two/a.png", None].circle is None
    listed = {each.name: each for each in find_images(tmp_path).images}
    assert listed["single.png"].lesions[0].circle.diameter == 30
    assert listed["two/b.png"].lesions[0].circle.center == pytest.approx((70, 50), abs=0.01)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"circles": [{"center": [128, 40], "diameter": 5}]}, ("outside of the image", "127.5")),
        ({"circles": [{"center": [60, -0.6], "diameter": 5}]}, ("outside of the image",)),
        ({"circles": [{"center": [60, 40], "diameter": 0}]}, ("diameter", "circle 1")),
        ({"circles": [CIRCLE, {"center": [60, 40], "diameter": 161}]}, ("circle 2", "160")),
        ({"circles": [{"center": [60, 40], "diameter": "5"}]}, ("diameter",)),
        ({"circles": [{"center": [60], "diameter": 5}]}, ("center",)),
        ({"circles": [{"center": [True, 40], "diameter": 5}]}, ("center",)),
        ({"circles": [{"center": [60, 40]}]}, ("circle 1",)),
        ({"circles": [{**CIRCLE, "radius": 3}]}, ("circle 1",)),
        ({"circles": [{**CIRCLE, "class": "a\nb"}]}, ("class",)),
        ({"circles": [CIRCLE] * 201}, ("a list of 201", "200")),
        ({"circles": {}}, ("circles", "a list")),
        ({}, ("circles", "nothing")),
        ({"circles": [CIRCLE], "class": "normal"}, ("class",)),
        ({"circles": [], "based_on": -1}, ("based_on",)),
        ({"circles": [], "note": 3}, ("note",)),
        ({"circles": [], "annotator": 3}, ("annotator",)),
        ({"circles": [], "other": 3}, ("other",)),
        ({"circles": [], "image": 3}, ("image",)),
    ],
)
def test_circles_that_are_none_are_refused_and_nothing_is_saved(
    server: Server, said: dict[str, Any], words: tuple[str, ...]
) -> None:
    before = server.get("/livercad/cases/two/circles").json()
    refused(draw(server, "two", **{"image": "two/a.png", **said}), 400, *words)
    assert server.get("/livercad/cases/two/circles").json() == before


def test_numbers_that_json_does_not_have_are_refused(server: Server) -> None:
    for number in ("NaN", "Infinity", "1e999", "1" * 400):
        body = f'{{"image": "two/a.png", "circles": [{{"center": [60, 40], "diameter": {number}}}]}}'
        refused(
            server.post("/livercad/cases/two/circles", content=body, extra={"Content-Type": "application/json"}), 400
        )
        params = body.replace('"image"', '"image_name"')
        refused(server.post("/infer/yamakawa2020?image=two", data={"params": params}), 400, "diameter")


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


def test_stock_clients_see_upload_and_remove_images(server: Server, tmp_path: Path) -> None:
    client = MONAILabelClient(server.url)
    image = write_png(tmp_path / "mine.png", 8)
    assert client.upload_image(str(image), "uploaded")["image"] == "uploaded"
    assert client.upload_image(str(image), "uploaded")["image"] == "uploaded"
    assert server.get("/datastore/image", params={"image": "uploaded"}).content == image.read_bytes()
    entry = client.datastore()["objects"]["uploaded"]
    assert (entry["image"]["ext"], entry["image"]["info"]["modality"], entry["labels"]) == (".png", "US", {})
    (told,) = client.infer("ultrasound_lesion", "uploaded", {})[1:]
    assert told["findings"]["case"] == "uploaded"

    other = write_png(tmp_path / "other.png", 7)
    assert draw(server, "uploaded", circles=[CIRCLE], annotator="Ann").status_code == 200
    refused(put(server, "uploaded", other), 409)
    (server.studies / "uploaded.png").unlink()
    refused(put(server, "uploaded", other), 409, "circles", "Ann")
    assert put(server, "uploaded", image).status_code == 200
    assert len(case_of(server, "uploaded")["images"][0]["lesions"]) == 1

    assert server.request("DELETE", "/datastore/image", params={"id": "uploaded"}).status_code == 200
    assert not (server.studies / "uploaded.png").exists()
    assert put(server, "uploaded", other).status_code == 200
    assert case_of(server, "uploaded")["images"][0]["lesions"] == [], "Circles of a removed image are history."
    assert server.request("DELETE", "/datastore/image", params={"id": "uploaded"}).status_code == 200
    refused(server.request("DELETE", "/datastore/image", params={"id": "two"}), 409)


def put(server: Server, name: str, file: Path, content: bytes | None = None) -> httpx.Response:
    data = {"file": (file.name, file.read_bytes() if content is None else content)}
    return server.request("PUT", "/datastore/image", params={"image": name}, files=data)


def test_dicom_is_uploaded_and_what_is_no_image_is_refused(server: Server, tmp_path: Path) -> None:
    clip = write_us_dicom(tmp_path / "c.dcm", np.stack([sector(1, SHAPE)] * 2), NumberOfFrames=2)
    assert put(server, "sent-clip", clip).json() == {"image": "sent-clip"}
    names = [each["name"] for each in case_of(server, "sent-clip")["images"]]
    assert names == ["sent-clip.dcm#1", "sent-clip.dcm#2"]
    before = {path.name for path in server.studies.iterdir()}
    picture = write_png(tmp_path / "x.png")
    torn = tmp_path / "torn.png"
    torn.write_bytes(picture.read_bytes()[:200])
    huge = tmp_path / "huge.png"
    Image.new("1", (8193, MOST_PIXELS // 8192)).save(huge)
    ct = write_us_dicom(tmp_path / "ct.dcm", sector(1, SHAPE), Modality="CT", SeriesInstanceUID="1.2")
    for status, name, file in (
        (400, "torn", torn),
        (400, "huge", huge),
        (400, "ct", ct),
        (400, "a_mask", picture),
        (409, "one", picture),
        (409, "two", picture),
        (409, "single", write_case(tmp_path, "single", 5)),
    ):
        refused(put(server, name, file), status)
    answer = server.post("/infer/ultrasound_lesion", files={"file": ("huge.png", huge.read_bytes())})
    refused(answer, 400, "pixels")
    new = {"case": "single", "phases": "{}"}
    files = {"files": ("portal.nii.gz", write_case(tmp_path / "new", "portal", 5).read_bytes())}
    refused(server.post("/livercad/cases", data=new, files=files), 409)
    assert {path.name for path in server.studies.iterdir()} == before
    assert server.request("DELETE", "/datastore/image", params={"id": "sent-clip"}).status_code == 200
