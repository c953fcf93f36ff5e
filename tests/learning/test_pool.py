"""Sides of cases: drawn once, never changed, patients and copies together."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from learning.killing import killed_at_work
from learning.labelled import labelled_case
from livercad.errors import InputError
from livercad.learning.cases import LabelledCase, LabelVersion
from livercad.learning.left_out import reasons_of
from livercad.learning.pool import NAME, TEST_LIST, Pool, Side, patient_key
from livercad.studies.discover import find_studies


def drawn(share: float, side: Side, folder: Path) -> str:
    """A patient who is drawn to a side."""
    pool = Pool(folder, share)
    return next(name for name in map("patient {}".format, itertools.count()) if pool.assign(name, name) is side)


def test_a_case_keeps_its_side_whatever_becomes_of_the_share(tmp_path: Path) -> None:
    sides = {f"case {n}": Pool(tmp_path).assign(f"case {n}", f"case {n}") for n in range(40)}
    assert set(sides.values()) == {Side.TRAINING, Side.VALIDATION}
    for share in (0.0, 0.2, 1.0):
        pool = Pool(tmp_path, share)
        assert pool.sides() == sides
        assert {case: pool.assign(case, case) for case in sides} == sides
        assert {case: pool.assign(case, "another patient", ["another image"]) for case in sides} == sides
    assert Pool(tmp_path, 1.0).assign("new", "new") is Side.VALIDATION
    assert Pool(tmp_path, 0.0).assign("newer", "newer") is Side.TRAINING


def test_the_draw_is_the_same_in_any_order_and_folder(tmp_path: Path) -> None:
    names = [f"case {n}" for n in range(60)]
    first, second = Pool(tmp_path / "a"), Pool(tmp_path / "b")
    for name in names:
        first.assign(name, name)
    for name in random.Random(0).sample(names, len(names)):
        second.assign(name, name)
    assert first.sides() == second.sides()
    # The draw itself must not change with a version of this software.
    assert [name for name in names[:20] if first.side(name) is Side.VALIDATION] == [
        "case 2",
        "case 5",
        "case 7",
        "case 10",
        "case 17",
    ]


def test_so_many_become_validation_cases_as_the_share_says(tmp_path: Path) -> None:
    pool = Pool(tmp_path, 0.3)
    count = sum(pool.assign(f"case {n}", f"case {n}") is Side.VALIDATION for n in range(400))
    assert abs(count - 120) < 3.3 * (400 * 0.3 * 0.7) ** 0.5  # of 1,000 honest draws one is further off


def test_cases_of_one_patient_stay_together(tmp_path: Path) -> None:
    pool = Pool(tmp_path, 0.5)
    for n in range(30):
        sides = {pool.assign(f"{n} {when}", f"patient {n}") for when in ("before", "after", "later")}
        assert len(sides) == 1


def test_a_copy_under_another_name_follows_the_case_that_it_is_a_copy_of(tmp_path: Path) -> None:
    pool = Pool(tmp_path, 0.5)
    for n in range(30):
        side = pool.assign(f"{n}", f"patient {n}", [f"portal {n}", f"arterial {n}"])
        assert Pool(tmp_path, 0.5).assign(f"copy of {n}", f"nobody {n}", [f"arterial {n}"]) is side
        assert pool.assign(f"next of {n}", f"nobody {n}", [f"other {n}"]) is side  # of the copy's patient


def test_what_belongs_to_both_sides_is_not_trained_on(tmp_path: Path) -> None:
    trained = drawn(0.5, Side.TRAINING, tmp_path)
    kept = next(name for name, side in Pool(tmp_path).sides().items() if side is Side.VALIDATION)
    pool = Pool(tmp_path)
    pool.assign(kept, kept, ["image"])
    assert pool.assign("both", trained, ["image"]) is Side.VALIDATION


def test_images_that_come_later_are_known_as_well(tmp_path: Path) -> None:
    kept = drawn(0.5, Side.VALIDATION, tmp_path)
    pool = Pool(tmp_path, 0.0)
    pool.assign(kept, kept, ["second image"])
    pool.assign(kept, kept, ["third image"])
    for name, image in (("copy 2", "second image"), ("copy 3", "third image")):
        assert Pool(tmp_path, 0.0).assign(name, name, [image]) is Side.VALIDATION


def test_training_cases_that_turn_out_to_belong_with_others_are_left_out(tmp_path: Path) -> None:
    for share, names in ((0.0, ("a", "b", "c", "far")), (1.0, ("kept", "kept too"))):
        for name in names:
            Pool(tmp_path, share).assign(name, name, [f"image of {name}"])
    pool = Pool(tmp_path, 0.0)
    sides = pool.sides()
    assert pool.left_out() == {}
    pool.assign("a", "Anna")
    pool.assign("kept", "Anna")  # told later: of one patient
    assert pool.left_out() == {"a": ("kept",)}
    # A copy of one case that is of the patient of another: what belongs with either belongs with both.
    assert pool.assign("bridge", "kept too", ["image of b"]) is Side.VALIDATION
    pool.assign("c", "b")
    assert pool.left_out() == {"a": ("kept",), "b": ("bridge", "kept too"), "c": ("bridge", "kept too")}
    assert reasons_of(pool)["c"] == (
        "belongs with bridge, kept too (validation) by patient or image, directly or through other cases"
    )
    assert {case: pool.sides()[case] for case in sides} == sides, "no side changes"
    assert pool.usable() == {case: side for case, side in pool.sides().items() if case not in ("a", "b", "c")}
    pool.assign("a", "Berta")  # a mistake that was mended
    assert "a" not in pool.left_out() and pool.usable()["a"] is Side.TRAINING


def test_images_are_read_again_where_their_files_are_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool(tmp_path, 0.0)
    pool.add(labelled_case(tmp_path, "case", 0))
    with monkeypatch.context() as patch:
        patch.setattr("livercad.learning.pool.contents_of", lambda *_: pytest.fail("nothing is new"))
        pool.add(labelled_case_as_it_is(tmp_path, "case", "Anna"))
    assert Pool(tmp_path, 1.0).assign("her second", "Anna") is Side.TRAINING, "the patient was told later"
    pool.add(labelled_case(tmp_path, "case", 1))
    for seed in (0, 1):
        assert Pool(tmp_path, 1.0).add(labelled_case(tmp_path, f"copy {seed}", seed)) is Side.TRAINING


def labelled_case_as_it_is(folder: Path, name: str, patient: str) -> LabelledCase:
    """A case that was written before, of a patient."""
    study = next(study for study in find_studies(folder / "studies").studies if study.case == name)
    label = folder / "labels" / f"{name}.nii.gz"
    return LabelledCase(name, patient, study, study.reference, label, LabelVersion("final", 1, ""))


def test_the_test_set_is_locked_by_a_list_of_cases_and_patients(tmp_path: Path) -> None:
    tmp_path.joinpath(TEST_LIST).write_text("case 1\n  Miller ^ Anna  # both of hers\n\n# nothing else\n")
    pool = Pool(tmp_path, 0.0)
    assert pool.assign("case 1", "somebody") is Side.TEST
    assert pool.assign("her first", "Miller ^ Anna") is Side.TEST
    assert pool.assign("case 2", "case 2") is Side.TRAINING
    assert pool.assign("of the same patient", "somebody") is Side.TEST
    tmp_path.joinpath(TEST_LIST).unlink()
    again = Pool(tmp_path, 1.0)
    assert again.side("case 1") is again.assign("her second", "Miller ^ Anna") is Side.TEST


def test_a_list_that_comes_too_late_changes_no_side_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pool = Pool(tmp_path, 0.0)
    pool.assign("case 1", "somebody")
    pool.assign("case 2", "case 2")
    tmp_path.joinpath(TEST_LIST).write_text("somebody\ncase 3\n")
    assert pool.assign("case 1", "somebody") is Side.TRAINING
    assert pool.listed_too_late() == {"case 1": Side.TRAINING}
    assert pool.assign("case 3", "somebody") is Side.TEST  # never trained on, but not independent either
    assert "case 1" in caplog.text


def test_no_name_of_a_patient_is_written_down(tmp_path: Path) -> None:
    Pool(tmp_path).assign("case 1", "Miller^Anna")
    assert "Miller" not in (tmp_path / NAME).read_text()
    assert patient_key("Miller^Anna") in (tmp_path / NAME).read_text()


def test_a_share_is_between_0_and_1(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found 20; expected a number from 0 to 1"):
        Pool(tmp_path, 20)


def test_nothing_is_written_until_a_case_is_assigned(tmp_path: Path) -> None:
    pool = Pool(tmp_path / "pool")
    assert pool.sides() == {} and pool.side("one") is None
    assert not (tmp_path / "pool").exists()


def test_every_side_that_a_case_belongs_to_is_told(tmp_path: Path) -> None:
    (tmp_path / TEST_LIST).write_text("locked\n")
    Pool(tmp_path, 0.0).assign("a", "a")
    for name in ("locked", *(f"kept-{number}" for number in range(5))):
        Pool(tmp_path, 1.0).assign(name, name)
    pool = Pool(tmp_path)
    for name in pool.sides():
        pool.assign(name, "Anna")
    told = "locked (test) and kept-0, kept-1, kept-2 and 2 more (validation)"
    assert reasons_of(pool) == {"a": f"belongs with {told} by patient or image, directly or through other cases"}


def test_labelled_cases_are_known_by_their_images(tmp_path: Path) -> None:
    pool = Pool(tmp_path, 0.5)
    for seed in range(6):
        side = pool.add(labelled_case(tmp_path, f"case{seed}", seed))
        copy = labelled_case(tmp_path, f"copy{seed}", seed)
        assert pool.add(copy) is side
        shutil.rmtree(tmp_path / "studies")
        assert pool.add(copy) is side  # known: no image is read any more
    assert len(pool.sides()) == 12


def test_two_processes_agree(tmp_path: Path) -> None:
    def assign(order: list[int], found: dict[str, Side]) -> None:
        pool = Pool(tmp_path, 0.5)
        found.update({f"case {n}": pool.assign(f"case {n}", f"{n}", [f"image {n // 3}"]) for n in order})

    one: dict[str, Side] = {}
    other: dict[str, Side] = {}
    threads = [
        threading.Thread(target=assign, args=(list(range(30)), one)),
        threading.Thread(target=assign, args=(list(reversed(range(30))), other)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert one == other == Pool(tmp_path).sides()
    assert all(len({one[f"case {3 * n + k}"] for k in range(3)}) == 1 for n in range(10))


def test_a_kill_at_any_moment_changes_no_side(tmp_path: Path) -> None:
    def work(done: Callable[[int], None]) -> None:
        pool = Pool(tmp_path, 0.5)
        for number in itertools.count(len(pool.sides())):
            pool.assign(f"case {number}", f"patient {number // 2}", [f"image {number}"])
            done(number)

    before: dict[str, Side] = {}
    for done in killed_at_work(work, seed=2):
        sides = Pool(tmp_path).sides()
        assert list(sides) == [f"case {number}" for number in range(len(sides))]
        assert done[-1] < len(sides)
        assert {case: sides[case] for case in before} == before
        before = sides
    fresh = Pool(tmp_path / "fresh", 0.5)
    assert {case: fresh.assign(case, f"patient {int(case[5:]) // 2}") for case in before} == before
    assert all(json.loads(line) for line in (tmp_path / NAME).read_text().splitlines())
