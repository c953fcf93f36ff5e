"""Patients of one's own: the table, masks and boxes, the split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lesion_balls import AFFINE, ball, lesion_images
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.papers.yasaka2018.capture import largest_section, opened
from livercad.papers.yasaka2018.datasets import part_result
from livercad.papers.yasaka2018.folder import FolderSource
from livercad.papers.yasaka2018.image_sets import make_image_sets
from livercad.papers.yasaka2018.labels import read_labels
from livercad.papers.yasaka2018.reproduce import reproduce
from livercad.papers.yasaka2018.settings import PHASES, CaptureSettings, Settings
from livercad.papers.yasaka2018.sources import Part, check_split
from livercad.studies.nifti import write_volume

CAPTURE = CaptureSettings()


def add_case(folder: Path, case: str, category: str = "A", phases: tuple = PHASES, mask: bool = True) -> None:
    images = lesion_images(category)
    for phase in phases:
        write_volume(images.images[phase], folder / case / f"{phase}.nii.gz")
    if mask:
        instances = ball(10).astype(np.uint8)
        instances[:8, :8] = 2
        write_volume(Volume(instances, AFFINE), folder / case / "lesions.nii.gz")


def table(folder: Path, *rows: str, header: str = "case,lesion,category,set") -> None:
    folder.mkdir(exist_ok=True)
    (folder / "labels.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def test_lesions_of_a_folder_are_read_with_their_images_and_masks(tmp_path: Path) -> None:
    for case in ("one", "two"):
        add_case(tmp_path, case)
    table(tmp_path, "one,1,A,training", "one,2,E,training", "two,1,D,test")
    source = FolderSource.of(tmp_path, CAPTURE, 0)
    check_split(source.patients)
    first, second = source.patients
    assert (first.name, first.part, [lesion.positions for lesion in first.lesions]) == ("one", Part.TRAINING, [5, 5])
    assert (second.name, second.part, [lesion.positions for lesion in second.lesions]) == ("two", Part.TEST, [1])
    loaded = source.load(first)
    assert set(loaded[0].images) == set(PHASES)
    assert largest_section(loaded[0].lesion)[0] == pytest.approx((0, 0, 0), abs=1.1)
    assert loaded[1].lesion.array.sum() == 8 * 8 * 9


def test_a_box_stands_in_for_a_mask(tmp_path: Path) -> None:
    add_case(tmp_path, "one", mask=False)
    add_case(tmp_path, "two", mask=False)
    header = "case;lesion;type;set;r_min;r_max;a_min;a_max;s_min;s_max"
    rows = [f"{case};1;hcc;{part};10;34;-5;15;0;18" for case, part in (("one", "train"), ("two", "test"))]
    table(tmp_path, *rows, header=header)
    lesion = FolderSource.of(tmp_path, CAPTURE, 0)
    center, diameter = largest_section(lesion.load(lesion.patients[0])[0].lesion)
    assert center == pytest.approx((22, 5, 9), abs=1.1)
    assert diameter == pytest.approx(24, abs=1.5)


def test_phases_are_laid_over_each_other_at_the_places_of_the_table(tmp_path: Path) -> None:
    """The arterial phase was breathed 12 mm up: told its place, it is captured as if it had not been."""
    moved = PHASES[1]
    for case in ("still", "breathed", "told"):
        add_case(tmp_path / "data", case)
        if case != "still":
            up = AFFINE.copy()
            up[:3, 3] += (5, -3, 12)
            image = lesion_images("A").images[moved]
            write_volume(Volume(image.array, up), tmp_path / "data" / case / f"{moved}.nii.gz")
    header = f"case,lesion,category,set,{moved}_r,{moved}_a,{moved}_s"
    table(
        tmp_path / "data", "still,1,A,training,,,", "breathed,1,A,training,,,", "told,1,A,test,5,-3,12", header=header
    )
    source = FolderSource.of(tmp_path / "data", CAPTURE.model_copy(update={"ratio": (0.5, 0.5), "positions": 1}), 0)
    sets, _ = make_image_sets(source, tmp_path / "sets", CAPTURE.model_copy(update={"ratio": (0.5, 0.5)}), 0, 1)
    files = {each.patient: [path.read_bytes() for path in each.paths(tmp_path / "sets")] for each in sets}
    seen = {name: [np.asarray(image, float) for image in opened(jpegs)] for name, jpegs in files.items()}
    assert np.abs(seen["told"][1] - seen["still"][1]).mean() < 1
    assert np.abs(seen["breathed"][1] - seen["still"][1]).mean() > 10
    assert all(np.array_equal(seen["told"][n], seen["still"][n]) for n in (0, 2))


def test_a_place_told_otherwise_has_its_lesion_captured_again(tmp_path: Path) -> None:
    for case in ("one", "two"):
        add_case(tmp_path, case)
    header = "case,lesion,category,set,delayed_r,delayed_a,delayed_s"
    keys = []
    for height in (4, 5):
        table(tmp_path, f"one,1,A,training,0,0,{height}", "two,1,A,test,,,", header=header)
        source = FolderSource.of(tmp_path, CAPTURE, 0)
        keys.append([source.key(patient) for patient in source.patients])
    assert [one == other for one, other in zip(*keys, strict=True)] == [False, True]


def test_the_split_is_drawn_by_patient_within_categories_where_none_is_told(tmp_path: Path) -> None:
    rows = []
    for n in range(12):
        add_case(tmp_path, f"c{n}", mask=False, phases=PHASES)
        rows.append(f"c{n},1,{'AD'[n % 2]},p{n // 2 * 2 + n % 2 if n < 8 else n % 2},0,9,0,9,0,9")
    table(tmp_path, *rows, header="case,lesion,category,patient,r_min,r_max,a_min,a_max,s_min,s_max")
    source = FolderSource.of(tmp_path, CAPTURE, 3)
    check_split(source.patients)
    test = [patient for patient in source.patients if patient.part is Part.TEST]
    assert sorted(patient.lesions[0].category for patient in test) == ["A", "D"]
    assert source.patients == FolderSource.of(tmp_path, CAPTURE, 3).patients


def test_the_largest_lesion_of_a_test_patient_is_tested(tmp_path: Path) -> None:
    add_case(tmp_path, "one")
    add_case(tmp_path, "two")
    table(tmp_path, "one,1,A,training", "two,2,C,test", "two,1,E,test")
    test = [patient for patient in FolderSource.of(tmp_path, CAPTURE, 0).patients if patient.part is Part.TEST]
    assert [lesion.number for patient in test for lesion in patient.lesions] == [1]


def test_sets_limits_the_table_positions(tmp_path: Path) -> None:
    for case in ("one", "two", "three"):
        add_case(tmp_path, case)
    table(tmp_path, "one,1,A,training", "two,1,A,training", "three,1,A,test")
    source = FolderSource.of(tmp_path, CAPTURE, 0, sets=3)
    assert [patient.lesions[0].positions for patient in source.patients if patient.part is Part.TRAINING] == [2, 1]


def test_a_patient_without_a_phase_is_left_out_and_named(tmp_path: Path) -> None:
    add_case(tmp_path, "one")
    add_case(tmp_path, "two")
    add_case(tmp_path, "three", phases=PHASES[:2])
    table(tmp_path, "one,1,A,training", "two,1,A,test", "three,1,A,training")
    source = FolderSource.of(tmp_path, CAPTURE, 0)
    assert [patient.name for patient in source.patients] == ["one", "two"]
    assert source.left_out == ("three: no delayed phase",)


def test_a_patient_without_a_mask_is_left_out_as_one_with_a_damaged_mask_is(
    tmp_path: Path, small_settings: Settings
) -> None:
    for case in ("one", "two", "three", "four"):
        add_case(tmp_path / "data", case, mask=case != "three")
    (tmp_path / "data" / "four" / "lesions.nii.gz").write_bytes(b"damaged")
    table(tmp_path / "data", "one,1,A,training", "two,1,A,test", "three,1,A,training", "four,1,A,training")
    source = FolderSource.of(tmp_path / "data", small_settings.capture, 0)
    assert [patient.name for patient in source.patients] == ["one", "four", "two"]
    (reason,) = source.left_out
    assert reason.startswith("three: ") and "found no lesion mask" in reason and "Add one of them." in reason
    sets, problems = make_image_sets(source, tmp_path / "sets", small_settings.capture, 0, workers=1)
    assert {each.patient for each in sets} == {"one", "two"}
    (damaged,) = problems
    assert damaged.startswith("four: ") and "lesions.nii.gz" in damaged


def test_a_test_patient_s_damaged_mask_is_left_out_though_the_largest_lesion_is_asked_for(tmp_path: Path) -> None:
    for case in ("one", "two", "three"):
        add_case(tmp_path, case)
    (tmp_path / "three" / "lesions.nii.gz").write_bytes(b"damaged")
    table(tmp_path, "one,1,A,training", "two,1,A,test", "three,1,A,test", "three,2,A,test")
    source = FolderSource.of(tmp_path, CAPTURE, 0)
    assert [patient.name for patient in source.patients] == ["one", "two"]
    (reason,) = source.left_out
    assert reason.startswith("three: ") and "lesions.nii.gz" in reason


def test_only_where_no_patient_is_left_it_stops_and_says_why(tmp_path: Path) -> None:
    add_case(tmp_path, "one")
    add_case(tmp_path, "two", mask=False)
    table(tmp_path, "one,1,A,training", "two,1,A,test")
    with pytest.raises(InputError, match=r"no usable patient for test.* two: .*found no lesion mask"):
        FolderSource.of(tmp_path, CAPTURE, 0)


def test_a_number_that_the_mask_lacks_is_named(tmp_path: Path) -> None:
    add_case(tmp_path, "one")
    add_case(tmp_path, "two")
    table(tmp_path, "one,7,A,training", "two,1,A,test")
    source = FolderSource.of(tmp_path, CAPTURE, 0)
    with pytest.raises(InputError, match=r"no lesion 7 \(values 0, 1, 2\)"):
        source.load(source.patients[0])


def test_changed_images_are_captured_again(tmp_path: Path) -> None:
    for case in ("one", "two"):
        add_case(tmp_path, case)
    table(tmp_path, "one,1,A,training", "two,1,A,test")
    source = FolderSource.of(tmp_path, CAPTURE, 0)
    before = [source.key(patient) for patient in source.patients]
    write_volume(lesion_images("E", 5).images[PHASES[0]], tmp_path / "one" / f"{PHASES[0]}.nii.gz")
    after = [source.key(patient) for patient in source.patients]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True]


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        ("case,lesion", "one,1", "case, lesion, and category or type"),
        ("case,lesion,category", "one,1,F", r"the category 'F' in line 2\)?.*expected A, B, C, D or E"),
        ("case,lesion,type", "one,1,wart", "the type 'wart' in line 2"),
        ("case,lesion,category,type", "one,1,A,cyst", "category A for a cyst in line 2"),
        ("case,lesion,category", "one,x,A", "the lesion 'x' in line 2"),
        ("case,lesion,category", "one,²,A", "the lesion '²' in line 2"),
        ("case,lesion,category", "../one,1,A", "the case '../one' in line 2"),
        ("case,lesion,category,hypervascular", "one,1,C,perhaps", "hypervascular 'perhaps' in line 2"),
        ("case,lesion,category,set", "one,1,C,validation", "the set 'validation' in line 2"),
        ("case,lesion,category,r_min,r_max", "one,1,C,0,5", "the box 0, 5, , , ,  in line 2"),
        (
            "case,lesion,category,r_min,r_max,a_min,a_max,s_min,s_max",
            "one,1,C,nan,5,0,5,0,5",
            "without extent in line 2",
        ),
        (
            "case,lesion,category,r_min,r_max,a_min,a_max,s_min,s_max",
            "one,1,C,0,inf,0,5,0,5",
            "without extent in line 2",
        ),
        ("case,lesion,category,delayed_r,delayed_a", "one,1,C,3,4", "the place 3, 4,  in line 2; expected delayed_r"),
        ("case,lesion,category,arterial_r,arterial_a,arterial_s", "one,1,C,3,4,inf", "the place 3, 4, inf in line 2"),
        ("case,lesion,category", "one,1,C\none,1,A", "lesion 1 of one in lines 2 and 3"),
        ("case,lesion,category,set,patient", "one,1,C,test,p\ntwo,1,A,train,p", "patient p in two sets"),
        ("case,lesion,category", "", "no rows"),
    ],
)
def test_a_wrong_table_is_told_with_its_line(tmp_path: Path, header: str, row: str, message: str) -> None:
    table(tmp_path, row, header=header)
    with pytest.raises(InputError, match=message):
        read_labels(tmp_path)


def test_a_folder_without_a_table_or_an_unknown_case_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"labels\.csv: found no such file; .* category or type\. Write one"):
        FolderSource.of(tmp_path, CAPTURE, 0)
    add_case(tmp_path, "one")
    table(tmp_path, "uno,1,A,training")
    with pytest.raises(InputError, match="the case 'uno' in line 2; expected a case with images: one"):
        FolderSource.of(tmp_path, CAPTURE, 0)


def test_hypervascular_lesions_are_known_by_their_type(tmp_path: Path) -> None:
    table(tmp_path, "one,1,fnh", "one,2,dysplastic_nodule", "one,3,cyst", header="case,lesion,type")
    assert [label.hypervascular for label in read_labels(tmp_path)] == [True, False, None]


def test_two_examinations_of_a_person_are_one_patient(tmp_path: Path) -> None:
    for case in ("one", "again", "other"):
        add_case(tmp_path / "data", case)
    rows = ("one,1,A,training,Ann", "again,1,A,training,Ann", "other,1,A,test,Bob")
    table(tmp_path / "data", *rows, header="case,lesion,category,set,patient")
    source = FolderSource.of(tmp_path / "data", CAPTURE, 0)
    sets, problems = make_image_sets(source, tmp_path / "sets", CAPTURE, 0, 1)
    assert problems == []
    counted = part_result(sets, Part.TRAINING, source.patients)
    assert (counted.patients, counted.lesions) == (1, 2)


def test_where_nothing_can_be_used_the_reasons_are_told(tmp_path: Path) -> None:
    for case in ("one", "two", "bare"):
        add_case(tmp_path / "data", case, phases=PHASES[:2] if case == "bare" else PHASES)
    for case in ("one", "two"):
        image = next((tmp_path / "data" / case).glob(f"{PHASES[0]}*"))
        image.write_bytes(image.read_bytes()[: image.stat().st_size // 2])
    table(tmp_path / "data", "one,1,A,training", "two,1,A,test", "bare,1,A,test", header="case,lesion,category,set")
    source = FolderSource.of(tmp_path / "data", CAPTURE, 0)
    with pytest.raises(InputError) as refused:
        reproduce(source, tmp_path / "out", Settings(), workers=1)
    for reason in ("one: ", "two: ", "bare: no delayed phase"):
        assert reason in str(refused.value)
