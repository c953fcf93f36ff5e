"""DeepLesion's layout: the table, the slices, and real ones of both."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livercad.errors import InputError
from livercad.studies.deeplesion.folder import DeepLesion, read_deeplesion, read_rows, slice_path, write_table
from livercad.studies.deeplesion.rows import COLUMNS, PADDING, CoarseType, LesionRow, Part
from livercad.studies.deeplesion.slices import encode, read_stack, windowed

ROW = LesionRow(
    image="000001_01_01_109",
    patient=1,
    slice=109,
    box=(3.0, 8.0, 6.0, 12.0),
    measurement=(3.5, 9.0, 5.5, 11.0, 4.0, 10.5, 5.0, 9.5),
    diameters_px=(2.828, 1.414),
    location=(0.2, 0.4, 0.6),
    type=CoarseType.LIVER,
    slice_range=(108, 110),
    spacing_mm=(0.8, 0.8, 5.0),
    size=(20, 30),
    window=(-175.0, 275.0),
    gender="F",
    age=62.0,
    part=Part.TEST,
    kind="cyst",
)


def folder_with(folder: Path, rows: list[LesionRow], *, slices: tuple[int, ...] = (108, 109, 110)) -> Path:
    """A folder whose slice n has n HU everywhere."""
    write_table(folder / "DL_info.csv", rows)
    for row in rows:
        for index in slices:
            path = folder / "Images_png" / row.series / f"{index:03d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            encode(np.full((30, 20), float(index))).save(path)
    return folder


def changed(**values: object) -> LesionRow:
    return LesionRow(**{**ROW.__dict__, **values})


def test_a_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    rows = [ROW, changed(image="000002_03_01_007", patient=2, slice=7, age=None, gender="", part=None, is_noisy=True)]
    write_table(tmp_path / "DL_info.csv", rows)
    assert read_rows(tmp_path / "DL_info.csv") == rows
    with (tmp_path / "DL_info.csv").open() as stream:
        header = next(csv.reader(stream))
    assert tuple(header[: len(COLUMNS)]) == COLUMNS


def test_coordinates_count_from_one_at_the_middle_of_the_first_pixel(tmp_path: Path) -> None:
    write_table(tmp_path / "DL_info.csv", [ROW])
    with (tmp_path / "DL_info.csv").open() as stream:
        (cells,) = csv.DictReader(stream)
    # Columns 3 to 5 and rows 8 to 11, from 0, are columns 4 to 6 and rows 9 to 12 of the table; a box goes half round.
    assert cells["Bounding_boxes"] == "3.5, 8.5, 6.5, 12.5"


def test_the_key_slice_comes_between_its_neighbours_in_hu(tmp_path: Path) -> None:
    data = read_deeplesion(folder_with(tmp_path, [ROW]))
    stack = read_stack(data, data.slices[0])
    assert stack.hu.shape == (3, 30, 20)
    assert [float(each.mean()) for each in stack.hu] == [108, 109, 110]
    assert stack.repeated == ()


@pytest.mark.parametrize(
    ("there", "repeated", "hu"), [((109, 110), (-1,), [109, 109, 110]), ((109,), (-1, 1), [109] * 3)]
)
def test_for_a_missing_neighbour_the_key_slice_stands_and_it_is_told(
    tmp_path: Path, there: tuple[int, ...], repeated: tuple[int, ...], hu: list[float]
) -> None:
    data = read_deeplesion(folder_with(tmp_path, [ROW], slices=there))
    stack = read_stack(data, data.slices[0])
    assert stack.repeated == repeated
    assert [float(each.mean()) for each in stack.hu] == hu


def test_noisy_and_other_lesions_are_left_out_with_their_count(tmp_path: Path) -> None:
    others = [changed(is_noisy=True), changed(type=CoarseType.UNKNOWN), changed(type=CoarseType.LUNG)]
    folder = folder_with(tmp_path, [ROW, *others, changed(image="000009_01_01_001", slice=1, patient=9)])
    data = read_deeplesion(folder)
    assert len(data.rows) == 1
    told = " | ".join(data.left_out)
    assert "1 of 5 rows: annotation marked as possibly noisy" in told
    assert "1 of 5 rows: another type than liver" in told
    assert "DeepLesion tells it for validation and test only" in told
    assert "1 of 5 rows: its key slice is not in the folder" in told
    assert len(read_deeplesion(folder, with_noisy=True).rows) == 2
    assert len(read_deeplesion(folder, None).rows) == 3


def test_lesions_of_one_slice_are_one_image_the_largest_first(tmp_path: Path) -> None:
    small = changed(box=(1.0, 1.0, 2.0, 2.0))
    data = read_deeplesion(folder_with(tmp_path, [small, ROW]))
    (key,) = data.slices
    assert key.lesions == (ROW, small)


def test_windowing_goes_from_black_to_white() -> None:
    assert windowed(np.array([-1000.0, -175.0, 50.0, 275.0, 900.0]), (-175, 275)).tolist() == [0, 0, 127.5, 255, 255]


@pytest.mark.parametrize(
    ("column", "text", "told"),
    [
        ("Bounding_boxes", "1, 2, 3", "line 2: found Bounding_boxes has '1, 2, 3', not 4 numbers"),
        ("Bounding_boxes", "9, 9, 3, 3", "not x_min, y_min, x_max, y_max"),
        ("Coarse_lesion_type", "12", "Coarse_lesion_type has '12', not one of -1, 1"),
        ("Patient_index", "x", "Patient_index has 'x', not 1 number"),
        ("File_name", "lesion.png", "not patient_study_series_slice.png"),
        ("Patient_index", "", "Patient_index is empty"),
        ("Patient_index", "inf", "Patient_index has 'inf', not 1 number"),
        ("Patient_index", "1.5", "Patient_index has '1.5', not 1 whole number"),
        ("Slice_range", "1, -inf", "Slice_range has '1, -inf', not 2 numbers"),
        ("Image_size", "inf, 512", "Image_size has 'inf, 512', not 2 numbers"),
        ("Image_size", "512, NaN", "Image_size has '512, NaN', not 2 numbers"),
        ("Image_size", "0, 512", "Image_size has '0, 512', not columns and rows of an image"),
        ("Coarse_lesion_type", "inf", "Coarse_lesion_type has 'inf', not 1 number"),
        ("Coarse_lesion_type", "4.5", "Coarse_lesion_type has '4.5', not 1 whole number"),
        ("Train_Val_Test", "nan", "Train_Val_Test has 'nan', not 1 number"),
        ("Bounding_boxes", "1, 1, inf, 9", "Bounding_boxes has '1, 1, inf, 9', not 4 numbers"),
        ("Possibly_noisy", "nan", "Possibly_noisy has 'nan', not 1 number"),
    ],
)
def test_a_wrong_row_is_named_with_its_line(tmp_path: Path, column: str, text: str, told: str) -> None:
    write_table(tmp_path / "DL_info.csv", [ROW])
    with (tmp_path / "DL_info.csv").open(newline="") as stream:
        names, (cells,) = COLUMNS, list(csv.DictReader(stream))
    cells[column] = text
    with (tmp_path / "DL_info.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerow(cells)
    with pytest.raises(InputError) as refused:
        read_deeplesion(tmp_path)
    assert told in str(refused.value)


def test_an_age_that_is_not_a_number_is_not_known(tmp_path: Path) -> None:
    write_table(tmp_path / "DL_info.csv", [ROW])
    text = (tmp_path / "DL_info.csv").read_text()
    (tmp_path / "DL_info.csv").write_text(text.replace(",62,", ",NaN,"))
    (row,) = read_rows(tmp_path / "DL_info.csv")
    assert row.age is None


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ("Patient_index,Bounding_boxes,File_name", "File_name has '', not patient_study_series_slice.png"),
        ("File_name,Bounding_boxes,Patient_index", "Patient_index is empty"),
        ("File_name,Patient_index,Bounding_boxes", "Bounding_boxes has '', not x_min, y_min, x_max, y_max"),
    ],
)
def test_a_row_that_ends_too_soon_is_named_with_its_line(tmp_path: Path, columns: str, told: str) -> None:
    values = {"Patient_index": "1", "Bounding_boxes": '"1, 1, 9, 9"', "File_name": "000001_01_01_109.png"}
    names = columns.split(",")
    whole = ",".join(values[name] for name in names)
    short = ",".join(values[name] for name in names[:-1])
    (tmp_path / "DL_info.csv").write_text(f"{columns}\n{whole}\n{short}\n")
    with pytest.raises(InputError, match="line 3") as refused:
        read_rows(tmp_path / "DL_info.csv")
    assert told in str(refused.value)


def test_a_folder_without_a_table_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="livercad phantom deeplesion"):
        read_deeplesion(tmp_path)


def test_a_picture_of_eight_bits_is_refused(tmp_path: Path) -> None:
    data = read_deeplesion(folder_with(tmp_path, [ROW]))
    path = data.path_of(ROW.series, 109)
    assert path is not None
    Image.fromarray(np.zeros((30, 20), np.uint8)).save(path)
    with pytest.raises(InputError, match="16-bit grey PNG"):
        read_stack(data, data.slices[0])


@pytest.fixture(scope="module")
def real(real_data: Path) -> DeepLesion:
    return read_deeplesion(real_data / "deeplesion")


def test_all_real_liver_slices_are_read_in_hu(real: DeepLesion) -> None:
    assert (len(real.rows), len(real.slices), len({row.patient for row in real.rows})) == (47, 47, 20)
    for key in real.slices[::6]:
        stack = read_stack(real, key)
        assert stack.hu.shape == (3, 512, 512)
        x0, y0, x1, y1 = (round(value) for value in key.lesions[0].box)
        # A lesion of the liver with the liver around it: soft tissue, neither air nor bone.
        assert -50 < np.median(stack.hu[1][y0:y1, x0:x1]) < 200
        beside = (slice_path(real.folder, key.series, key.index + step) for step in (-1, 1))
        assert stack.repeated == tuple(step for step, path in zip((-1, 1), beside, strict=True) if path is None)


def test_real_boxes_are_those_of_their_diameters_and_padded(real: DeepLesion) -> None:
    measured = [row for row in real.rows if row.measurement and row.diameters_px]
    assert len(measured) == 36
    for row in measured:
        points = np.array(row.measurement).reshape(4, 2)
        lengths = [np.linalg.norm(points[1] - points[0]), np.linalg.norm(points[3] - points[2])]
        assert lengths == pytest.approx(row.diameters_px, abs=2e-3)
        padded = [*(points.min(axis=0) - PADDING), *(points.max(axis=0) + PADDING)]
        assert padded == pytest.approx(row.box, abs=2e-3)


def test_every_row_of_the_real_table_is_read_with_all_its_columns(real_data: Path) -> None:
    rows = read_rows(real_data / "deeplesion" / "Kaggle_DL_info_1349rows.csv")
    assert len(rows) == 1349
    assert all(row.measurement and row.diameters_px and row.location and row.spacing_mm and row.size for row in rows)
    assert all(row.window and row.slice_range and row.part for row in rows)
    # DeepLesion tells no types in its training set.
    assert {row.type for row in rows if row.part is Part.TRAINING} == {CoarseType.UNKNOWN}
    assert {row.type for row in rows if row.part is Part.TEST} > {CoarseType.LIVER, CoarseType.LUNG}
    assert sum(row.is_noisy for row in rows) == 1
