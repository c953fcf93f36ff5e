"""What a request says of lesions, read without a server."""

from __future__ import annotations

from typing import Any

import pytest

from livercad.errors import InputError
from livercad.server.given import read_given

POINT = {"center": [5, -10, 20], "diameter_mm": 10}
PYDANTIC = ("Input should", "Value error", "valid", "tuple", "instance", "permitted", "parse", "GivenLesion", "None")
"""Words that tell of Python's types, not of lesions."""


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"lesions": "all"}, 'lesions: found "all"; expected a list of up to 200 lesions, each either a box'),
        ({"lesions": POINT}, 'lesions: found {"center": [5, -10, 20], "diameter_mm": 10}; expected a list'),
        ({"lesions": [POINT] * 201}, "lesions: found a list of 201; expected a list of up to 200 lesions"),
        ({"lesions": [POINT, 7]}, "lesion 2: found 7; expected either a box, or a center with its diameter_mm"),
        ({"lesions": [{}]}, "lesion 1: found {}; expected either a box, or a center with its diameter_mm"),
        ({"lesions": [{"center": [5, 5, 5]}]}, "expected either a box, or a center with its diameter_mm"),
        ({"lesions": [{"box": [[1, 2, 3], [1, 2, 3]]}]}, "expected a box with a size"),
        ({"lesions": [{"center": [5, 5, float("nan")], "diameter_mm": 3}]}, "expected finite numbers"),
        (
            {"lesions": [POINT | {"diameter_mm": -1}]},
            "diameter_mm of lesion 1: found -1; expected a number of mm",
        ),
        ({"lesions": [POINT | {"diameter_mm": 501}]}, "found 501; expected a number of mm above 0, 500 at most"),
        ({"lesions": [POINT | {"diameter_mm": "wide"}]}, 'found "wide"; expected a number of mm above 0'),
        ({"lesions": [POINT | {"center": [5, 5]}]}, "center of lesion 1: found [5, 5]; expected three numbers in mm"),
        ({"lesions": [POINT | {"center": "here"}]}, 'found "here"; expected three numbers in mm'),
        (
            {"lesions": [{"box": [[1, 2], [3, 4]]}]},
            "box of lesion 1: found [[1, 2], [3, 4]]; expected two opposite",
        ),
        (
            {"lesions": [{"box": [["a", "b", "c"], [3, 4, 5]]}]},
            "expected two opposite corners, each three numbers in mm",
        ),
        ({"lesions": [POINT, POINT | {"frame": "IJK"}]}, 'frame of lesion 2: found "IJK"; expected RAS or LPS'),
        (
            {"lesions": [POINT | {"colour": "red"}]},
            'lesion 1: found a field "colour"; expected only frame, box,',
        ),
        ({"label": "x.nii.gz", "lesion_value": 0}, "lesion_value: found 0; expected a whole number from 1 to 65535"),
        ({"label": "x.nii.gz", "lesion_value": "two"}, 'lesion_value: found "two"; expected a whole number'),
        ({"label": "x.nii.gz", "lesion_value": [1, 2]}, "lesion_value: found [1, 2]; expected a whole number"),
        ({}, "found neither lesions nor a label map"),
        ({"lesions": [POINT], "label": "x.nii.gz"}, "found both lesions and a label map"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(wishes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_given(wishes)
    message = str(caught.value)
    assert said in message and "Mend the request" in message
    assert not [word for word in PYDANTIC if word in message]


def test_a_long_value_is_cut() -> None:
    with pytest.raises(InputError) as caught:
        read_given({"lesions": [{"box": [[1, 2, 3]] * 100}]})
    assert len(str(caught.value)) < 300


def test_boxes_points_and_label_maps_are_read() -> None:
    given = read_given({"lesions": [POINT, {"box": [[0, 0, 0], [10, 20, 30]]}]})
    assert [tuple(lesion.middle) for lesion in given.lesions] == [(5, -10, 20), (5, 10, 15)]
    assert read_given({"label": "x.nii.gz", "lesion_value": 2}).lesion_value == 2
