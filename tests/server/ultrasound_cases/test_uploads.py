"""Images that clients add to the folder, and remove."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from monailabel.client import MONAILabelClient
from PIL import Image

from fakes import write_case
from livercad.server.flat_images import MOST_PIXELS
from server.conftest import Server
from server.ultrasound_cases.clients import (
    CIRCLE,
    SHAPE,
    case_of,
    draw,
    put,
    refused,
    write_png,
)
from ultrasound_files import sector, write_us_dicom


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
    Image.new("1", (6001, MOST_PIXELS // 6000)).save(huge)
    long = tmp_path / "long.png"
    Image.new("L", (16000, 3)).save(long)
    ct = write_us_dicom(tmp_path / "ct.dcm", sector(1, SHAPE), Modality="CT", SeriesInstanceUID="1.2")
    for status, name, file in (
        (400, "torn", torn),
        (400, "huge", huge),
        (400, "long", long),
        (400, "ct", ct),
        (400, "a_mask", picture),
        (409, "one", picture),
        (409, "two", picture),
        (409, "single", write_case(tmp_path, "single", 5)),
    ):
        refused(put(server, name, file), status)
    answer = server.post("/infer/ultrasound_lesion", files={"file": ("huge.png", huge.read_bytes())})
    refused(answer, 400, "pixels")
    answer = server.post("/infer/ultrasound_lesion", files={"file": ("long.png", long.read_bytes())})
    refused(answer, 400, "long.png: found 16000 x 3 pixels", "8192")
    new = {"case": "single", "phases": "{}"}
    files = {"files": ("portal.nii.gz", write_case(tmp_path / "new", "portal", 5).read_bytes())}
    refused(server.post("/livercad/cases", data=new, files=files), 409)
    assert {path.name for path in server.studies.iterdir()} == before
    assert server.request("DELETE", "/datastore/image", params={"id": "sent-clip"}).status_code == 200


def test_beside_a_table_files_are_put_by_hand(server: Server, tmp_path: Path) -> None:
    table = server.studies / "annotations.csv"
    table.write_text("case,image\none,one.png\n")
    try:
        refused(put(server, "further", write_png(tmp_path / "further.png", 5)), 409, "by hand", "annotations.csv")
    finally:
        table.unlink()
    assert not (server.studies / "further.png").exists()
