"""The routes of the Slicer module's client, against a server process."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from fakes import full_analyzer, synthetic_abdomen, write_case
from livercad.core.annotation import Annotation
from livercad.core.crops import PHASES, crops_of
from livercad.core.findings import Findings
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.server.pending import put_down
from livercad.studies.discover import find_studies
from livercad.studies.nifti import write_volume
from server.abdomens import oblique_abdomen, voxels, write_dicom, write_phases
from server.annotations import annotation_of, maps_of, write_maps
from server.conftest import Server, Servers

OBLIQUE = oblique_abdomen()


@pytest.fixture(scope="module")
def server(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("cases")
    studies = folder / "studies"
    write_case(studies, "one", 0)
    write_phases(studies, "multi")
    for name, phase in (("s1", Phase.ARTERIAL), ("s2", Phase.PORTAL), ("s3", Phase.DELAYED)):
        write_case(studies / "nameless", name, 2, phase=phase)
    for phase in (Phase.ARTERIAL, Phase.PORTAL):
        write_volume(oblique_abdomen(), studies / "oblique" / f"{phase.value}.nii.gz")
    write_dicom(studies / "dicom" / "portal", synthetic_abdomen(4))
    write_case(studies, "torn")
    label, _ = write_maps(folder / "torn", synthetic_abdomen())
    record = {"extension": ".nii.gz", "info": {"version": 1, "ts": 0, "name": "torn.nii.gz"}, "former": 0}
    put_down(studies, "final", "torn", label, record)
    started = servers.start(folder)
    started.wait()
    return started


def read(answer: httpx.Response, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Array and affine of a NIfTI file that was sent."""
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    file = folder / ("sent.nii.gz" if answer.content[:2] == b"\x1f\x8b" else "sent.nii")
    file.write_bytes(answer.content)
    return voxels(file)


def arrays(answer: httpx.Response) -> dict[str, np.ndarray]:
    assert answer.status_code == 200, answer.text
    return dict(np.load(io.BytesIO(answer.content), allow_pickle=False))


def images(server: Server, case: str) -> dict[str, dict[str, Any]]:
    return {image["name"]: image for image in server.get(f"/livercad/cases/{case}").json()["images"]}


def put(server: Server, case: str, folder: Path, annotation: Annotation, **fields: str) -> httpx.Response:
    label, instances = write_maps(folder, synthetic_abdomen(), tuple(each.number for each in annotation.lesions))
    return server.request(
        "PUT",
        f"/livercad/cases/{case}/submission",
        data={"annotation": json.dumps(annotation.to_dict()), **fields},
        files={"label": label.open("rb"), "instances": instances.open("rb")},
    )


def test_every_case_is_listed(server: Server) -> None:
    nothing = {"modality": "CT", "state": None, "has_label": False, "annotator": "", "submitted": "", "version": 0}
    listed = {each.pop("case"): each for each in server.get("/livercad/cases").json()}
    counts = {"dicom": 1, "multi": 2, "nameless": 3, "oblique": 2}
    assert {case: listed[case] for case in counts} == {case: {**nothing, "images": n} for case, n in counts.items()}


def test_no_image_is_opened_for_the_list(server: Server) -> None:
    for number in range(50):
        (server.studies / f"empty-{number}.nii.gz").write_bytes(b"")
    try:
        assert len(server.get("/livercad/cases").json()) >= 54
    finally:
        for number in range(50):
            (server.studies / f"empty-{number}.nii.gz").unlink()


def test_a_case_tells_of_its_images(server: Server) -> None:
    case = server.get("/livercad/cases/multi").json()
    assert (case["case"], case["version"], case["analysed"]) == ("multi", 0, False)
    assert [(i["name"], i["phase"], i["told_by"], i["is_reference"]) for i in case["images"]] == [
        ("arterial", "arterial", "name", False),
        ("portal", "portal", "name", True),
    ]
    for image in case["images"]:
        path = Path(image["path"])
        assert path == server.studies / "multi" / f"{image['name']}.nii.gz"
        assert image["bytes"] == path.stat().st_size


