"""A stock MONAI Label client against a real server process."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from monailabel.client import MONAILabelClient

from fakes import full_analyzer, synthetic_abdomen, write_case
from livercad.core.findings import Findings
from livercad.core.volume import Volume
from livercad.studies.discover import find_studies
from livercad.studies.nifti import write_volume
from server.abdomens import oblique_abdomen, voxels, write_dicom, write_oblique, write_phases
from server.conftest import Server, Servers


@pytest.fixture(scope="module")
def server(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("stock")
    studies = folder / "studies"
    write_case(studies, "one", 0)
    write_phases(studies, "multi")
    write_oblique(studies, "oblique")
    write_dicom(studies / "dicom", synthetic_abdomen(4))
    started = servers.start(folder)
    started.wait()
    return started


@pytest.fixture
def client(server: Server, tmp_path: Path) -> MONAILabelClient:
    return MONAILabelClient(server.url, tmpdir=str(tmp_path), client_id="test")


def find(server: Server, case: str):
    return next(study for study in find_studies(server.studies).studies if study.case == case)


def without_times(findings: dict) -> dict:
    return {**findings, "timings_s": {}}


def test_info_lists_the_tasks_and_says_what_it_is(client: MONAILabelClient) -> None:
    info = client.info()
    assert {name: model["type"] for name, model in info["models"].items()} == {
        "liver": "segmentation",
        "lesions": "segmentation",
        "lesion_detection": "detection",
        "liver_cad": "segmentation",
        "lesion_classification": "classification",
        "yasaka2018": "classification",
        "shah2021": "detection",
        "aluko2018_faster_rcnn": "detection",
        "yamakawa2020": "classification",
        "qi2019": "classification",
        "ultrasound_lesion": "classification",
    }
    assert info["labels"] == {"liver": 1, "lesion": 2}
    strategies = {"classification", "diversity", "first", "hybrid", "random", "uncertainty"}
    assert set(info["strategies"]) == strategies
    assert info["datastore"]["total"] == 4
    assert "Research software" in info["disclaimer"]


@pytest.mark.parametrize("case", ["one", "multi", "oblique", "dicom"])
def test_server_and_batch_find_the_same(client: MONAILabelClient, server: Server, case: str) -> None:
    expected = full_analyzer()(find(server, case))
    label, params = client.infer("lesions", case, {})
    array, affine = voxels(Path(label))
    assert without_times(params["findings"]) == without_times(expected.findings.to_dict())
    assert np.array_equal(array > 0, expected.liver.array > 0)
    assert np.array_equal(array == 2, expected.lesions.array > 0)
    assert np.allclose(affine, expected.reference.affine, atol=1e-4)
    assert params["label_names"] == {"liver": 1, "lesion": 2}
    assert params["latencies"]["total"] >= 0
    assert len(Findings.from_dict(params["findings"]).lesions) == 2


def test_the_liver_task_counts_lesions_as_liver(client: MONAILabelClient, server: Server) -> None:
    label, params = client.infer("liver", "one", {})
    array, _ = voxels(Path(label))
    assert np.array_equal(array, full_analyzer()(find(server, "one")).liver.array)
    assert params["label_names"] == {"liver": 1}


def test_boxes_are_markups_around_the_lesions(client: MONAILabelClient, server: Server) -> None:
    file, params = client.infer("lesion_detection", "oblique", {})
    rois = json.loads(Path(file).read_text())["markups"]
    lesions = Findings.from_dict(params["findings"]).lesions
    instances = full_analyzer()(find(server, "oblique")).lesions
    assert len(rois) == len(lesions) == 2
    for roi, lesion in zip(rois, lesions, strict=True):
        assert (roi["type"], roi["coordinateSystem"], roi["coordinateUnits"]) == ("ROI", "RAS", "mm")
        assert f"{lesion.score:.2f}" in roi["name"]
        centers = np.argwhere(instances.array == lesion.number) @ instances.affine[:3, :3].T + instances.affine[:3, 3]
        half = np.array(roi["size"]) / 2
        assert (np.abs(centers - roi["center"]) <= half).all()


def test_a_dicom_case_is_downloaded_as_nifti(server: Server, tmp_path: Path) -> None:
    answer = server.get("/datastore/image", params={"image": "dicom"})
    (tmp_path / "dicom.nii.gz").write_bytes(answer.content)
    ours = sitk.ReadImage(str(tmp_path / "dicom.nii.gz"))
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(server.studies / "dicom")))
    theirs = reader.Execute()
    assert np.array_equal(sitk.GetArrayFromImage(ours), sitk.GetArrayFromImage(theirs))
    assert np.allclose(ours.GetDirection(), theirs.GetDirection(), atol=1e-5)
    assert np.allclose(ours.GetOrigin(), theirs.GetOrigin(), atol=1e-3)


def test_next_samples_are_given_until_all_are_labelled(client: MONAILabelClient) -> None:
    assert client.next_sample("first", {})["id"] == "dicom"
    for _ in range(3):
        sample = client.next_sample("random", {})
        assert sample["id"] in {"one", "multi", "oblique", "dicom"}
        assert sample["name"] == f"{sample['id']}.nii.gz"


def test_a_label_is_saved_and_loaded_on_its_grid(client: MONAILabelClient, server: Server, tmp_path: Path) -> None:
    image = oblique_abdomen()
    for value in (1, 2):
        mask = ((image.array > 50) * value).astype(np.uint8)
        write_volume(image.like(mask), tmp_path / "label.nii.gz")
        saved = client.save_label("oblique", str(tmp_path / "label.nii.gz"), "final", {"round": value})
        assert saved["image"] == saved["label"] == "oblique"
    array, affine = voxels(Path(client.download_label("oblique", "final")))
    assert np.array_equal(array, mask)
    assert np.allclose(affine, image.affine, atol=1e-4)
    assert client.datastore()["objects"]["oblique"]["labels"]["final"]["info"]["round"] == 2

    versions = server.get("/livercad/labels/oblique/final").json()
    assert [(v["version"], v["is_current"], v["info"]["round"]) for v in versions] == [(1, False, 1), (2, True, 2)]
    (tmp_path / "old.nii.gz").write_bytes(server.get("/livercad/labels/oblique/final/1").content)
    assert voxels(tmp_path / "old.nii.gz")[0].max() == 1


def test_a_batch_runs_with_default_parameters_on_a_cpu(server: Server) -> None:
    task = server.post("/batch/infer/lesions").json()
    for _ in range(100):
        state = server.get("/batch/infer").json()
        if state["status"] not in ("SUBMITTED", "RUNNING"):
            break
        time.sleep(0.1)
    assert (state["id"], state["status"]) == (task["id"], "DONE"), state
    assert server.get("/batch/infer", params={"check_if_running": True}).status_code == 404
    objects = server.get("/datastore/", params={"output": "all"}).json()["objects"]
    assert all("original" in entry["labels"] for entry in objects.values())
    kept = objects["one"]["labels"]["original"]["info"]["params"]["findings"]
    assert Findings.from_dict(kept).case == "one"


def test_a_batch_of_chosen_cases_answers_with_their_results(server: Server) -> None:
    wishes = {"images": ["one"], "multi_gpu": True, "device": "cuda"}
    results = server.post("/batch/infer/lesion_detection?run_sync=true", json=wishes).json()
    assert list(results) == ["one"]
    assert len(results["one"]["params"]["findings"]["lesions"]) == 2
    labels = server.get("/datastore/", params={"output": "all"}).json()["objects"]["one"]["labels"]
    assert labels["boxes"]["ext"] == ".json"
    assert labels.get("original", {"ext": ".nii.gz"})["ext"] == ".nii.gz"


def test_a_case_that_fails_does_not_stop_a_batch(server: Server) -> None:
    empty = synthetic_abdomen()
    write_volume(Volume(np.full_like(empty.array, -1000), empty.affine), server.studies / "a-empty.nii.gz")
    try:
        results = server.post("/batch/infer/lesions?run_sync=true", json={"images": ["a-empty", "one"]}).json()
        state = server.get("/batch/infer").json()
    finally:
        (server.studies / "a-empty.nii.gz").unlink()
    assert results["a-empty"] == {}
    assert results["one"]["label"] == "one"
    assert state["status"] == "ERROR"
    assert [line.split(":")[0] for line in state["details"]] == ["a-empty", "one"]


def test_an_image_of_the_clients_own_is_analysed_and_forgotten(
    client: MONAILabelClient, server: Server, tmp_path: Path
) -> None:
    image = write_case(tmp_path / "mine", "mine", 8)
    label, params = client.infer("lesions", "", {}, file=str(image))
    assert voxels(Path(label))[0].max() == 2
    assert params["findings"]["case"] == "mine"
    assert [phase["source"] for phase in params["findings"]["phases"]] == ["mine.nii.gz"]
    assert "mine" not in client.datastore()["objects"]
    time.sleep(0.2)  # files are removed after the answer
    assert not list((server.folder / "tmp").glob("livercad-*/infer-*"))


def test_an_image_may_be_kept_in_a_session(client: MONAILabelClient, tmp_path: Path) -> None:
    session = client.create_session(str(write_case(tmp_path / "mine", "mine", 8)))["session_id"]
    label, _ = client.infer("liver", "", {}, session_id=session)
    assert voxels(Path(label))[0].max() == 1
    client.remove_session(session)
    with pytest.raises(Exception, match="404"):
        client.infer("liver", "", {}, session_id=session)


def test_an_image_is_uploaded_into_the_datastore(client: MONAILabelClient, server: Server, tmp_path: Path) -> None:
    image = write_case(tmp_path / "mine", "mine", 8)
    assert client.upload_image(str(image), "uploaded")["image"] == "uploaded"
    assert server.get("/datastore/image", params={"image": "uploaded"}).content == image.read_bytes()
    assert server.request("DELETE", "/datastore/image", params={"id": "uploaded"}).status_code == 200
    assert "uploaded" not in client.datastore()["objects"]


def test_requests_for_what_is_not_there_say_so(server: Server, tmp_path: Path) -> None:
    label = {"label": ("x.nii.gz", b"no label")}
    for status, method, path, more in (
        (404, "POST", "/infer/nothing?image=one", {}),
        (404, "POST", "/infer/liver?image=nothing", {}),
        (503, "POST", "/infer/yasaka2018?image=one", {}),
        (503, "POST", "/infer/shah2021?image=one", {}),
        (503, "POST", "/infer/aluko2018_faster_rcnn?image=one", {}),
        (404, "POST", "/batch/infer/nothing", {}),
        (404, "POST", "/batch/infer/liver", {"json": {"images": ["nothing"]}}),
        (404, "POST", "/activelearning/nothing", {}),
        (404, "POST", "/scoring/nothing", {}),
        (404, "POST", "/train/nothing", {}),
        (404, "GET", "/datastore/image?image=nothing", {}),
        (404, "GET", "/datastore/image/info?image=nothing", {}),
        (404, "GET", "/datastore/label?label=one&tag=nothing", {}),
        (404, "GET", "/datastore/label/info?label=one&tag=nothing", {}),
        (404, "PUT", "/datastore/label?image=nothing", {"files": label}),
        (404, "DELETE", "/datastore/label?id=one&tag=nothing", {}),
        (404, "DELETE", "/datastore/image?id=nothing", {}),
        (404, "GET", "/session/00000000-0000-0000-0000-000000000000", {}),
        (404, "GET", "/livercad/jobs/nothing", {}),
        (404, "GET", "/livercad/jobs/nothing/events", {}),
        (404, "GET", "/livercad/labels/one/nothing/1", {}),
        (404, "GET", "/proxy/dicom/x", {}),
        (404, "POST", "/infer/wsi_v2/liver?image=one", {}),
        (400, "PUT", "/datastore/label?image=one", {"files": label}),
        (400, "PUT", "/datastore/image?image=bad", {"files": {"file": ("x.nii.gz", b"no image")}}),
        (400, "POST", "/infer/liver?image=one", {"data": {"params": "{not json"}}),
        (400, "POST", "/infer/liver?image=one", {"data": {"params": "[1]"}}),
        (400, "POST", "/infer/liver", {}),
        (400, "POST", "/infer/liver?image=one&output=dicom_seg", {}),
        (422, "POST", "/infer/liver?image=one&output=nothing", {}),
        (400, "POST", "/infer/liver", {"files": {"file": ("x.nii.gz", b"no image")}}),
    ):
        answer = server.request(method, path, **more)
        assert (answer.status_code, bool(answer.json()["detail"])) == (status, True), (method, path, answer.text)


def test_a_bad_image_is_told_with_its_reason(server: Server) -> None:
    empty = synthetic_abdomen()
    write_volume(Volume(np.full_like(empty.array, -1000), empty.affine), server.studies / "empty.nii.gz")
    try:
        answer = server.post("/infer/liver?image=empty")
    finally:
        (server.studies / "empty.nii.gz").unlink()
    assert 400 <= answer.status_code < 500
    assert "found" in answer.json()["detail"]


def test_the_log_is_plain_text_and_loads_nothing_from_elsewhere(server: Server) -> None:
    answer = server.get("/logs/?lines=1&html=true")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.count("\n") == 1
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("PUT", "/datastore/image?image=../evil", {"files": {"file": ("x.nii.gz", b"x")}}),
        ("PUT", "/datastore/?image=%2e%2e%2fevil", {"files": {"file": ("x.nii.gz", b"x")}}),
        ("PUT", "/datastore/label?image=one&tag=../../x", {"files": {"label": ("x.nii.gz", b"x")}}),
        ("GET", "/datastore/label?label=one&tag=..%2f..%2fx", {}),
        ("DELETE", "/datastore/image?id=../evil", {}),
        ("POST", "/infer/liver?image=/etc/passwd", {}),
        ("POST", "/infer/liver?image=..\\evil", {}),
        ("POST", "/infer/liver?image=one&session_id=../../x", {}),
        ("POST", "/infer/liver?image=one&job=../x", {}),
        ("POST", "/infer/liver?image=one", {"data": {"params": '{"save_label": true, "label_tag": "../../x"}'}}),
        ("POST", "/batch/infer/liver", {"json": {"label_tag": "../../x"}}),
        ("DELETE", "/session/%2e%2e", {}),
        ("GET", "/session/x", {}),
        ("GET", "/livercad/labels/one/%2e%2e", {}),
    ],
)
def test_no_name_leads_out_of_the_studies_folder(server: Server, method: str, path: str, more: dict) -> None:
    before = sorted(path for path in server.folder.rglob("*") if "app" not in path.parts)
    answer = server.request(method, path, **more)
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"]
    assert sorted(path for path in server.folder.rglob("*") if "app" not in path.parts) == before


def test_parameters_cannot_name_another_image_or_folder(server: Server, tmp_path: Path) -> None:
    stolen = write_case(tmp_path, "stolen", 9)
    params = f'{{"image": "{stolen}", "folder": "{tmp_path}", "model": "nothing"}}'
    answer = server.post("/infer/liver?image=one&output=json", data={"params": params})
    assert answer.json()["findings"]["case"] == "one"
    assert list(tmp_path.iterdir()) == [stolen]


def test_archives_are_not_unpacked(server: Server) -> None:
    answer = server.request("PUT", "/session/?uncompress=true", files={"files": ("x.tar", b"x")})
    assert answer.status_code == 400


def test_web_pages_of_other_sites_are_refused(server: Server) -> None:
    answer = server.request("GET", "/info/", extra={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert server.request("GET", "/info/", extra={"Host": "evil.example"}).status_code == 403
