"""Which cases are listed, and what is read from the server's answers."""

import pytest

from livercad.core.annotation import CaseState
from livercad.core.phases import Phase
from LiverCADLib.cases import CaseFilter, CaseImage, CaseSummary, fileNameOf, matching, sizeText

CASES = [
    CaseSummary("liver 1"),
    CaseSummary("liver 2", CaseState.COMPLETE, True, "ann"),
    CaseSummary("patient 2", CaseState.NEEDS_REVIEW, True, "bob"),
    CaseSummary("patient 3", CaseState.IN_PROGRESS, True, "ann"),
    CaseSummary("patient 4", None, True),
]


def names(which=CaseFilter.ALL, search="", annotator="ann"):
    return [case.case for case in matching(CASES, which, search, annotator)]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (CaseFilter.ALL, ["liver 1", "liver 2", "patient 2", "patient 3", "patient 4"]),
        (CaseFilter.UNLABELLED, ["liver 1"]),
        (CaseFilter.MINE, ["liver 2", "patient 3"]),
        (CaseFilter.IN_PROGRESS, ["patient 3"]),
        (CaseFilter.COMPLETE, ["liver 2"]),
        (CaseFilter.NEEDS_REVIEW, ["patient 2"]),
    ],
)
def test_a_filter_lets_its_cases_through_in_the_servers_order(which, expected):
    assert names(which) == expected


def test_nobodys_cases_are_not_those_of_an_annotator_without_a_name():
    assert names(CaseFilter.MINE, annotator="") == []


def test_all_words_of_a_search_have_to_stand_in_the_name_in_any_order_and_case():
    assert names(search="2 PATI") == ["patient 2"]
    assert names(search="  ") == names()
    assert names(CaseFilter.MINE, search="liver") == ["liver 2"]


def test_what_a_newer_server_says_more_of_a_case_is_left_out():
    answer = {"case": "a", "state": "archived", "has_label": True, "images": 2, "colour": "red", "annotator": None}
    assert CaseSummary.fromServer(answer) == CaseSummary("a", None, True, images=2)


def test_an_image_keeps_all_that_is_told_of_it_when_it_goes_through_the_scene():
    answer = {
        "name": "ap",
        "phase": "arterial",
        "told_by": "image",
        "probabilities": {"arterial": 0.8, "portal": 0.2},
        "is_unsure": True,
        "is_reference": True,
        "bytes": 7,
        "path": "/a/ap.nii.gz",
        "more": 1,
    }
    image = CaseImage.fromServer(answer)
    told = {"arterial": 0.8, "portal": 0.2}
    assert image == CaseImage("ap", Phase.ARTERIAL, "image", told, True, True, 7, "/a/ap.nii.gz")
    assert CaseImage.fromPlain(image.toPlain()) == image
    assert CaseImage.fromPlain(CaseImage("x").toPlain()) == CaseImage("x")


@pytest.mark.parametrize(
    ("size", "text"), [(12, "12 bytes"), (999_400, "999 kB"), (999_600, "1 MB"), (34e6, "34 MB"), (2.34e9, "2.3 GB")]
)
def test_sizes_are_told_as_people_read_them(size, text):
    assert sizeText(size) == text


def test_a_cases_name_is_one_files_name_whatever_it_holds():
    assert fileNameOf("Müller 3-a_b.1") == "Müller 3-a_b.1"
    assert fileNameOf("../a\\b:c*d") == ".._a_b_c_d"
