"""The client against the real server: every request that the module makes."""

import threading
import time

import numpy as np
import pytest
import SimpleITK as sitk

from livercad.core.annotation import AnnotatedLesion, Annotation, CaseState, Origin, Verdict
from livercad.core.findings import Findings
from LiverCADLib import clientErrors
from LiverCADLib.cases import sizeText
from LiverCADLib.client import Client
from LiverCADLib.panels.casePanel import strategyTitles
from LiverCADLib.tasks import Cancelled, Task


@pytest.fixture(scope="module")
def client(real_server):
    return Client(real_server.address, real_server.token)


def voxels(path):
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path)))


def told(task):
    seen = []
    report = task.report
    task.report = lambda fraction, text="": (seen.append((fraction, text)), report(fraction, text))
    return seen


def test_the_greeting_finds_the_servers_version_and_a_wrong_token(client, real_server):
    info = client.check()
    assert info.needsToken and info.version.count(".") == 2
    with pytest.raises(clientErrors.TokenError, match="wants another token"):
        Client(real_server.address, "wrong").check()
    with pytest.raises(clientErrors.TokenError, match="asks for a token"):
        Client(real_server.address).check()


def test_models_have_cards_and_say_whether_their_weights_are_there(client):
    models = {model["name"]: model for model in client.models()}
    assert {"liver-leuven", "lesions-leuven"} <= models.keys()
    assert "#" in models["liver-leuven"]["card"] and isinstance(models["liver-leuven"]["installed"], bool)


def test_cases_are_listed_and_the_next_one_is_chosen(client):
    cases = {case["case"]: case for case in client.cases()}
    assert {"case1", "case2", "case3", "nameless", "slow"} <= cases.keys()
    assert cases["case2"]["images"] == 3 and cases["case2"]["state"] is None
    chosen = client.nextCase("first")
    assert chosen["id"] in cases
    assert client.nextCase("first", skipped=chosen["id"])["id"] in cases.keys() - {chosen["id"]}
    for strategy in strategyTitles():
        chosen = client.nextCase(strategy, "ann")
        assert chosen["id"] in cases and chosen["why"].endswith(".")
    with pytest.raises(clientErrors.NotThereError, match="cleverest"):
        client.nextCase("cleverest")


def test_an_image_is_the_servers_file(client, real_server, tmp_path):
    images = {image["name"]: image for image in client.case("case1")["images"]}
    assert images["arterial"]["phase"] == "arterial" and images["portal"]["is_reference"]
    task = Task()
    path = client.downloadImage("case1", "arterial", tmp_path, task)
    original = real_server.studies / "case1" / "arterial.nii.gz"
    assert path.read_bytes() == original.read_bytes()
    assert (images["arterial"]["path"], images["arterial"]["bytes"]) == (str(original), original.stat().st_size)
    size = sizeText(original.stat().st_size)
    assert task.news == (1.0, f"Downloading arterial: {size} of {size}")


def test_a_case_that_is_not_there_is_told_by_its_name(client):
    with pytest.raises(clientErrors.NotThereError, match="no-such-case"):
        client.case("no-such-case")


def test_phases_are_recognised_and_the_annotators_word_is_taken(client):
    images = {image["name"]: image for image in client.recognizePhases("nameless", Task())}
    assert (images["first"]["phase"], images["second"]["phase"]) == ("arterial", "delayed")
    assert images["first"]["probabilities"]["arterial"] > 0.5
    images = {image["name"]: image for image in client.setPhases("nameless", {"second": "portal"})}
    assert (images["second"]["phase"], images["second"]["told_by"]) == ("portal", "annotator")
    with pytest.raises(clientErrors.ClientError) as caught:
        client.setPhases("nameless", {"first": "portal", "second": "portal"})
    assert caught.value.status in (400, 409)
    images = {image["name"]: image for image in client.setPhases("nameless", {})}
    assert images["second"]["phase"] == "delayed"


def test_an_analysis_gives_findings_lesions_registration_views_and_report(client, tmp_path):
    task = Task()
    seen = told(task)
    params, image, name = client.infer("liver_cad", "case2", task)
    findings = Findings.from_dict(params["findings"])
    (tmp_path / name).write_bytes(image)
    assert set(np.unique(voxels(tmp_path / name))) >= {lesion.number for lesion in findings.lesions}
    assert len(findings.lesions) == 2
    assert seen == sorted(seen, key=lambda entry: entry[0])
    registered = client.downloadImage("case2", "arterial", tmp_path, Task(), registered=True)
    assert voxels(registered).shape == voxels(tmp_path / name).shape
    with np.load(client.downloadTransform("case2", "arterial", tmp_path / "field.npz", Task())) as field:
        assert field["displacement_mm"].shape[-1] == 3 and field["affine"].shape == (4, 4)
    views = client.views("case2", 1, Task())
    assert list(views["phases"]) == ["unenhanced", "arterial", "portal"]
    assert views["crops"].shape[0] == views["saliency"].shape[0] == 3
    report = client.report("case2", Task())
    assert report.startswith("<!") and "case2" in report


