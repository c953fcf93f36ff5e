"""Agreement of annotators: overlaps and kappa that were worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from learning.labelled import labelled_case
from livercad.core.taxonomy import LesionType
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.learning.agreement import compare, compare_all, kappa
from livercad.learning.cases import LabelledCase, LabelVersion, classes_of
from livercad.studies.nifti import write_volume

AFFINE = np.diag([2.0, 2.0, 5.0, 1.0])
"""A voxel is 0.02 ml."""
CYST, HCC, HEMANGIOMA = LesionType.CYST, LesionType.HCC, LesionType.HEMANGIOMA


def labelled(
    folder: Path,
    who: str,
    lesions: dict[int, tuple[slice, slice, slice]],
    types: dict[int, LesionType],
    liver: int = 10,
) -> LabelledCase:
    """A label whose liver is a block `liver` voxels long, and whose lesions are blocks."""
    label, instances = np.zeros((20, 10, 10), np.uint8), np.zeros((20, 10, 10), np.uint16)
    label[:liver] = 1
    for number, place in lesions.items():
        label[place], instances[place] = 2, number
    paths = [folder / who / name for name in ("label.nii.gz", "instances.nii.gz")]
    for array, path in zip((label, instances), paths, strict=True):
        write_volume(Volume(array, AFFINE), path)
    return replace(
        labelled_case(folder / who),
        label=paths[0],
        instances=paths[1],
        types=types,
        classes=classes_of(types),
        version=LabelVersion("final", 1, "", who, "2026-11-21T10:00:00+00:00"),
    )


def test_overlaps_and_names_of_matched_lesions(tmp_path: Path) -> None:
    """Four lesions: alike, moved by half, too far apart to be the same, and one that only the first has."""
    one = labelled(
        tmp_path,
        "ann",
        {1: np.s_[0:2, 0:2, 0:2], 2: np.s_[4:6, 0:2, 0:2], 3: np.s_[0:2, 6:8, 0:2], 5: np.s_[4:6, 6:8, 6:8]},
        {1: CYST, 2: HCC, 3: CYST, 5: CYST},
    )
    other = labelled(
        tmp_path,
        "bob",
        {7: np.s_[0:2, 0:2, 0:2], 4: np.s_[5:7, 0:2, 0:2], 2: np.s_[0:2, 6:8, 4:6]},
        {7: CYST, 4: HEMANGIOMA, 2: CYST},
        liver=15,
    )
    found = compare(one, other)
    assert found.liver.dice == pytest.approx(2 * 1000 / (1000 + 1500))
    assert found.lesions.dice == pytest.approx(2 * (8 + 4) / (32 + 24))
    assert found.lesions.predicted_ml == pytest.approx(32 * 0.02)
    assert (found.lesion_counts, found.matched) == ((4, 3), 2)
    assert set(found.types) == {(CYST, CYST), (HCC, HEMANGIOMA)}
    assert found.annotators == ("ann", "bob")
    told = found.to_dict()
    # One of two agrees; by chance: 1/2 × 1/2 cysts. Kappa = (1/2 - 1/4) / (1 - 1/4).
    assert told["type_kappa"] == pytest.approx(1 / 3) and told["typed"] == 2


def test_only_lesions_that_both_have_named_count(tmp_path: Path) -> None:
    places = {1: np.s_[0:2, 0:2, 0:2], 2: np.s_[4:6, 0:2, 0:2]}
    found = compare(labelled(tmp_path, "ann", places, {1: CYST, 2: HCC}), labelled(tmp_path, "bob", places, {2: HCC}))
    assert (found.matched, found.types) == (2, ((HCC, HCC),))
    assert found.to_dict()["type_kappa"] is None


def test_livers_without_lesions_agree(tmp_path: Path) -> None:
    found = compare(labelled(tmp_path, "ann", {}, {}), labelled(tmp_path, "bob", {}, {}))
    assert (found.liver.dice, found.lesions.dice, found.matched) == (1, 1, 0)


def test_labels_on_different_grids_are_refused(tmp_path: Path) -> None:
    one, other = labelled(tmp_path, "ann", {}, {}), labelled(tmp_path, "bob", {}, {})
    write_volume(Volume(np.zeros((20, 10, 9), np.uint8), AFFINE), other.label)
    with pytest.raises(InputError, match="different grids"):
        compare(one, other)


def test_every_two_annotators_are_compared(tmp_path: Path) -> None:
    labels = [labelled(tmp_path, who, {}, {}) for who in ("ann", "bob", "cat")]
    pairs = [found.annotators for found in compare_all(labels)]
    assert pairs == [("ann", "bob"), ("ann", "cat"), ("bob", "cat")]


def test_kappa_is_that_of_a_worked_example() -> None:
    """J. Cohen 1960's kind of table: 20 both yes, 5 and 10 apart, 15 both no: observed 0.7, by chance 0.5."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert kappa(pairs) == pytest.approx(0.4)
    assert kappa([("a", "a"), ("b", "b")]) == 1
    assert kappa([("a", "b"), ("b", "a")]) == -1


@pytest.mark.parametrize("pairs", [[], [("a", "b")], [("a", "a")] * 9])
def test_kappa_of_too_little_is_none(pairs: list[tuple[str, str]]) -> None:
    assert kappa(pairs) is None