@pytest.mark.parametrize("case", ["none", "..", "a%5Cb", ".hidden", "%2e%2e%2f%2e%2e"])
@pytest.mark.parametrize(
    "route", ["", "/images/x", "/transforms/x", "/views/1", "/report", "/submission", "/submission/label"]
)
def test_a_case_that_is_not_there_is_told(server: Server, case: str, route: str) -> None:
    answer = server.get(f"/livercad/cases/{case}{route}")
    if answer.url.path == "/livercad":  # what the client makes of two dots: the address of the page
        assert answer.status_code == 307 and answer.headers["location"].endswith("/livercad/")
        return
    assert answer.status_code in (400, 404)
    assert isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize("name", ["other", "portal.nii.gz", "%2e%2e%2fmulti", "..%5Cmulti", ".x", "a%00b"])
def test_no_name_of_an_image_leads_anywhere_else(server: Server, name: str) -> None:
    for route in ("images", "transforms"):
        answer = server.get(f"/livercad/cases/one/{route}/{name}")
        assert answer.status_code in (400, 404), answer.text
        assert isinstance(answer.json()["detail"], str)


def test_images_come_as_they_are(server: Server, tmp_path: Path) -> None:
    answer = server.get("/livercad/cases/multi/images/arterial")
    assert answer.content == (server.studies / "multi" / "arterial.nii.gz").read_bytes()
    array, affine = read(server.get("/livercad/cases/oblique/images/portal"), tmp_path)
    assert np.array_equal(array, OBLIQUE.array)
    assert np.allclose(affine, OBLIQUE.affine, atol=1e-4)


def test_dicom_comes_as_nifti_and_is_a_file_from_then_on(server: Server, tmp_path: Path) -> None:
    ((name, image),) = images(server, "dicom").items()
    assert (name, image["phase"], image["path"], image["bytes"]) == ("1.2.826.0.1.3680043.2.1125.1.1", "portal", "", 0)
    array, _ = read(server.get(f"/livercad/cases/dicom/images/{name}"), tmp_path)
    assert array.shape == synthetic_abdomen(4).shape
    after = images(server, "dicom")[name]
    assert Path(after["path"]).stat().st_size == after["bytes"] > 0


def test_registered_images_and_transforms_come_from_the_analysis(server: Server, tmp_path: Path) -> None:
    server.post("/infer/liver?image=one")  # another case's is at hand now
    for route in ("images/arterial?registered=true", "transforms/arterial"):
        answer = server.get(f"/livercad/cases/oblique/{route}")
        assert answer.status_code == 409
        assert "Analyse it first" in answer.json()["detail"]
    assert server.post("/infer/liver_cad?image=oblique").status_code == 200
    assert server.get("/livercad/cases/oblique").json()["analysed"]
    study = next(study for study in find_studies(server.studies).studies if study.case == "oblique")
    expected = full_analyzer()(study)
    for name, image in zip(("arterial", "portal"), expected.phases, strict=True):
        array, affine = read(server.get(f"/livercad/cases/oblique/images/{name}?registered=true"), tmp_path)
        assert array.dtype == np.int16
        assert np.array_equal(array, image.aligned.array)
        assert np.allclose(affine, OBLIQUE.affine, atol=1e-4)
        field = arrays(server.get(f"/livercad/cases/oblique/transforms/{name}"))
        assert field["displacement_mm"].dtype == np.float32
        assert field["displacement_mm"].shape[3:] == (3,) and not field["displacement_mm"].any()
        ends = np.array(field["displacement_mm"].shape[:3]) - 1
        corner = field["affine"] @ (*ends, 1)
        assert np.allclose(corner, OBLIQUE.affine @ (*(np.array(OBLIQUE.shape) - 0.5), 1), atol=1e-3)
    assert not list((server.folder / "tmp").glob("livercad-*/registered-*"))


