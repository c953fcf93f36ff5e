"""Circles that annotators draw are checked, kept with their history, and read by every command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from livercad.studies.ultrasound.folder import find_images
from livercad.studies.ultrasound.rows import read_annotations
from server.conftest import Server
from server.ultrasound_cases.clients import (
    CIRCLE,
    HEMANGIOMA,
    case_of,
    draw,
    infer,
    refused,
)


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
    assert draw(server, "single", circles=None).status_code == 200


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
    assert draw(server, "clip", image="clip/c.dcm#2", circles=None).status_code == 200


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
    assert draw(server, "single", circles=None).status_code == 200


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
        ({"circles": [], "note": 3}, ("note", "no text")),
        ({"circles": [], "note": "x" * 10_001}, ("note", "found 10001 characters")),
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


def test_bodies_that_are_not_json_of_whole_characters_are_refused(server: Server) -> None:
    path, body = "/livercad/cases/two/circles", {"image": "two/a.png", "circles": []}
    answer = server.post(path, content=json.dumps(body), extra={"Content-Type": "text/plain"})
    assert answer.status_code == 422 and "text/plain, where application/json" in answer.text
    before = server.get(path).json()
    for field in ("note", "annotator", "other"):
        half = json.dumps({**body, field: "\ud800"})
        refused(server.post(path, content=half, extra={"Content-Type": "application/json"}), 400, "half of a character")
    assert server.get(path).json() == before
