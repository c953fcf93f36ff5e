"""Files that a client sends along, or keeps in a session, are asked about and named as the client does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fakes import write_case
from server.conftest import Server
from server.ultrasound_cases.clients import (
    CIRCLE,
    NAMES,
    SHAPE,
    infer,
    put,
    refused,
    write_png,
)
from ultrasound_files import sector, write_us_dicom


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