def test_phases_are_recognised_as_a_job_and_an_annotators_word_wins(server: Server) -> None:
    assert all(not image["probabilities"] for image in images(server, "nameless").values())
    answer = server.post("/livercad/cases/nameless/phases?job=look")
    assert answer.headers["X-LiverCAD-Job"] == "look"
    assert server.get("/livercad/jobs/look").json()["state"] == "done"
    found = {image["name"]: image for image in answer.json()}
    assert found == images(server, "nameless")
    assert {name: (i["phase"], i["told_by"], i["is_reference"]) for name, i in found.items()} == {
        "s1": ("arterial", "image", False),
        "s2": ("portal", "image", True),
        "s3": ("delayed", "image", False),
    }
    assert found["s1"]["probabilities"]["arterial"] == pytest.approx(0.94)

    told = server.request("PUT", "/livercad/cases/nameless/phases", json={"s1": "portal", "s2": "unenhanced"}).json()
    assert {i["name"]: (i["phase"], i["told_by"]) for i in told} == {
        "s1": ("portal", "annotator"),
        "s2": ("unenhanced", "annotator"),
        "s3": (None, "unknown"),
    }
    findings = server.post("/infer/liver_cad?image=nameless&output=json").json()["findings"]
    read = {Path(p["source"]).name: (p["phase"], p["told_by"], p["is_reference"]) for p in findings["phases"]}
    assert read == {
        "s1.nii.gz": ("portal", "annotator", True),
        "s2.nii.gz": ("unenhanced", "annotator", False),
        "s3.nii.gz": ("delayed", "image", False),
    }
    assert any("as the annotator says" in warning["message"] for warning in findings["warnings"])
    assert Findings.from_dict(findings).reference.phase is Phase.PORTAL
    assert server.get("/datastore/image/info?image=nameless").json()["path"].endswith("s1.nii.gz")
    assert "annotator" in server.get("/livercad/cases/nameless/report").text
    back = server.request("PUT", "/livercad/cases/nameless/phases", json={}).json()
    assert {image["told_by"] for image in back} <= {"unknown", "image"}


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"s1": "portal", "s3": "portal"}, 409),
        ({"s9": "portal"}, 404),
        ({"s1": "venous"}, 400),
        ({"s1": None}, 422),
        (["s1"], 422),
    ],
)
def test_phases_that_cannot_be_are_refused(server: Server, words: Any, status: int) -> None:
    answer = server.request("PUT", "/livercad/cases/nameless/phases", json=words)
    assert answer.status_code == status
    assert isinstance(answer.json()["detail"], str)


def test_a_view_is_what_the_client_cuts_from_the_images(server: Server, tmp_path: Path) -> None:
    view = arrays(server.get("/livercad/cases/multi/views/1?job=view"))
    assert server.get("/livercad/jobs/view").json()["state"] == "done"
    findings = Findings.from_dict(server.post("/infer/liver_cad?image=multi&output=json").json()["findings"])
    lesion = findings.lesions[0]
    volumes = {}
    for name in ("arterial", "portal"):
        sent = server.get(f"/livercad/cases/multi/images/{name}?registered=true")
        volumes[Phase(name)] = Volume(*read(sent, tmp_path))
    crops, _ = crops_of(volumes, lesion.center, lesion.diameter_mm)
    assert view["phases"].tolist() == ["arterial", "portal"]
    assert view["crops"].dtype == view["saliency"].dtype == np.float32
    assert np.array_equal(view["crops"], crops[[PHASES.index(Phase(name)) for name in view["phases"]]])
    assert view["saliency"].shape == view["crops"].shape[:1] + view["crops"].shape[2:]
    assert tuple(view["center"]) == lesion.center
    assert float(view["side_mm"]) == pytest.approx(max(24.0, lesion.diameter_mm / 0.6))
    missing = server.get("/livercad/cases/multi/views/99")
    assert missing.status_code == 404
    assert "expected one of 1, 2" in missing.json()["detail"]


def test_the_report_is_the_one_of_a_batch(server: Server) -> None:
    answer = server.get("/livercad/cases/multi/report?job=report")
    assert answer.headers["content-type"].startswith("text/html")
    assert "multi" in answer.text and "Not for diagnosis" in answer.text
    assert server.get("/livercad/jobs/report").json()["model"] == "liver_cad"


