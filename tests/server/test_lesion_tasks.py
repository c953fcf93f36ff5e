"""The tasks `liver_cad` and `lesion_classification`, asked by a stock client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from monailabel.client import MONAILabelClient

from fakes import full_analyzer, synthetic_abdomen, write_case
from livercad.core.findings import Findings
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.reports.words import class_text
from livercad.studies.discover import find_studies
from livercad.studies.nifti import write_volume
from server.abdomens import voxels, write_oblique, write_phases
from server.conftest import Server, Servers

NAMELESS = {"a1": Phase.UNENHANCED, "q": Phase.ARTERIAL, "x7": Phase.PORTAL}


@pytest.fixture(scope="module")
def server(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("tasks")
    write_phases(folder / "studies", "multi")
    write_oblique(folder / "studies", "oblique")
    for name, phase in NAMELESS.items():
        write_case(folder / "studies" / "nameless", name, 2, phase=phase, shape=(64, 64, 30 + len(phase)))
    started = servers.start(folder)
    started.wait()
    return started


@pytest.fixture
def client(server: Server, tmp_path: Path) -> MONAILabelClient:
    return MONAILabelClient(server.url, tmpdir=str(tmp_path), client_id="test")


def analysed(server: Server, case: str) -> Any:
    return full_analyzer()(next(study for study in find_studies(server.studies).studies if study.case == case))


def without_times(findings: dict[str, Any]) -> dict[str, Any]:
    return {**findings, "timings_s": {}}


@pytest.mark.parametrize("case", ["multi", "oblique", "nameless"])
def test_the_whole_pipeline_is_served_as_a_batch_computes_it(
    client: MONAILabelClient, server: Server, case: str
) -> None:
    expected = analysed(server, case)
    file, params = client.infer("liver_cad", case, {})
    array, affine = voxels(Path(file))
    assert np.array_equal(array, expected.lesions.array)
    assert np.allclose(affine, expected.reference.affine, atol=1e-4)
    assert without_times(params["findings"]) == without_times(expected.findings.to_dict())
    lesions = Findings.from_dict(params["findings"]).lesions
    classes = [lesion.classification.label if lesion.classification else "" for lesion in lesions]
    assert params["label_names"] == {f"lesion 1 {classes[0]}": 1, f"lesion 2 {classes[1]}": 2}
    assert set(classes) <= {"metastasis", "hemangioma"}
    assert all(lesion.classification and lesion.enhancement for lesion in lesions)


def test_a_case_of_nameless_phases_is_one_image_and_the_recognised_reference_is_shown(server: Server) -> None:
    entry = server.get("/datastore/", params={"output": "all"}).json()["objects"]["nameless"]
    assert {name: Path(path).name for name, path in entry["image"]["info"]["phases"].items()} == {
        "unknown": "a1.nii.gz",
        "unknown 2": "q.nii.gz",
        "unknown 3": "x7.nii.gz",
    }
    image = server.get("/datastore/image", params={"image": "nameless"})
    assert image.content == (server.studies / "nameless" / "x7.nii.gz").read_bytes()


def test_the_result_of_nameless_phases_can_be_kept_as_a_label_of_their_case(
    client: MONAILabelClient, server: Server, tmp_path: Path
) -> None:
    file, _ = client.infer("lesions", "nameless", {})
    client.save_label("nameless", file, "final", {})
    assert np.array_equal(voxels(Path(client.download_label("nameless", "final")))[0], voxels(Path(file))[0])


def boxes_of(findings: Findings) -> list[dict[str, Any]]:
    return [{"box": [lesion.box.minimum, lesion.box.maximum]} for lesion in findings.lesions]


@pytest.mark.parametrize("case", ["multi", "oblique"])
def test_boxes_around_lesions_are_measured_and_classified(client: MONAILabelClient, server: Server, case: str) -> None:
    expected = analysed(server, case).findings
    file, params = client.infer("lesion_classification", case, {"lesions": boxes_of(expected)})
    given = Findings.from_dict(params["findings"])
    assert [lesion.number for lesion in given.lesions] == [1, 2]
    for one, other in zip(given.lesions, expected.lesions, strict=True):
        assert np.allclose(one.center, other.center, atol=4)
        assert one.volume_ml > other.volume_ml * 0.9  # a box around an oblique lesion holds liver beside it
        assert one.classification is not None and other.classification is not None
        assert one.classification.phases == other.classification.phases
        assert len(one.enhancement) == len(other.enhancement)
        assert (one.visible_in, one.score) == ((), 1.0)
    rois = json.loads(Path(file).read_text())["markups"]
    for roi, lesion in zip(rois, given.lesions, strict=True):
        assert lesion.classification is not None
        red, green, _ = roi["display"]["color"]
        assert (red > green) == lesion.classification.is_malignant
        assert f"Lesion {lesion.number} {class_text(lesion.classification)} (score" in roi["name"]
    assert given.liver == expected.liver


def test_points_are_taken_in_either_frame(client: MONAILabelClient, server: Server) -> None:
    lesion = analysed(server, "oblique").findings.lesions[0]
    r, a, s = lesion.center
    points = [
        {"center": [r, a, s], "diameter_mm": lesion.diameter_mm},
        {"center": [-r, -a, s], "diameter_mm": lesion.diameter_mm, "frame": "LPS"},
    ]
    answers = [client.infer("lesion_classification", "oblique", {"lesions": [point]})[1] for point in points]
    first, second = (answer["findings"]["lesions"] for answer in answers)
    assert first == second
    assert np.allclose(first[0]["center"], lesion.center, atol=3)
    assert abs(first[0]["diameter_mm"] / lesion.diameter_mm - 1) < 0.25


def test_a_label_map_gives_the_same_lesions_as_were_found(
    client: MONAILabelClient, server: Server, tmp_path: Path
) -> None:
    analysis = analysed(server, "multi")
    write_volume(analysis.lesions, tmp_path / "lesions.nii.gz")
    expected = [{**lesion, "visible_in": [], "score": 1.0} for lesion in analysis.findings.to_dict()["lesions"]]
    _, params = client.infer("lesion_classification", "multi", {}, label_in=str(tmp_path / "lesions.nii.gz"))
    assert params["findings"]["lesions"] == expected
    both = np.where(analysis.lesions.array > 0, 2, analysis.liver.array).astype(np.uint8)
    write_volume(analysis.liver.like(both), tmp_path / "both.nii.gz")
    wishes = {"lesion_value": 2}
    _, params = client.infer("lesion_classification", "multi", wishes, label_in=str(tmp_path / "both.nii.gz"))
    volumes = sorted(lesion["volume_ml"] for lesion in params["findings"]["lesions"])
    assert volumes == sorted(lesion["volume_ml"] for lesion in expected)


FAR, NEAR = [900.0, 0.0, 0.0], [5.0, -10.0, 20.0]


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({}, "neither lesions nor a label map"),
        ({"lesions": []}, "neither"),
        ({"lesions": "all"}, "a list of up to 200 lesions"),
        ({"lesions": [{"box": [NEAR, NEAR]}]}, "a box with a size"),
        ({"lesions": [{"center": NEAR}]}, "diameter_mm"),
        ({"lesions": [{"center": NEAR, "diameter_mm": -1}]}, "a number of mm above 0"),
        ({"lesions": [{"center": NEAR, "diameter_mm": 10, "frame": "IJK"}]}, "RAS or LPS"),
        ({"lesions": [{"center": FAR, "diameter_mm": 10}]}, "outside of the image"),
        ({"lesions": [{"center": NEAR, "diameter_mm": 10, "colour": "red"}]}, 'a field "colour"'),
        ({"lesions": [{"center": NEAR, "diameter_mm": 10}] * 2}, "wholly in another"),
        ({"lesions": [{"center": NEAR, "diameter_mm": 10}] * 1000}, "up to 200 lesions"),
        ({"label": "/etc/passwd"}, "neither"),
    ],
)
def test_lesions_that_are_no_lesions_are_refused_with_the_reason(
    server: Server, wishes: dict[str, Any], said: str
) -> None:
    answer = server.post("/infer/lesion_classification?image=multi", data={"params": json.dumps(wishes)})
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["detail"]


def test_a_label_map_that_does_not_fit_is_refused(server: Server, tmp_path: Path) -> None:
    abdomen = synthetic_abdomen()
    empty = abdomen.like(np.zeros(abdomen.shape, np.uint8))
    shifted = Volume(np.ones(abdomen.shape, np.uint8), abdomen.affine + np.eye(4, k=3))
    for name, volume, said in (
        ("empty.nii.gz", empty, "0 lesions"),
        ("shifted.nii.gz", shifted, "another grid"),
        ("fractions.nii.gz", abdomen.like(np.full(abdomen.shape, 0.5, np.float32)), "values from 0.5"),
    ):
        write_volume(volume, tmp_path / name)
        files = {"label": (name, (tmp_path / name).read_bytes())}
        answer = server.post("/infer/lesion_classification?image=multi", files=files)
        assert (answer.status_code, said in answer.json()["detail"]) == (400, True), answer.text
    for name in ("x.txt", "x.nii.gz"):
        answer = server.post("/infer/lesion_classification?image=multi", files={"label": (name, b"nothing")})
        assert answer.status_code == 400, answer.text
