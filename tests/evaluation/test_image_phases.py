from __future__ import annotations

import pytest

from livercad.core.findings import Caution, FindingsWarning
from livercad.core.phases import Phase
from livercad.evaluation.cases import Skipped
from livercad.evaluation.image_phases import ImagePhase, Teller, compare_phases
from livercad.evaluation.phase_summary import summarise_phases
from livercad.evaluation.settings import EvaluationSettings
from named_findings import findings, read_as

U, A, P, D = Phase


def compared(true, *phases, warnings=()) -> tuple[ImagePhase, ...]:
    images = compare_phases("a", true, findings("a", phases=phases, warnings=warnings))
    assert not isinstance(images, Skipped)
    return images


def test_an_image_is_found_by_the_end_of_its_path_or_its_series() -> None:
    images = compared(
        {"one.nii.gz": A, "late/x.nii": D, "1.2.3": P, "dicom/native": U},
        read_as("/far/a/one.nii.gz", A),
        read_as("/far/late/x.nii", D),
        read_as("/far/dicom/pv (series 1.2.3)", P),
        read_as("/far/dicom/native (series 1.2.4)", U),
    )
    assert [image.is_right for image in images] == [True] * 4


def test_half_a_name_is_another_image() -> None:
    left_out, untold = compared({"ne.nii.gz": A}, read_as("/far/a/one.nii.gz", A))
    assert (left_out.teller, left_out.taken_for) == (Teller.NOBODY, None)
    assert left_out.reason == "it is not among the images that were read"
    assert (untold.image, untold.true) == ("/far/a/one.nii.gz", None)


def test_what_cannot_be_brought_together_is_skipped_with_the_reason() -> None:
    twice = compare_phases("a", {"x.nii": A}, findings("a", phases=[read_as("/1/x.nii", A), read_as("/2/x.nii", P)]))
    assert isinstance(twice, Skipped)
    assert (twice.case, twice.what) == ("a", "phases")
    assert "fits /1/x.nii and /2/x.nii" in twice.reason
    both = compare_phases("a", {"x.nii": A, "1/x.nii": P}, findings("a", phases=[read_as("/1/x.nii", A)]))
    assert isinstance(both, Skipped)
    assert "x.nii and 1/x.nii in phases.csv both fit /1/x.nii" in both.reason


def test_only_what_the_pipeline_told_itself_counts_as_recognised() -> None:
    images = compared(
        {name: A for name in ("1", "2", "3", "4", "5")},
        read_as("/1", A),
        read_as("/2", A, "name", arterial=0.2, portal=0.8),
        read_as("/3", A, "table"),
        read_as("/4", A, "annotator"),
        read_as("/5", None, "unknown"),
    )
    assert [image.teller for image in images] == [Teller.IMAGE, *[Teller.USER] * 3, Teller.NOBODY]
    assert images[1].looks_like is P
    assert images[1].probability == 0.8
    assert images[4].reason == "it was read without a phase"


def test_unsure_is_what_the_pipeline_warns_of() -> None:
    weak, displaced, sure = compared(
        {"1": A, "2": A, "3": A},
        read_as("/1", A, is_unsure=True, arterial=0.6, portal=0.4),
        read_as("/2", D, arterial=0.6, delayed=0.4),
        read_as("/3", P, portal=0.9, arterial=0.1),
    )
    assert [image.is_unsure for image in (weak, displaced, sure)] == [True, True, False]
    assert [image.is_right for image in (weak, displaced, sure)] == [True, False, False]


def test_the_warning_says_why_an_image_was_left_out() -> None:
    warnings = [
        FindingsWarning(Caution.PHASE_LEFT_OUT, "x.nii.gz was left out: it looks like the portal phase."),
        FindingsWarning(Caution.PHASE_LEFT_OUT, "The series 1.2.3 was left out: no liver."),
        FindingsWarning(Caution.THICK_SLICES, "y.nii.gz has thick slices."),
    ]
    one, two, three = compared({"x.nii.gz": A, "1.2.3": P, "y.nii.gz": D}, warnings=warnings)
    assert one.reason == warnings[0].message
    assert two.reason == warnings[1].message
    assert three.reason == "it is not among the images that were read"


def image(case: str, true: Phase | None, taken: Phase | None, **how) -> ImagePhase:
    teller = how.pop("teller", Teller.IMAGE if taken else Teller.NOBODY)
    return ImagePhase(case, "x", true, taken, teller, **how)


def test_images_are_counted_by_hand() -> None:
    summary = summarise_phases(
        [
            (image("a", U, U), image("a", A, A), image("a", P, D, is_unsure=True), image("a", D, P)),
            (image("b", A, A, is_unsure=True), image("b", P, None), image("b", None, U)),
            (
                image("c", P, P, teller=Teller.USER, looks_like=P),
                image("c", D, P, teller=Teller.USER, looks_like=D),
                image("c", U, U, teller=Teller.USER),
            ),
            None,
        ],
        EvaluationSettings(),
    )
    assert summary is not None
    total = summary.total
    assert (summary.cases, total.images, summary.untold) == (3, 9, 1)
    assert (total.recognised.count, total.recognised.n, total.recognised.value) == (3, 5, 0.6)
    assert (total.sure.count, total.sure.n) == (2, 3)
    assert (total.unsure.count, total.unsure.n) == (1, 2)
    assert (total.left_out, total.told, total.told_right) == (1, 3, 2)
    assert (total.told_looks.count, total.told_looks.n) == (2, 2)
    assert total.recognised.low is None  # two cases
    portal = summary.by_phase["portal"]
    assert (portal.images, portal.left_out, portal.told) == (3, 1, 1)
    assert portal.taken_for == {"unenhanced": 0, "arterial": 0, "portal": 0, "delayed": 1}
    assert (portal.recognised.count, portal.recognised.n) == (0, 1)


def test_nothing_told_is_no_summary() -> None:
    assert summarise_phases([None, None], EvaluationSettings()) is None


@pytest.mark.parametrize("told", [True, False])
def test_a_told_phase_is_no_recognition(told: bool) -> None:
    teller = Teller.USER if told else Teller.IMAGE
    summary = summarise_phases([(image("a", P, P, teller=teller),)], EvaluationSettings())
    assert summary is not None
    assert (summary.total.recognised is None) is told