def test_an_upload_is_a_case_of_its_phases(server: Server, tmp_path: Path) -> None:
    files = [write_case(tmp_path, name, 5, phase=phase) for name, phase in (("a", Phase.ARTERIAL), ("b", Phase.PORTAL))]
    sending = [("files", (file.name, file.read_bytes())) for file in files]
    data = {"case": "sent in", "phases": json.dumps({"a.nii.gz": "arterial", "b.nii.gz": None})}
    assert server.post("/livercad/cases", data=data, files=sending).json() == {"case": "sent in"}
    assert {name: image["phase"] for name, image in images(server, "sent in").items()} == {
        "arterial": "arterial",
        "b": None,
    }
    again = server.post("/livercad/cases", data=data, files=sending)
    assert again.status_code == 409
    assert "sent in" in {each["case"] for each in server.get("/livercad/cases").json()}


@pytest.mark.parametrize(
    ("data", "names", "status"),
    [
        ({"case": "new"}, (), 400),
        ({}, ("a.nii.gz",), 400),
        ({"case": "../new"}, ("a.nii.gz",), 400),
        ({"case": "new", "phases": "["}, ("a.nii.gz",), 400),
        ({"case": "new", "phases": '{"a.nii.gz": "venous"}'}, ("a.nii.gz",), 400),
        ({"case": "new", "phases": '{"b.nii.gz": "portal"}'}, ("a.nii.gz",), 400),
        ({"case": "new", "phases": '{"a.nii.gz": ["portal"]}'}, ("a.nii.gz",), 400),
        ({"case": "new"}, ("a.nii.gz", "a.nii.gz"), 400),
        ({"case": "new"}, ("a.nii.gz", "a.txt"), 400),
        ({"case": "multi"}, ("a.nii.gz",), 409),
    ],
)
def test_an_upload_that_is_no_case_is_refused_and_leaves_nothing(
    server: Server, tmp_path: Path, data: dict[str, str], names: tuple[str, ...], status: int
) -> None:
    content = write_case(tmp_path, "x", shape=(24, 24, 16)).read_bytes()
    answer = server.post("/livercad/cases", data=data, files=[("files", (name, content)) for name in names] or None)
    assert answer.status_code == status, answer.text
    assert isinstance(answer.json()["detail"], str)
    assert not (server.studies / "new").exists() and not (server.folder / "new").exists()
    assert not list((server.studies / ".livercad").glob("uploads/*"))


def test_a_case_is_submitted_opened_again_and_corrected(server: Server, tmp_path: Path) -> None:
    first = annotation_of("one", (1, 2), comment="first")
    answer = put(server, "one", tmp_path, first, based_on="0")
    assert answer.json()["version"] == 1
    state = server.get("/livercad/cases/one").json()
    assert (state["state"], state["has_label"], state["annotator"]) == ("in_progress", True, "Ann Otator")
    assert (state["version"], state["submitted"]) == (1, answer.json()["submitted"])

    conflict = put(server, "one", tmp_path, annotation_of("one", (3,)), based_on="0")
    assert conflict.status_code == 409
    assert "version 1, submitted by Ann Otator" in conflict.json()["detail"]
    assert (
        put(server, "one", tmp_path, annotation_of("one", (3,), comment="second"), based_on="1").json()["version"] == 2
    )
    assert put(server, "one", tmp_path, annotation_of("one", (4,)), based_on="1", force="true").json()["version"] == 3

    opened = server.get("/livercad/cases/one/submission", params={"version": 1}).json()
    assert (opened["version"], Annotation.from_dict(opened["annotation"])) == (1, first)
    for kind, expected in zip(("label", "instances"), maps_of(synthetic_abdomen()), strict=True):
        sent = server.get(f"/livercad/cases/one/submission/{kind}", params={"version": 1})
        assert np.array_equal(read(sent, tmp_path)[0], expected.array)
    assert server.get("/livercad/cases/one/submission").json()["version"] == 3
    assert [version["version"] for version in server.get("/livercad/labels/one/final").json()] == [1, 2, 3]
    assert server.get("/datastore/label?label=one&tag=final").status_code == 200


