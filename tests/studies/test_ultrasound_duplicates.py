"""Near-duplicates are found and stay together."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livercad.studies.ultrasound.duplicates import Grouping, find_duplicates, group_images, write_grouping
from livercad.studies.ultrasound.folder import find_images
from livercad.studies.ultrasound.image import ListedImage, UltrasoundImage
from livercad.studies.ultrasound.reading import read_all
from ultrasound_files import sector


def image(name: str, array: np.ndarray) -> UltrasoundImage:
    return UltrasoundImage(array, name, name, Path(name))


def original() -> np.ndarray:
    return sector(0, (288, 384))


def recompressed(array: np.ndarray) -> np.ndarray:
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, format="JPEG", quality=30)
    return np.asarray(Image.open(stream))


def written_on(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array[8:20, 8:70] = 255
    return array


COPIES = {
    "rescaled": lambda array: np.asarray(Image.fromarray(array).resize((200, 150), Image.Resampling.BILINEAR)),
    "recompressed": recompressed,
    "brighter": lambda array: np.clip(array * 1.2 + 25 * (array > 0), 0, 255).astype(np.uint8),
    "darker": lambda array: (array * 0.6).astype(np.uint8),
    "written on": written_on,
    "mirrored": lambda array: array[:, ::-1],
    "mirrored and recompressed": lambda array: recompressed(array[:, ::-1]),
    "with a border": lambda array: np.pad(array, ((0, 40), (0, 60))),
}


@pytest.mark.parametrize("how", COPIES)
def test_a_planted_copy_is_found_and_no_other_image(how: str) -> None:
    others = [image(f"other-{seed}", sector(seed, (288, 384))) for seed in range(1, 12)]
    pairs = find_duplicates([image("original", original()), *others, image("copy", COPIES[how](original()))])
    assert [(pair.first, pair.second) for pair in pairs] == [("original", "copy")]
    assert pairs[0].is_mirrored == how.startswith("mirrored")
    assert pairs[0].correlation > 0.8


@pytest.fixture
def grouping() -> tuple[Grouping, list[ListedImage]]:
    told = [("a1", "a", "p"), ("a2", "a", "p"), ("b1", "b", "p"), ("c1", "c", ""), ("d1", "d", ""), ("e1", "e", "")]
    listed = [ListedImage(case, name, Path(name), patient=patient) for name, case, patient in told]
    arrays = [
        sector(1),
        sector(2),
        sector(3),
        COPIES["darker"](sector(3)),
        COPIES["recompressed"](sector(3)),
        sector(4),
    ]
    images = [image(each.name, array) for each, array in zip(listed, arrays, strict=True)]
    return group_images(listed, find_duplicates(images)), listed


def test_groups_join_cases_patients_and_copies(grouping: tuple[Grouping, list[ListedImage]]) -> None:
    found, _ = grouping
    assert found.groups == (0, 0, 0, 0, 0, 1)
    assert found.duplicates == (("b1", "c1", "d1"),) and found.copies == 2
    assert found.group_of["e1"] == 1


def test_what_was_grouped_is_listed(grouping: tuple[Grouping, list[ListedImage]], tmp_path: Path) -> None:
    found, listed = grouping
    write_grouping(tmp_path / "g.csv", found, listed)
    rows = list(csv.DictReader((tmp_path / "g.csv").open()))
    assert [row["group"] for row in rows] == ["0", "0", "0", "0", "0", "1"]
    assert [row["duplicates"] for row in rows] == ["", "", "1", "1", "1", ""]
    write_grouping(tmp_path / "g.json", found, listed)
    told = json.loads((tmp_path / "g.json").read_text())
    assert told["duplicates"] == [["b1", "c1", "d1"]] and told["copies"] == 2
    assert {(pair["first"], pair["second"]) for pair in told["pairs"]} >= {("b1", "c1"), ("b1", "d1")}


def test_one_image_or_none_has_no_copies() -> None:
    assert find_duplicates([]) == () and find_duplicates([image("a", original())]) == ()


def test_an_all_black_image_is_nobodys_copy() -> None:
    black = np.zeros((60, 80), np.uint8)
    assert find_duplicates([image("a", black), image("b", sector()), image("c", black)]) == ()


def test_about_a_fifth_of_the_real_breast_images_are_copies(real_data: Path) -> None:
    found = find_images(real_data / "ultrasound" / "busi")
    images, problems = read_all(found.images)
    assert not problems
    grouping = group_images(found.images, find_duplicates(images))
    assert 0.17 < grouping.copies / len(images) < 0.2
    # Seen side by side: the same picture of one breast under two names, and under two classes.
    group = grouping.group_of
    assert group["benign/benign_065.png"] == group["benign/benign_099.png"] == group["benign/benign_139.png"]
    assert group["benign/benign_042.png"] == group["malignant/malignant_051.png"]
    assert group["malignant/malignant_024.png"] != group["malignant/malignant_144.png"]
