"""Folders of ultrasound images: cases, classes and lesions from tables, masks and names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livercad.core.circle import Circle
from livercad.errors import InputError
from livercad.pipeline.ultrasound_analyzer import report_on
from livercad.reports.ultrasound_page import render_ultrasound_case
from livercad.studies.discover import find_studies
from livercad.studies.ultrasound.cases import image_cases
from livercad.studies.ultrasound.collection import read_collection
from livercad.studies.ultrasound.folder import find_images
from livercad.studies.ultrasound.reading import read_all
from livercad.studies.ultrasound.rows import Row, read_annotations, write_annotations
from ultrasound_fakes import FakeLesionModel
from ultrasound_files import sector, write_us_dicom


def save(path: Path, array: np.ndarray | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sector() if array is None else array).save(path)
    return path


def disc(x: float, y: float, diameter: float, value: int = 255) -> np.ndarray:
    rows, columns = np.indices(sector().shape)
    return np.where(np.hypot(columns - x, rows - y) < diameter / 2, value, 0).astype(np.uint8)


def test_without_a_table_a_folder_is_a_case_and_masks_beside_mark_lesions(tmp_path: Path) -> None:
    save(tmp_path / "anna" / "one.png")
    save(tmp_path / "anna" / "two [left].png")
    save(tmp_path / "anna" / "two [left]_mask.png", disc(60, 40, 30))
    save(tmp_path / "anna" / "two [left]_mask_1.png", disc(90, 70, 12))
    save(tmp_path / "bert.jpg")
    write_us_dicom(tmp_path / "clip.dcm", np.stack([sector(1), sector(2)]), NumberOfFrames=2)
    save(tmp_path / ".hidden" / "x.png")
    (tmp_path / "notes.txt").write_text("nothing")
    found = find_images(tmp_path)
    told = [(image.case, image.name, image.frame, image.patient) for image in found.images]
    assert told == [
        ("anna", "anna/one.png", 1, "anna"),
        ("anna", "anna/two [left].png", 1, "anna"),
        ("bert", "bert.jpg", 1, "bert"),
        ("clip", "clip.dcm#1", 1, "patient-7"),
        ("clip", "clip.dcm#2", 2, "patient-7"),
    ]
    assert not found.images[0].lesions
    large, small = (lesion.circle for lesion in found.images[1].lesions)
    assert large.center == pytest.approx((60, 40), abs=0.5) and large.diameter == pytest.approx(30, abs=1)
    assert small.center == pytest.approx((90, 70), abs=0.5) and small.diameter == pytest.approx(12, abs=1)
    assert not found.left_out and not found.problems
    images, problems = read_all(found.images)
    np.testing.assert_array_equal(images[4].array, sector(2))
    assert not problems


def test_a_table_tells_cases_circles_boxes_masks_and_images_without_lesions(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png", "d.png", "e.png"):
        save(tmp_path / "images" / name)
    save(tmp_path / "m" / "c.png", disc(50, 60, 20))
    (tmp_path / "annotations.csv").write_text(
        "Image;Case;Patient;Center_X;Center_Y;Diameter;Class;x0;y0;x1;y1;mask;remark\n"
        "images/a.png;1;p;30,5;40;20;HCC;;;;;;two lesions\n"
        "images/a.png;1;p;70;60;10;hcc;;;;;;\n"
        "images/b.png;2;p;;;;cyst;9.5;19.5;49.5;39.5;;\n"
        "images/c.png;3;;;;;metastasis;;;;;m/c.png;\n"
        "images\\d.png;4;;;;;Normal;;;;;;\n",
        encoding="utf-8",
    )
    found = find_images(tmp_path)
    assert [(image.case, image.kind, len(image.lesions)) for image in found.images] == [
        ("1", "hcc", 2),
        ("2", "cyst", 1),
        ("3", "metastasis", 1),
        ("4", "normal", 0),
    ]
    assert [image.patient for image in found.images] == ["p", "p", "3", "4"]
    assert found.images[0].lesions[0].circle == Circle((30.5, 40.0), 20.0)
    assert found.images[1].lesions[0].circle == Circle((29.5, 29.5), 40.0)
    assert found.images[2].lesions[0].circle.diameter == pytest.approx(20, abs=1)
    assert found.images[2].masks == (tmp_path / "m" / "c.png",)
    assert [problem.reason for problem in found.left_out if "e.png" in problem.reason] == [
        "images/e.png: the table does not name it"
    ]


def test_a_table_may_name_frames_of_a_clip(tmp_path: Path) -> None:
    write_us_dicom(tmp_path / "clip.dcm", np.stack([sector(n) for n in range(4)]), NumberOfFrames=4)
    write_annotations(
        tmp_path / "annotations.csv",
        [Row("c", "clip.dcm", 3, "cyst", circle=Circle((40.0, 30.0), 12.0)), Row("c", "clip.dcm", 9)],
    )
    found = find_images(tmp_path)
    assert [(image.name, image.frame, image.kind) for image in found.images] == [("clip.dcm#3", 3, "cyst")]
    assert "4 frames; expected a frame 9" in found.problems[0].reason


def test_a_row_of_a_frame_goes_before_that_of_the_whole_clip(tmp_path: Path) -> None:
    write_us_dicom(tmp_path / "clip.dcm", np.stack([sector(n) for n in range(3)]), NumberOfFrames=3)
    save(tmp_path / "still.png")
    clip, own = Row("c", "clip.dcm", kind="normal"), Row("c", "clip.dcm", 2, "cyst", circle=Circle((60.0, 40.0), 30.0))
    still = [Row("s", "still.png", kind="normal"), Row("s", "still.png", 1, "hcc")]
    write_annotations(tmp_path / "annotations.csv", [clip, own, *still])
    images = find_images(tmp_path).images
    assert {image.name: (image.kind, len(image.lesions)) for image in images} == {
        **{"clip.dcm#1": ("normal", 0), "clip.dcm#2": ("cyst", 1), "clip.dcm#3": ("normal", 0), "still.png": ("hcc", 0)}
    }
    assert len(images) == 4
    (case, _) = image_cases(tmp_path, find_studies(tmp_path)).cases
    assert len(render_ultrasound_case(report_on(case, FakeLesionModel()))) > 0


def test_bad_images_are_listed_and_stop_no_others(tmp_path: Path) -> None:
    save(tmp_path / "good.png")
    (tmp_path / "text.png").write_text("no picture")
    save(tmp_path / "small.png")
    save(tmp_path / "small_mask.png", disc(20, 20, 9)[:50])
    found = find_images(tmp_path)
    assert [image.case for image in found.images] == ["good"]
    reasons = {problem.case: problem.reason for problem in found.problems}
    assert "cannot be read" in reasons["text"]
    assert "a mask of 50 × 128 pixels" in reasons["small"] and "96 × 128" in reasons["small"]


def test_the_table_of_aul_reads_labels_and_that_of_busi_masks(tmp_path: Path) -> None:
    aul, busi = tmp_path / "aul", tmp_path / "busi"
    label = np.maximum(disc(60, 50, 70, 1), disc(60, 50, 24, 2))
    save(aul / "images" / "liver_1.png")
    save(aul / "labels" / "liver_1.png", label)
    save(aul / "images" / "liver_2.png")
    save(aul / "labels" / "liver_2.png", disc(60, 50, 70, 1))
    (aul / "index.csv").write_text("case,category,x0_orig\nliver_1,Malignant,3\nliver_2,Normal,\n")
    save(busi / "benign" / "b_1.png")
    save(busi / "benign" / "b_1_mask.png", disc(30, 30, 16))
    save(busi / "benign" / "b_1_mask_1.png", disc(80, 60, 19.5))
    (busi / "index.csv").write_text("file,label,n_masks\nbenign/b_1.png,benign,2\n")
    mass, normal = find_images(aul).images
    assert (mass.case, mass.kind, normal.kind) == ("liver_1", "malignant", "normal")
    assert mass.lesions[0].circle.diameter == pytest.approx(24, abs=1) and not normal.lesions
    (image,) = find_images(busi).images
    assert (image.case, image.kind) == ("b_1", "benign")
    assert [lesion.kind for lesion in image.lesions] == ["benign", "benign"]
    assert [round(lesion.circle.diameter) for lesion in image.lesions] == [20, 16]


def test_a_mask_is_asked_for_only_where_there_is_neither_circle_nor_box(tmp_path: Path) -> None:
    for name in "abc":
        save(tmp_path / f"{name}.png")
    (tmp_path / "annotations.csv").write_text(
        "case,image,center_x,center_y,diameter,x0,y0,x1,y1,mask\n"
        "1,a.png,30,40,20,,,,,gone.png\n2,b.png,,,,9,9,29,29,gone.png\n3,c.png,,,,,,,,gone.png\n"
    )
    found = find_images(tmp_path)
    assert [(image.name, len(image.lesions), image.masks) for image in found.images] == [
        ("a.png", 1, ()),
        ("b.png", 1, ()),
    ]
    assert [problem.case for problem in found.problems] == ["3"] and "no such file" in found.problems[0].reason


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("case,name\na,b\n", "the columns case, name"),
        ("case,image,center_x,center_y,diameter\na,a.png,1,2,\n", "line 2.*diameter ''"),
        ("case,image,center_x,center_y,diameter\na,a.png,1,2,-3\n", "line 2.*diameter above 0"),
        ("case,image,frame\na,a.png,0\n", "line 2.*the frame 0"),
        ("case,image,frame\na,a.png,inf\n", "line 2.*the frame inf"),
        ("case,image,x0,y0,x1,y1\na,a.png,5,5,2,9\n", "line 2.*a box from"),
        ("case,image\n,a.png\n", "line 2.*may be empty"),
        ("case,image,Class,class\na,a.png,hcc,cyst\n", "the column class twice"),
        ("", "found no rows"),
        ("case,image,class\n", "found no rows"),
        ("case,image\n\na,a.png\n,,\nb,a.png,hcc\n", "found 3 cells in line 5; expected 2, as in the header"),
        ("case,image\na,a.png\na,/x/a.png\n", "line 3: found the image /x/a.png, which is no path below"),
        ("case,image\na,sub/../a.png\n", r"line 2: found the image sub/\.\./a.png, which is no path below"),
        ("case,image\na,C:\\x\\a.png\n", "line 2.*no path below"),
        ("case,image,mask\na,a.png,..\\m.png\n", r"line 2: found the mask \.\..m.png, which is no path below"),
        ("case,image,mask\na,a.png,/m.png\n", "line 2: found the mask /m.png, which is no path below"),
        ('case,image,class\na,a.png,"hcc\nb,b.png,cyst\n', "no CSV .unexpected end of data., in line 3"),
        ('case,image,class\na,a.png,"' + "x" * 200_000, "no CSV .field larger than field limit"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(text: str, told: str, tmp_path: Path) -> None:
    save(tmp_path / "a.png")
    (tmp_path / "annotations.csv").write_text(text)
    with pytest.raises(InputError, match=told):
        find_images(tmp_path)


def test_a_lesion_larger_than_its_image_is_told_with_its_line_and_stops_no_other(tmp_path: Path) -> None:
    for name in "abcd":
        save(tmp_path / f"{name}.png")
    (tmp_path / "annotations.csv").write_text(
        "case,image,center_x,center_y,diameter,x0,y0,x1,y1\n"
        "a,a.png,60,50,66.41,,,,\nb,b.png,60,50,6641,,,,\nc,c.png,,,,0,0,1e9,9\nd,d.png,,,,0,0,inf,9\n"
    )
    found = find_images(tmp_path)
    assert [image.case for image in found.images] == ["a"]
    assert "line 3 of the table: found a lesion of 6641 pixels; expected at most" in found.problems[0].reason
    assert found.problems[1].case == "c" and "1e+09 pixels" in found.problems[1].reason
    assert found.problems[2].case == "d" and "line 5 of the table" in found.problems[2].reason


def test_a_mask_s_name_is_a_name_whatever_signs_it_has(tmp_path: Path) -> None:
    for name in "abc":
        save(tmp_path / f"{name}.png")
    save(tmp_path / "masks" / "a [1].png", disc(60, 40, 30))
    save(tmp_path / "case [1]" / "x.png")
    save(tmp_path / "case [1]" / "x_mask.png", disc(60, 40, 30))
    table = tmp_path / "annotations.csv"
    table.write_text("case,image,mask\na,a.png,masks/a [1].png\nb,b.png,masks/*.png\nc,c.png,masks/a**.png\n")
    found = find_images(tmp_path)
    assert [(image.name, len(image.lesions)) for image in found.images] == [("a.png", 1)]
    assert [problem.case for problem in found.problems] == ["b", "c"]
    assert all("no such file; expected the mask of" in problem.reason for problem in found.problems)
    table.unlink()
    assert [len(image.lesions) for image in find_images(tmp_path).images if image.case == "case [1]"] == [1]


def test_a_path_that_is_written_in_several_ways_is_one_image(tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png")
    (tmp_path / "annotations.csv").write_text(
        "case,image,center_x,center_y,diameter\na,./in/a.png,30,40,20\na,in//a.png,60,40,20\na,in\\a.png,90,40,20\n"
    )
    (image,) = find_images(tmp_path).images
    assert image.name == "in/a.png" and len(image.lesions) == 3


def test_results_are_no_images_and_links_are_followed(tmp_path: Path) -> None:
    save(tmp_path / "data" / "ann" / "a.png")
    save(tmp_path / "elsewhere" / "b.png")
    (tmp_path / "data" / "bob").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "data" / "bob" / "back").symlink_to(tmp_path / "data")  # goes in a circle
    save(tmp_path / "data" / "out" / "ann" / "saliency" / "1.png")
    save(tmp_path / "data" / "out" / "ann" / "thumbnail.png")
    (tmp_path / "data" / "out" / "run.json").write_text("{}")
    found = find_images(tmp_path / "data")
    assert [image.name for image in found.images] == ["ann/a.png", "bob/b.png"]
    analysed = image_cases(tmp_path / "data", find_studies(tmp_path / "data"))
    assert [image.name for case in analysed.cases for image in case.images] == ["ann/a.png", "bob/b.png"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("file,label,more\n", "found no rows"),
        ("file,label\nb/a.png,benign\n../a.png,benign\n", r"line 3: found the file \.\./a.png, which is no path below"),
        ("", "found no rows"),
    ],
)
def test_a_wrong_table_of_a_collection_is_refused_too(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text(text)
    with pytest.raises(InputError, match=told):
        find_images(tmp_path)


def test_a_row_that_is_there_twice_is_one_lesion_and_told(tmp_path: Path) -> None:
    save(tmp_path / "a.png")
    row = "a,a.png,60,40,20,hcc\n"
    (tmp_path / "annotations.csv").write_text(
        f"case,image,center_x,center_y,diameter,class\n{row}a,a.png,60,40,21,hcc\n{row.replace('hcc', 'HCC')}"
    )
    found = find_images(tmp_path)
    assert [lesion.circle.diameter for lesion in found.images[0].lesions] == [20, 21]
    assert [problem.reason for problem in found.left_out] == [
        "a.png: line 4 of the table says again what line 2 says; taken once"
    ]


def test_files_that_are_missing_or_neither_picture_nor_dicom_are_told_so(tmp_path: Path) -> None:
    (tmp_path / "text.xyz").write_text("neither")
    (tmp_path / "empty.dcm").touch()
    (tmp_path / "annotations.csv").write_text("case,image\na,gone.png\nb,in\\gone.png\nc,text.xyz\nd,empty.dcm\n")
    reasons = {problem.case: problem.reason for problem in find_images(tmp_path).problems}
    assert reasons["a"] == f"{tmp_path}/gone.png: found no such file; expected the image of line 2. Mend the table."
    assert reasons["b"].startswith(f"{tmp_path}/in/gone.png: found no such file; expected the image of line 3")
    for case in "cd":
        assert "found no DICOM file, and by its ending no picture" in reasons[case] and "force" not in reasons[case]


def test_tiff_and_gif_are_told_as_left_out_but_for_those_that_a_table_names(tmp_path: Path) -> None:
    save(tmp_path / "b.TIFF")
    save(tmp_path / "in" / "c.gif")
    with pytest.raises(InputError, match=r"no image among 2 files \(2 of them TIFF or GIF: convert to PNG\)"):
        find_images(tmp_path)
    save(tmp_path / "a.png")
    told = ["b.TIFF: TIFF or GIF is not read; convert to PNG", "in/c.gif: TIFF or GIF is not read; convert to PNG"]
    assert [problem.reason for problem in find_images(tmp_path).left_out] == told
    (tmp_path / "annotations.csv").write_text("case,image\na,a.png\nb,b.TIFF\n")
    found = find_images(tmp_path)
    assert [problem.reason for problem in found.left_out] == told[1:] and [each.case for each in found.problems] == [
        "b"
    ]


def test_an_image_cannot_be_of_two_cases(tmp_path: Path) -> None:
    save(tmp_path / "a.png")
    (tmp_path / "annotations.csv").write_text("case,image\none,a.png\ntwo,a.png\n")
    found = find_images(tmp_path)
    assert not found.images and "the cases one and two" in found.problems[0].reason


def test_a_folder_without_images_or_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no image among 0 files"):
        find_images(tmp_path)
    with pytest.raises(InputError, match="nothing there"):
        find_images(tmp_path / "gone")
    (tmp_path / "index.csv").write_text("picture,name\na,b\n")
    with pytest.raises(InputError, match=r"case and category \(AUL\)"):
        find_images(tmp_path)


def test_a_table_that_was_written_is_read_as_it_was(tmp_path: Path) -> None:
    rows = [
        Row("a", "x/a.png", kind="cyst", patient="p", circle=Circle((1.25, 2.5), 30.0), masks="m/a.png"),
        Row("b", "x/b.dcm", 2, "hcc", box=(1.5, 2.5, 9.5, 8.5)),
        Row("c", "x/c.png"),
    ]
    write_annotations(tmp_path / "t.csv", rows)
    read = read_annotations(tmp_path / "t.csv")
    assert [row.line for row in read] == [2, 3, 4]
    assert [Row(**{**vars(row), "line": 0}) for row in read] == rows


def test_the_real_liver_images_are_all_read(real_data: Path) -> None:
    found = find_images(real_data / "ultrasound" / "aul")
    assert len(found.images) == 625 and not found.problems
    kinds = [image.kind for image in found.images]
    assert (kinds.count("malignant"), kinds.count("benign"), kinds.count("normal")) == (370, 170, 85)
    assert all(bool(image.lesions) == (image.kind != "normal") for image in found.images)
    images, problems = read_all(found.images[:5])
    assert len(images) == 5 and not problems


def test_a_collection_has_what_can_be_read_in_one_order_and_groups_it(tmp_path: Path) -> None:
    save(tmp_path / "anna" / "a.png", sector(1, (192, 256)))
    cut = save(tmp_path / "anna" / "cut.png", sector(2, (192, 256)))
    cut.write_bytes(cut.read_bytes()[:500])
    save(tmp_path / "bert" / "b.jpg", sector(1, (192, 256)))
    save(tmp_path / "carl" / "c.png", sector(3, (192, 256)))
    found = read_collection(tmp_path)
    assert [each.name for each in found.listed] == ["anna/a.png", "bert/b.jpg", "carl/c.png"]
    assert [each.name for each in found.images] == list(found.grouping.names) == [each.name for each in found.listed]
    assert found.grouping.groups == (0, 0, 1)
    assert [problem.case for problem in found.problems] == ["anna"]


def test_an_image_with_a_name_of_another_encoding_is_a_problem_and_the_others_are_listed(tmp_path: Path) -> None:
    save(tmp_path / "a.png")
    save(tmp_path / "M\udcfcller.png")
    found = find_images(tmp_path)
    assert [image.name for image in found.images] == ["a.png"]
    assert [problem.case for problem in found.problems] == ["M�ller"]
    assert "M�ller.png: found a name that is no UTF-8" in found.problems[0].reason