def test_an_annotation_of_any_length_may_come_as_a_file(server: Server, tmp_path: Path) -> None:
    long = annotation_of("dicom", (), comment="x" * 3_000_000)
    name = next(iter(images(server, "dicom")))
    grid = Volume(*read(server.get(f"/livercad/cases/dicom/images/{name}"), tmp_path))
    label, instances = write_maps(tmp_path, grid, ())
    text = json.dumps(long.to_dict())
    for based_on, sending in ((0, {"data": {"annotation": text}}), (1, {"files": {"annotation": ("a.json", text)}})):
        files = {"label": label.open("rb"), "instances": instances.open("rb"), **sending.get("files", {})}
        answer = server.request(
            "PUT",
            "/livercad/cases/dicom/submission",
            params={"based_on": based_on},
            data=sending.get("data", {}),
            files=files,
        )
        assert answer.json()["version"] == 1  # the same, sent in another way
    assert len(server.get("/livercad/cases/dicom/submission").json()["annotation"]["comment"]) == 3_000_000


def test_a_save_that_a_kill_has_interrupted_is_finished_at_the_next_start(server: Server, tmp_path: Path) -> None:
    assert server.get("/livercad/cases/torn").json()["version"] == 1
    array, _ = read(server.get("/livercad/cases/torn/submission/label"), tmp_path)
    assert np.array_equal(array, maps_of(synthetic_abdomen())[0].array)
    assert not list((server.studies / ".livercad").glob("pending/final/*"))


def test_a_stock_label_has_a_map_and_no_annotation(server: Server, tmp_path: Path) -> None:
    label, _ = write_maps(tmp_path, synthetic_abdomen(1))
    assert server.get("/livercad/cases/multi/submission").status_code == 404
    sent = server.request("PUT", "/datastore/label?image=multi&tag=final", files={"label": label.open("rb")})
    assert sent.status_code == 200
    assert server.get("/livercad/cases/multi/submission").json()["annotation"] is None
    assert server.get("/livercad/cases/multi/submission/label").content == label.read_bytes()
    assert server.get("/livercad/cases/multi/submission/instances").status_code == 404
    listed = next(each for each in server.get("/livercad/cases").json() if each["case"] == "multi")
    assert (listed["state"], listed["has_label"], listed["version"]) == (None, True, 1)


def test_submissions_that_do_not_fit_are_refused_with_a_sentence(server: Server, tmp_path: Path) -> None:
    whole = annotation_of("oblique", (1,))
    for fields, annotation, status in (
        ({"based_on": "x"}, whole, 400),
        ({"force": "perhaps"}, whole, 400),
        ({}, whole, 400),  # the maps lie on another grid
        ({}, annotation_of("one", (1,)), 400),
    ):
        answer = put(server, "oblique", tmp_path, annotation, **fields)
        assert answer.status_code == status, answer.text
        assert isinstance(answer.json()["detail"], str)
    for body in ({}, {"data": {"annotation": "{}"}}, {"json": {"annotation": {}}}):
        answer = server.request("PUT", "/livercad/cases/oblique/submission", **body)
        assert answer.status_code == 400
        assert "annotation" in answer.json()["detail"]
    assert server.get("/livercad/cases/oblique/submission").status_code == 404
    wrong = server.get("/livercad/cases/oblique/submission?version=zero")
    assert (wrong.status_code, type(wrong.json()["detail"])) == (422, str)


def test_models_are_listed_with_their_cards(server: Server) -> None:
    models = {model["name"]: model for model in server.get("/livercad/models").json()}
    assert set(models) == {
        "liver-leuven",
        "lesions-leuven",
        "phases-phantom",
        "lesion-classes-phantom",
        "lesion-detector-phantom",
        "ultrasound-lesion-phantom",
        "yamakawa2020-phantom",
        "qi2019-phantom",
    }
    for model in models.values():
        assert model["card"].startswith("# ") and model["licence"] and model["version"] and model["task"]
        assert model["installed"] is (model["problem"] == "")
    assert models["phases-phantom"]["installed"]


def test_the_next_sample_is_a_case_without_a_label(server: Server) -> None:
    chosen = server.post("/activelearning/first", json={}).json()["id"]
    assert chosen in {each["case"] for each in server.get("/livercad/cases").json() if not each["has_label"]}
