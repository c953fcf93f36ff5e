"""Which image of a case with nameless phases clients see."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes import write_case
from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.server.datastore import StudyDatastore
from livercad.server.uploads import study_in
from livercad.studies.study import Series, Study

SHAPE = (24, 24, 16)


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    for name, phase in (("a1", Phase.UNENHANCED), ("x7", Phase.PORTAL)):
        write_case(tmp_path / "studies" / "ann", name, shape=SHAPE, phase=phase)
    return tmp_path / "studies"


class Chooser:
    """Chooses the last series, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.can = True

    def __call__(self, study: Study) -> Series | None:
        self.asked += 1
        return study.series[-1] if self.can else None


def shown(store: StudyDatastore) -> str:
    return Path(store.get_image_uri("ann")).name


def test_the_images_are_looked_at_once_and_the_choice_outlives_a_restart(studies: Path) -> None:
    choose = Chooser()
    store = StudyDatastore(studies, choose)
    assert choose.asked == 0
    assert [shown(store), shown(store), shown(StudyDatastore(studies, choose))] == ["x7.nii.gz"] * 3
    assert choose.asked == 1
    assert Path(store.get_image_info("ann")["path"]).name == "x7.nii.gz"


def test_a_changed_file_makes_the_choice_anew(studies: Path) -> None:
    choose = Chooser()
    shown(StudyDatastore(studies, choose))
    write_case(studies / "ann", "a1", seed=1, shape=SHAPE)
    shown(StudyDatastore(studies, choose))
    assert choose.asked == 2


def test_where_it_cannot_be_told_the_first_image_is_shown_and_the_question_asked_again(studies: Path) -> None:
    choose = Chooser()
    choose.can = False
    store = StudyDatastore(studies, choose)
    assert [shown(store), shown(store), choose.asked] == ["a1.nii.gz", "a1.nii.gz", 2]
    choose.can = True
    assert shown(store) == "x7.nii.gz"


def test_what_an_analysis_chose_is_shown_from_then_on(studies: Path) -> None:
    choose = Chooser()
    store = StudyDatastore(studies, choose)
    store.references.remember(store.study("ann"), store.study("ann").series[0].source)
    assert (shown(store), choose.asked) == ("a1.nii.gz", 0)


def test_images_sent_under_names_without_phases_are_one_study(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_case(tmp_path / "sent", name, shape=SHAPE)
    assert len(study_in(tmp_path / "sent").series) == 2
    write_case(tmp_path / "sent", "art", shape=SHAPE)
    write_case(tmp_path / "sent", "arterial", shape=SHAPE)
    with pytest.raises(InputError, match="2 images of the arterial phase"):
        study_in(tmp_path / "sent")
