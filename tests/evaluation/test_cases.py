from __future__ import annotations

from pathlib import Path

import pytest

from livercad.errors import InputError
from livercad.evaluation.cases import LESION_NAMES, is_phantom, pair_cases
from livercad.phantom.studies import write_ct_studies


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_cases_are_paired_by_name_and_the_others_reported(tmp_path: Path) -> None:
    results, truth = tmp_path / "results", tmp_path / "truth"
    touch(results / "a" / "liver.nii.gz", results / "a" / "lesions.nii.gz", results / "b" / "liver.nii.gz")
    touch(results / "index.html", results / "evaluation" / "index.html")
    touch(truth / "a" / "liver.nii.gz", truth / "c" / "lesions.nii.gz")
    (pair,), skipped = pair_cases(results, truth)
    assert (pair.case, pair.result.lesions, pair.truth.lesions) == ("a", results / "a" / "lesions.nii.gz", None)
    assert [(s.case, s.reason) for s in skipped] == [
        ("b", "it has a result but no truth"),
        ("c", "it has a truth but no result"),
    ]


@pytest.mark.parametrize("name", ["lesions", "lesion", "tumor", "tumour", "tumors"])
def test_lesion_truth_may_be_called_what_collections_call_it(tmp_path: Path, name: str) -> None:
    touch(tmp_path / "r" / "a" / "lesions.nii.gz", tmp_path / "t" / "a" / f"{name}.nii")
    (pair,), _ = pair_cases(tmp_path / "r", tmp_path / "t")
    assert pair.truth.lesions == tmp_path / "t" / "a" / f"{name}.nii"


def test_a_study_folder_with_a_truth_folder_inside_is_understood(tmp_path: Path) -> None:
    touch(tmp_path / "r" / "a" / "liver.nii.gz", tmp_path / "studies" / "truth" / "a" / "liver.nii.gz")
    (pair,), skipped = pair_cases(tmp_path / "r", tmp_path / "studies")
    assert pair.truth.liver == tmp_path / "studies" / "truth" / "a" / "liver.nii.gz"
    assert skipped == ()


def test_two_truths_for_one_mask_are_named_and_not_guessed_between(tmp_path: Path) -> None:
    touch(tmp_path / "r" / "a" / "lesions.nii.gz", tmp_path / "r" / "b" / "liver.nii.gz")
    touch(
        tmp_path / "t" / "a" / "lesions.nii.gz",
        tmp_path / "t" / "a" / "tumor.nii.gz",
        tmp_path / "t" / "b" / "liver.nii",
    )
    pairs, (skipped,) = pair_cases(tmp_path / "r", tmp_path / "t")
    assert [pair.case for pair in pairs] == ["b"]
    assert skipped.case == "a"
    assert "lesions.nii.gz and tumor.nii.gz" in skipped.reason


def test_a_folder_without_masks_is_told_how_they_are_called(tmp_path: Path) -> None:
    touch(tmp_path / "r" / "a" / "liver.nii.gz", tmp_path / "t" / "a" / "truth.nii.gz")
    called = r"Masks are called liver\.nii\.gz and lesions\.nii\.gz \(other names: docs/evaluation\.md\)\."
    with pytest.raises(InputError, match=called):
        pair_cases(tmp_path / "r", tmp_path / "t")


def test_the_page_that_the_error_names_lists_every_name() -> None:
    page = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    assert [name for name in LESION_NAMES if f"`{name}`" not in page.replace(".nii.gz", "")] == []


@pytest.mark.parametrize("make", ["nothing", "an empty folder", "other cases"])
def test_nothing_to_compare_is_one_error_that_names_the_truth(tmp_path: Path, make: str) -> None:
    touch(tmp_path / "r" / "a" / "liver.nii.gz")
    if make != "nothing":
        (tmp_path / "t").mkdir()
    if make == "other cases":
        touch(tmp_path / "t" / "z" / "liver.nii.gz")
    with pytest.raises(InputError, match=str(tmp_path / "t")):
        pair_cases(tmp_path / "r", tmp_path / "t")


def test_a_phantoms_truth_is_known_from_the_folder_and_from_the_truth_in_it(tmp_path: Path) -> None:
    write_ct_studies(tmp_path / "phantom", 0)
    assert is_phantom(tmp_path / "phantom")
    assert is_phantom(tmp_path / "phantom" / "truth")


def test_a_table_of_somebody_elses_makes_no_phantom(tmp_path: Path) -> None:
    assert not is_phantom(tmp_path)
    (tmp_path / "lesions.csv").write_text("case,segment\n")
    assert not is_phantom(tmp_path)