def test_a_registered_image_of_a_case_that_was_not_analysed_is_refused(client, tmp_path):
    with pytest.raises(clientErrors.ConflictError, match="Analyse it first"):
        client.downloadImage("slow", "slow", tmp_path, Task(), registered=True)
    assert list(tmp_path.iterdir()) == []


def test_lesions_of_ones_own_are_described(client, tmp_path):
    path = client.downloadImage("case3", "portal", tmp_path, Task())
    image = sitk.ReadImage(str(path))
    label = sitk.Cast(image == 40, sitk.sitkUInt16)  # the synthetic lesions
    sitk.WriteImage(label, str(tmp_path / "lesions.nii.gz"))
    params, _, _ = client.infer(
        "lesion_classification", "case3", Task(), {"lesion_value": 1}, tmp_path / "lesions.nii.gz"
    )
    assert len(params["findings"]["lesions"]) == 2


def annotation(case, state=CaseState.IN_PROGRESS):
    lesion = AnnotatedLesion(3, Origin.ANNOTATOR, Verdict.ACCEPTED, (0.0, 0.0, 0.0), 20.0)
    return Annotation(case, "Anna", state, (lesion,), 12.5).to_dict()


def maps(client, case, folder):
    reference = sitk.ReadImage(str(client.downloadImage(case, "portal", folder, Task())))
    for name, value, kind in (("label", 2, sitk.sitkUInt8), ("instances", 3, sitk.sitkUInt16)):
        mask = sitk.Image(reference.GetSize(), kind)
        mask.CopyInformation(reference)
        mask[30:34, 30:34, 20:22] = value
        sitk.WriteImage(mask, str(folder / f"{name}.nii.gz"))
    return {name: folder / f"{name}.nii.gz" for name in ("label", "instances")}


def test_a_submission_comes_back_as_it_was_and_a_newer_one_is_not_run_over(client, tmp_path):
    sent = maps(client, "of_the_client", tmp_path)
    assert client.submission("of_the_client") is None
    first = client.submit("of_the_client", annotation("of_the_client"), sent, 0, Task())
    back = client.submission("of_the_client")
    assert back["version"] == first["version"]
    assert Annotation.from_dict(back["annotation"]).lesions[0].number == 3
    for kind, original in sent.items():
        path = client.downloadSubmission("of_the_client", kind, tmp_path / f"{kind}_back.nii.gz", Task())
        assert np.array_equal(voxels(path), voxels(original))
    assert client.downloadSubmission("of_the_client", "rejected", tmp_path / "none.nii.gz", Task()) is None
    complete = annotation("of_the_client", CaseState.COMPLETE)
    with pytest.raises(clientErrors.ConflictError):
        client.submit("of_the_client", complete, sent, 0, Task())
    second = client.submit("of_the_client", complete, sent, 0, Task(), force=True)
    assert second["version"] > first["version"]
    assert client.submission("of_the_client", first["version"])["annotation"]["state"] == "in_progress"
    listed = next(case for case in client.cases() if case["case"] == "of_the_client")
    assert (listed["state"], listed["annotator"]) == ("complete", "Anna")


def test_volumes_become_a_new_case_and_a_taken_name_is_refused(client, real_server, tmp_path):
    files = [real_server.studies / "case1" / f"{phase}.nii.gz" for phase in ("arterial", "portal")]
    phases = {"arterial.nii.gz": "arterial", "portal.nii.gz": None}
    assert client.uploadCase("uploaded", files, phases, Task()) == "uploaded"
    assert {image["name"] for image in client.case("uploaded")["images"]} == {"arterial", "portal"}
    with pytest.raises(clientErrors.ConflictError, match="uploaded"):
        client.uploadCase("uploaded", files, phases, Task())


def test_training_says_why_there_is_none(client):
    training = client.training()
    assert training["trainers"] == [] and training["job"] is None
    assert "Too few cases with a complete label" in training["reason"]
    with pytest.raises(clientErrors.ClientError, match="to train lesion_classification on: found too few"):
        client.startTraining("lesion_classification", {"steps": 1})


def test_a_cancelled_analysis_stops_on_the_server_too(client):
    task = Task()
    threading.Thread(target=lambda: (wait_for(lambda: "hard" in task.news[1]), task.cancel())).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        client.infer("liver_cad", "slow", task)
    assert time.monotonic() - start < 5
    wait_for(lambda: client.jobs()[-1]["state"] == "cancelled")


def test_a_server_that_is_killed_in_the_middle_is_told_at_once_and_nothing_stays_broken(client, real_server):
    task = Task()
    threading.Thread(target=lambda: (wait_for(lambda: "hard" in task.news[1]), real_server.kill())).start()
    with pytest.raises(clientErrors.ClientError) as caught:
        client.infer("liver_cad", "slow", task)
    assert isinstance(caught.value, clientErrors.InterruptedAnswerError)
    with pytest.raises(clientErrors.UnreachableError, match="No server answers"):
        client.cases()
    real_server.start()
    assert client.check().needsToken
    assert client.submission("of_the_client") is not None


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "It did not happen."
        time.sleep(0.02)
