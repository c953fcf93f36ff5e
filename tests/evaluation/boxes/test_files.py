"""Boxes in tables and in COCO's JSON: what is read, and what is refused with one message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livercad.errors import InputError
from livercad.evaluation.boxes.model import BoxFrame
from livercad.evaluation.boxes.read import read_boxes

TRUTH = """image,scan,patient,x0,y0,x1,y1,diameter_mm,label
a.png,s1,p1,0,0,10,10,8.5,hcc
a.png,s1,p1,20,0,30,10,,cyst
b.png,s1,p1,,,,,,
c.png,s2,p2,5,5,9,9,12,hcc
"""
FOUND = """image,x0,y0,x1,y1,score,label
a.png,0,0,10,9,0.9,hcc
b.png,0,0,5,5,0.25,cyst
a.png,21,0,30,10,0.5,cyst
"""


def coco(changes: dict | None = None) -> str:
    data = {
        "images": [
            {"id": 7, "file_name": "a.png", "patient_id": "p1", "scan": "s1", "width": 64, "height": 64},
            {"id": 8, "file_name": "b.png", "patient_id": "p1", "scan": "s1"},
            {"id": 9, "file_name": "c.png", "patient": "p2", "scan": "s2"},
        ],
        "annotations": [
            {"id": 1, "image_id": 7, "bbox": [0, 0, 10, 10], "category_id": 1, "diameter_mm": 8.5},
            {"id": 2, "image_id": 7, "bbox": [20, 0, 10, 10], "category_id": 2},
            {"id": 3, "image_id": 9, "bbox": [5, 5, 4, 4], "category_id": 1, "diameter_mm": 12, "iscrowd": 0},
        ],
        "categories": [{"id": 1, "name": "hcc"}, {"id": 2, "name": "cyst"}],
    }
    return json.dumps({**data, **(changes or {})})


RESULTS = [
    {"image_id": 7, "category_id": 1, "bbox": [0, 0, 10, 9], "score": 0.9},
    {"image_id": 8, "category_id": 2, "bbox": [0, 0, 5, 5], "score": 0.25},
    {"image_id": 7, "category_id": 2, "bbox": [21, 0, 9, 10], "score": 0.5},
]


@pytest.fixture
def files(tmp_path: Path):
    """Write predictions and truth; what ends in a brace or bracket is JSON."""

    def write(found: str, truth: str) -> tuple[Path, Path]:
        paths = []
        for name, text in (("found", found), ("truth", truth)):
            path = tmp_path / f"{name}.{'json' if text.strip()[:1] in ('{', '[') else 'csv'}"
            path.write_text(text, encoding="utf-8")
            paths.append(path)
        return paths[0], paths[1]

    return write


def test_a_table_tells_images_boxes_patients_and_images_without_lesions(files) -> None:
    boxes = read_boxes(*files(FOUND, TRUTH))
    a, b, c = boxes.images
    assert (a.name, a.scan, a.patient, a.frame) == ("a.png", "s1", "p1", BoxFrame.PIXELS)
    assert [(one.corners, one.diameter_mm, one.label, one.number) for one in a.true] == [
        ((0, 0, 10, 10), 8.5, "hcc", 1),
        ((20, 0, 30, 10), None, "cyst", 2),
    ]
    assert [(one.corners, one.score, one.label) for one in a.detected] == [
        ((0, 0, 10, 9), 0.9, "hcc"),
        ((21, 0, 30, 10), 0.5, "cyst"),
    ]
    assert (b.true, len(b.detected), len(c.true), c.detected) == ((), 1, 1, ())
    assert (boxes.patients_told, boxes.unmentioned) == (True, 1)


def test_coco_tells_the_same_as_a_table(files) -> None:
    by_table = read_boxes(*files(FOUND, TRUTH)).images
    assert read_boxes(*files(json.dumps(RESULTS), coco())).images == by_table
    assert read_boxes(*files(FOUND, coco())).images == by_table


def test_boxes_of_scans_are_in_ras(files) -> None:
    found = "Scan;x0;y0;z0;x1;y1;z1;score\ncase-1;-10;-5.5;0;10;5;20;0.5\n"
    truth = "scan;x0;y0;z0;x1;y1;z1\ncase-1;-10;-5;0;10;5;20\ncase-2;;;;;;\n"
    one, two = read_boxes(*files(found, truth)).images
    assert (one.frame, one.scan, one.patient) == (BoxFrame.RAS, "case-1", "case-1")
    assert one.detected[0].corners == (-10, -5.5, 0, 10, 5, 20)
    assert (two.name, two.true, two.detected) == ("case-2", (), ())
    assert not read_boxes(*files(found, truth)).patients_told


def test_a_row_without_corners_among_the_predictions_only_mentions_the_image(files) -> None:
    boxes = read_boxes(*files(FOUND + "c.png,,,,,,\n", TRUTH))
    assert boxes.unmentioned == 0 and boxes.images[2].detected == ()


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (
            "image,x0,y0,x1,y1\n",
            r"found\.csv: found no column score; expected the columns image, x0, y0, x1, y1, score",
        ),
        ("scan,x0,y0,z0,x1,y1,z1,score\ns,0,0,0,1,1,1,1\n", r"boxes in RAS mm \(3-D\); expected boxes in pixels"),
        (FOUND + "a.png,1,2,3,x,0.5,\n", r"y1 = 'x' in line 5; expected a number"),
        (FOUND + "a.png,1,2,3,4,,\n", r"score = '' in line 5; expected a number"),
        (FOUND + "a.png,1,2,3,4,nan,\n", r"score = 'nan' in line 5"),
        (FOUND + "a.png,1,2,,4,0.5,\n", r"x1 = '' in line 5"),
        (FOUND + "a.png,9,2,3,4,0.5,\n", r"x0 = 9 above x1 = 3 in line 5; expected the lower corner first"),
        (FOUND + ",1,2,3,4,0.5,\n", r"no image in line 5"),
        (FOUND + "z.png,1,2,3,4,0.5,\n", r"line 5 of 'z\.png', which .*truth\.csv does not know.*if it has no lesion"),
        (FOUND + "a.png,1,2,3,4,0.5,hcc,more\n", r"8 cells in line 5; expected 7"),
        (json.dumps(RESULTS), r"truth\.csv: found a table; expected a COCO data set.*as CSV"),
    ],
)
def test_wrong_predictions_are_one_error(files, found: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_boxes(*files(found, TRUTH))


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        ("image,x0,y0,x1,y1\n", r"no rows; expected a row for each lesion"),
        ("image,x0,y0,x1,y1\na.png,,,,\nb.png,,,,\n", "no lesion at all"),
        ("image,x0,x0,x1,y1\n", "the column x0 twice"),
        (TRUTH + "a.png,,,,,,,,\n", r"a box of 'a\.png' in line 2 and a row without one in line 6"),
        (TRUTH + "a.png,s1,p1,0,0,10,10,8.5,hcc\n", r"the same box of 'a\.png' in line 2 and line 6"),
        (TRUTH + "c.png,s2,p2,1,1,1,5,,\n", r"a box without area in line 6"),
        (TRUTH + "c.png,s2,p2,1,1,2,5,-3,\n", r"diameter_mm = -3 in line 6"),
        (TRUTH + "a.png,s1,p9,1,1,2,5,3,\n", r"patient p9 \(line 6\) and p1 \(line 2\) for 'a\.png'"),
        (TRUTH + "d.png,s1,p9,1,1,2,5,3,\n", r"the patients p1 and p9 for scan 's1'"),
    ],
)
def test_a_wrong_truth_is_one_error(files, truth: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_boxes(*files(FOUND, truth))


@pytest.mark.parametrize(
    ("results", "truth", "message"),
    [
        ("[1", coco(), r"found\.json.*Invalid JSON.*expected COCO results"),
        ("{}", coco(), r"Input should be a valid (array|list)"),
        (json.dumps([{**RESULTS[0], "score": "high"}]), coco(), r"0\.score = 'high': Input should be a valid number"),
        (json.dumps([{**RESULTS[0], "bbox": [1, 2, -3, 4]}]), coco(), r"0\.bbox\.2 = -3: .*greater than or equal to 0"),
        (json.dumps([{**RESULTS[0], "bbox": [1, 2, 3]}]), coco(), r"0\.bbox\.3.*Field required"),
        (json.dumps([{**RESULTS[0], "bbox": [1e308, 2, 1e308, 4]}]), coco(), r"ends at no number in entry 0"),
        (
            json.dumps([{**RESULTS[0], "image_id": 99}]),
            coco(),
            r"image_id = 99 in entry 0; expected an id of an image in",
        ),
        (json.dumps([{**RESULTS[0], "category_id": 5}]), coco(), r"category_id = 5 in entry 0.*1 \(hcc\), 2 \(cyst\)"),
        ("[]", coco({"annotations": []}), "no lesion at all"),
        ("[]", coco({"images": [{"id": 7, "file_name": "a"}] * 2}), "the id 7 for the second time in images.1"),
        ("[]", json.dumps({"images": []}), r"truth\.json.*annotations.*Field required"),
        (
            "[]",
            coco({"annotations": [{"image_id": 7, "bbox": [0, 0, 1, 1], "iscrowd": 1}]}),
            r"iscrowd = 1 in annotations\.0",
        ),
    ],
)
def test_wrong_json_is_one_error(files, results: str, truth: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_boxes(*files(results, truth))


def test_files_of_other_kinds_are_refused(tmp_path: Path, files) -> None:
    found, truth = files(FOUND, TRUTH)
    other = tmp_path / "boxes.txt"
    other.write_text("")
    for predictions, true, message in (
        (tmp_path / "absent.csv", truth, "nothing there"),
        (other, truth, r"ends in '\.txt'.*Name it \.csv or \.json"),
        (tmp_path, truth, r"truth\.csv: found a file; expected a folder with masks"),
        (found, tmp_path, r"found\.csv: found a file; expected a folder with findings"),
    ):
        with pytest.raises(InputError, match=message):
            read_boxes(predictions, true)
