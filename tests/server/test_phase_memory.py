"""What is remembered of the phases of a case, what annotators say of them, and which image stock clients see."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes import write_case
from livercad.core.findings import PhaseRead
from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.server.datastore import StudyDatastore
from livercad.server.errors import ConflictError, UnknownNameError
from livercad.server.images import image_named, names_of
from livercad.server.uploads import study_in
from livercad.studies.study import Series, Study
from server.abdomens import write_phases

SHAPE = (24, 24, 16)


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    for name, phase in (("a1", Phase.UNENHANCED), ("x7", Phase.PORTAL)):
        write_case(tmp_path / "studies" / "ann", name, shape=SHAPE, phase=phase)
    return tmp_path / "studies"


class Looker:
    """Takes the last series for the portal phase and the reference, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.can = True

    def __call__(self, study: Study) -> tuple[PhaseRead, ...]:
        self.asked += 1
        return reads_of(study, study.series[-1]) if self.can else ()


def reads_of(study: Study, reference: Series) -> tuple[PhaseRead, ...]:
    return tuple(
        PhaseRead(
            phase=Phase.PORTAL if series is reference else Phase.UNENHANCED,
            told_by="image",
            source=series.source,
            shape=SHAPE,
            spacing_mm=(4.0, 4.0, 5.0),
            is_reference=series is reference,
            probabilities={phase.value: 0.25 for phase in Phase},
        )
        for series in study.series
    )


def shown(store: StudyDatastore) -> str:
    return Path(store.get_image_uri("ann")).name


def test_the_images_are_looked_at_once_and_the_choice_outlives_a_restart(studies: Path) -> None:
    look = Looker()
    store = StudyDatastore(studies, look)
    assert look.asked == 0
    assert [shown(store), shown(store), shown(StudyDatastore(studies, look))] == ["x7.nii.gz"] * 3
    assert look.asked == 1
    assert Path(store.get_image_info("ann")["path"]).name == "x7.nii.gz"


def test_a_changed_file_makes_the_choice_anew(studies: Path) -> None:
    look = Looker()
    shown(StudyDatastore(studies, look))
    write_case(studies / "ann", "a1", seed=1, shape=SHAPE)
    shown(StudyDatastore(studies, look))
    assert look.asked == 2


def test_where_it_cannot_be_told_the_first_image_is_shown_and_the_question_asked_again(studies: Path) -> None:
    look = Looker()
    look.can = False
    store = StudyDatastore(studies, look)
    assert [shown(store), shown(store), look.asked] == ["a1.nii.gz", "a1.nii.gz", 2]
    look.can = True
    assert shown(store) == "x7.nii.gz"


def test_what_an_analysis_chose_is_shown_from_then_on(studies: Path) -> None:
    look = Looker()
    store = StudyDatastore(studies, look)
    study = store.study("ann")
    store.memory.remember(study, reads_of(study, study.series[0]))
    assert (shown(store), look.asked) == ("a1.nii.gz", 0)


def test_what_was_seen_is_told_until_a_file_or_a_word_changes(studies: Path) -> None:
    store = StudyDatastore(studies, Looker())
    assert store.memory.reads(store.study("ann")) == ()
    shown(store)
    seen = store.memory.reads(store.study("ann"))
    assert [(read.phase, read.is_reference) for read in seen] == [(Phase.UNENHANCED, False), (Phase.PORTAL, True)]
    store.tell_phases("ann", {"a1": "arterial"})
    assert store.memory.reads(store.study("ann")) == ()


def test_an_annotators_word_stands_above_what_was_recognised_and_can_be_taken_back(studies: Path) -> None:
    look = Looker()
    store = StudyDatastore(studies, look)
    assert shown(store) == "x7.nii.gz"
    store.tell_phases("ann", {"a1": "portal", "x7": "arterial"})
    for each in (store, StudyDatastore(studies, look)):
        told = [(series.phase, series.told_by) for series in each.study("ann").series]
        assert told == [(Phase.PORTAL, "annotator"), (Phase.ARTERIAL, "annotator")]
        assert shown(each) == "a1.nii.gz"
        assert set(each.get_image_info("ann")["phases"]) == {"portal", "arterial"}
    assert look.asked == 1
    store.tell_phases("ann", {})
    assert [series.told_by for series in store.study("ann").series] == ["unknown", "unknown"]
    assert StudyDatastore(studies, look).study("ann") == store.study("ann")


def test_an_annotators_word_stands_above_a_name(tmp_path: Path) -> None:
    write_phases(tmp_path, "two")
    store = StudyDatastore(tmp_path)
    with pytest.raises(ConflictError, match="portal twice"):
        store.tell_phases("two", {"arterial": "portal"})
    store.tell_phases("two", {"arterial": "portal", "portal": "delayed"})
    assert {series.files[0].name: series.phase for series in store.study("two").series} == {
        "arterial.nii.gz": Phase.PORTAL,
        "portal.nii.gz": Phase.DELAYED,
    }
    assert Path(store.get_image_uri("two")).name == "arterial.nii.gz"


def test_a_new_case_under_a_former_ones_name_has_none_of_its_words(tmp_path: Path) -> None:
    write_phases(tmp_path, "two")
    store = StudyDatastore(tmp_path)
    store.tell_phases("two", {"arterial": "portal", "portal": "delayed"})
    store.remove_image("two")
    write_phases(tmp_path, "two")
    store.refresh_if_changed()
    assert {series.told_by for series in store.study("two").series} == {"name"}


def test_a_word_that_no_longer_goes_with_the_files_is_passed_over(studies: Path) -> None:
    store = StudyDatastore(studies)
    store.tell_phases("ann", {"a1": "portal"})
    write_case(studies / "ann", "portal", shape=SHAPE)
    store.refresh_if_changed()
    assert {series.told_by for series in store.study("ann").series} == {"name", "unknown"}


def test_what_cannot_be_told_is_refused(studies: Path) -> None:
    store = StudyDatastore(studies)
    for words, kind, message in (
        ({"b1": "portal"}, UnknownNameError, "one of a1, x7"),
        ({"a1": "venous"}, InputError, "unenhanced, arterial"),
        ({"a1": "portal", "x7": "portal"}, ConflictError, "portal twice"),
    ):
        with pytest.raises(kind, match=message):
            store.tell_phases("ann", words)
    assert not (studies / ".livercad").exists()


def test_every_image_of_a_case_has_a_name_of_its_own(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("x/ct.nii.gz", "y/ct.nii.gz", "y/ct.nrrd", "y/ct-2.nii.gz", "y/a\\b.nii")]
    study = Study("x", (*(Series((file,), None, "unknown") for file in files), Series((tmp_path,), None, "", "1.2.3")))
    names = names_of(study)
    assert len(set(names)) == len(files) + 1
    assert {"ct", "a_b", "1.2.3"} < set(names)
    assert [image_named(study, name) for name in names] == list(study.series)


def test_images_sent_under_names_without_phases_are_one_study(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_case(tmp_path / "sent", name, shape=SHAPE)
    assert len(study_in(tmp_path / "sent").series) == 2
    write_case(tmp_path / "sent", "art", shape=SHAPE)
    write_case(tmp_path / "sent", "arterial", shape=SHAPE)
    with pytest.raises(InputError, match="2 images of the arterial phase"):
        study_in(tmp_path / "sent")
